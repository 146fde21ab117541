// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace text as a source: bytes of a file or of memory, cut into lines.
 *
 * The text is read in chunks; what a chunk has of its last line goes before the
 * next. Lines go to the fast path (trace_fast.c) as long as it takes them, one
 * by one to the general parser (trace_parse.c) where it does not. Not done:
 * judging one event against another.
 *
 * Memory: a chunk, whatever the length. Invariant: no byte is skipped unseen; a
 * reading succeeds only if each line of the text was understood; results do
 * not depend on the size of chunks nor on the path.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "bytes.h"
#include "textfile.h"
#include "trace_dat.h"
#include "trace_fast.h"
#include "trace_reader.h"

#define CHUNK ((size_t)512 << 10)
/* More than this without a line end is no line, even if "\r" is its last. */
#define LONGEST (TEXT_MAX_LINE + 1)
/* What tells the kind of a file. */
#define HEAD 16
#define DAT_MAGIC "\x17\x08\x44tracing"

struct text_source {
	struct trace_source base;
	struct bytes *bytes;
	struct text_tuning tuning;
	bool too_large; /* for memory */
	uint64_t nr_fast;
};

/* One reading. */
struct text_reading {
	struct text_reader rd;
	struct text_fast fast;
	char *chunk;
	size_t chunk_size;
};

static bool is_dat(const char *text, size_t size)
{
	return has_prefix(text, text + size, DAT_MAGIC);
}

/* NULL, or why the file as a whole is not text for us. */
static const char *refuse_file(const char *text, size_t size)
{
	static const char mark[] = "starts with a byte order mark";
	static const struct {
		const char *magic, *reason;
	} others[] = {
		{ "\xef\xbb\xbf", mark },
		{ "\xff\xfe", mark },
		{ "\xfe\xff", mark },
		{ DAT_MAGIC, "binary file of trace-cmd: give the text of "
			     "`trace-cmd report`" },
		{ "PERFILE2", "binary file of perf: give the text of "
			      "`perf script`" },
		{ "BZh", "compressed by bzip2: unpack it, or use zstd, xz or "
			 "gzip" },
		{ "\x04\"M\x18", "compressed by lz4: unpack it, or use zstd, "
				 "xz or gzip" },
		{ "PK\3\4", "compressed by zip: unpack it, or use zstd, xz or "
			    "gzip" },
	};
	const char *end = text + size;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (has_prefix(text, end, others[i].magic))
			return others[i].reason;
	return NULL;
}

/* About the file as a whole. */
static int refuse(struct text_reader *rd, const char *reason)
{
	rd->line = 0;
	rd->error = (struct line_error){ .reason = reason, .final = true };
	return -EINVAL;
}

/* A line of any kind; the fast path learns from it. */
static int general_line(struct text_reading *tr, const char *start,
			const char *end)
{
	struct text_reader *rd = &tr->rd;
	size_t len = (size_t)(end - start);
	const char *text = NULL;
	struct trace_event ev;
	int err;

	if (rd->line == UINT32_MAX)
		return refuse(rd, "more than 4294967295 lines");
	rd->line++;
	if (memchr(start, '\0', len < LONGEST ? len : LONGEST)) {
		rd->error = (struct line_error){
			.reason = "NUL byte: binary output cannot be used, "
				  "record with options/bin off",
			.final = true,
		};
		return -EINVAL;
	}
	if (len && end[-1] == '\r')
		end--;
	err = text_parse_line(rd, start, end, &ev, &text);
	if (!err && ev.size)
		fast_learn(&tr->fast, start, text, &ev);
	return err;
}

/* Lines that have their ends; FAST_SLACK bytes behind them can be read. */
static int whole_lines(struct text_reading *tr, const char *p, const char *end)
{
	bool fast = tr->fast.lines && tr->rd.take != TRACE_PROBES;
	int err = 0;

	while (!err && p < end) {
		const char *line_end;

		if (fast)
			err = tr->fast.lines(&tr->rd, &tr->fast, &p, end);
		if (err || p == end)
			break;
		line_end = memchr(p, '\n', (size_t)(end - p));
		err = general_line(tr, p, line_end);
		p = line_end + 1;
	}
	return err;
}

/* What there is so far: [chunk, size), of which *kept bytes are kept. */
static int parse_chunk(struct text_reading *tr, size_t size, bool ended,
		       size_t *kept)
{
	char *start = tr->chunk, *end = start + size;
	char *feed = memrchr(start + *kept, '\n', size - *kept);
	char *rest = feed ? feed + 1 : start;
	int err;

	*kept = (size_t)(end - rest);
	err = whole_lines(tr, start, rest);
	if (err)
		return err;
	tr->rd.unended = ended && *kept;
	if (tr->rd.unended || *kept > LONGEST)
		return general_line(tr, rest, end);
	memmove(start, rest, *kept);
	return 0;
}

/* Only failures of the bytes write why. */
static int read_chunks(struct text_reading *tr, struct bytes *bytes, char *why)
{
	size_t want = tr->chunk_size < HEAD ? HEAD : tr->chunk_size;
	size_t kept = 0, got;
	bool first = true;
	int err;

	do {
		err = bytes_read(bytes, tr->chunk + kept, want, &got, why);
		if (err)
			return err;
		if (first) {
			const char *reason = refuse_file(tr->chunk, got);

			if (reason)
				return refuse(&tr->rd, reason);
		}
		first = false;
		err = parse_chunk(tr, kept + got, got < want, &kept);
		if (err || got < want)
			return err;
		want = tr->chunk_size;
	} while (!err);
	return err;
}

static void explain(const struct text_reader *rd, const char *name, char *why)
{
	const struct line_error *error = &rd->error;
	bool cut = rd->unended && rd->line > 1 && !error->final;

	if (rd->line)
		snprintf(why, TRACE_WHY_SIZE, "%s:%" PRIu32 ": %s%s%s%s", name,
			 rd->line, error->key ? error->key : "",
			 error->key ? ": " : "", error->reason,
			 cut ? " (the text ends in the middle of the line)"
			     : "");
	else
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", name, error->reason);
}

/* What the lines say of the trace as a whole. */
static void sum_up(const struct text_reader *rd, struct trace *info)
{
	const struct trace_notes *notes = &rd->notes;

	info->nr_points = rd->nr_points;
	info->nr_probes = rd->nr_probes;
	info->nr_other = notes->nr_other;
	/* Header and statistics tell of the same losses. */
	info->nr_lost = notes->nr_lost + (notes->header_lost > notes->stats_lost
						  ? notes->header_lost
						  : notes->stats_lost);
}

static struct text_reading *new_reading(const struct text_source *ts)
{
	size_t size = ts->tuning.chunk ? ts->tuning.chunk : CHUNK;
	struct text_reading *tr = calloc(1, sizeof(*tr));

	if (!tr)
		return NULL;
	tr->chunk_size = size;
	/* A line's beginning, and the least that is read at first. */
	tr->chunk = calloc(1, LONGEST + HEAD + size + FAST_SLACK);
	if (!tr->chunk) {
		free(tr);
		return NULL;
	}
	fast_init(&tr->fast, ts->tuning.path);
	tr->rd.line = ts->tuning.lines_before;
	return tr;
}

static int text_read(struct trace_source *src, struct trace *info,
		     struct trace_sink *sink, char *why)
{
	struct text_source *ts = (struct text_source *)src;
	struct text_reading *tr = new_reading(ts);
	struct text_reader *rd;
	int err;

	snprintf(why, TRACE_WHY_SIZE, "%s: %s", src->name, strerror(ENOMEM));
	if (!tr)
		return -ENOMEM;
	*why = '\0';
	rd = &tr->rd;
	rd->info = info;
	rd->sink = sink;
	rd->take = src->take;
	bytes_rewind(ts->bytes);
	err = ts->too_large ? refuse(rd, "more text than can be read")
			    : read_chunks(tr, ts->bytes, why);
	bytes_rewind(ts->bytes);
	if (!err)
		err = sink->take(sink);
	if (err && !rd->error.reason)
		refuse(rd, strerror(-err));
	if (err && !*why)
		explain(rd, src->name, why);
	if (!err)
		sum_up(rd, info);
	ts->nr_fast = rd->nr_fast;
	free(tr->chunk);
	free(tr);
	return err;
}

static void text_close(struct trace_source *src)
{
	struct text_source *ts = (struct text_source *)src;

	bytes_close(ts->bytes);
	free(ts);
}

static const struct trace_source_ops text_ops = {
	.read = text_read,
	.close = text_close,
};

bool text_source_tune(struct trace_source *src,
		      const struct text_tuning *tuning)
{
	if (src->ops != &text_ops)
		return false;
	((struct text_source *)src)->tuning = *tuning;
	return true;
}

uint64_t text_source_nr_fast(const struct trace_source *src)
{
	if (src->ops != &text_ops)
		return 0;
	return ((const struct text_source *)src)->nr_fast;
}

/* Owns the bytes, also on failure. */
static int text_source(struct bytes *bytes, struct text_source **ret)
{
	struct text_source *ts = calloc(1, sizeof(*ts));

	if (!ts) {
		bytes_close(bytes);
		return -ENOMEM;
	}
	ts->base.ops = &text_ops;
	ts->base.name = bytes_name(bytes);
	ts->bytes = bytes;
	*ret = ts;
	return 0;
}

int trace_source_text(const char *name, const char *text, size_t size,
		      struct trace_source **ret)
{
	struct text_source *ts;
	struct bytes *bytes;
	int err;

	err = bytes_open_memory(name, text, size, &bytes);
	if (!err)
		err = text_source(bytes, &ts);
	if (err)
		return err;
	ts->too_large = size > TEXTFILE_MAX;
	*ret = &ts->base;
	return 0;
}

static int dat_source(struct bytes *bytes, struct trace_source **ret, char *why)
{
	int fd, err;

	err = bytes_plain_file(bytes, &fd, why);
	if (!err)
		err = trace_source_dat(bytes_name(bytes), fd, ret, why);
	bytes_close(bytes);
	return err;
}

int trace_source_file(const char *path, struct trace_source **ret, char *why)
{
	struct text_source *ts;
	struct bytes *bytes;
	char head[HEAD];
	size_t size;
	int err;

	err = bytes_open(path, BYTES_AGAIN, &bytes, why);
	if (err)
		return err;
	err = bytes_read(bytes, head, sizeof(head), &size, why);
	if (err) {
		bytes_close(bytes);
		return err;
	}
	if (is_dat(head, size))
		return dat_source(bytes, ret, why);
	bytes_rewind(bytes);
	err = text_source(bytes, &ts);
	if (err)
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", path, strerror(-err));
	else
		*ret = &ts->base;
	return err;
}
