// SPDX-License-Identifier: GPL-2.0-only
/*
 * Trace text: the reader of map and unmap lines, and the writer.
 *
 * A line is taken apart from the word "IOMMU:" in both directions: the keys
 * behind it, the event name, time and cpu before it. Nothing depends on a
 * column. Whatever is not such a line goes to line_note(). Not done: the
 * recorders' binary files, and judging one event against another.
 *
 * Cost: one pass, four vectorised searches and some hundred cycles per line.
 * Invariant: no byte is skipped unseen; a trace is returned only if each line
 * of the text was understood.
 */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "textfile.h"
#include "trace_dat.h"
#include "trace_line.h"

#define MAX_LINE 4096
#define MAX_CPU 4095
#define PAGE_MASK ((uint64_t)4095)
#define NR_CACHED 256

enum key { IOVA, END, PADDR, SIZE, UNMAPPED, DOMAIN, PROT, NR_KEYS };

static const struct {
	const char *text;
	uint8_t len;
	const char *name;
} keys[NR_KEYS] = {
	[IOVA] = { "iova=", 5, "iova" },
	[END] = { "- ", 2, "end" },
	[PADDR] = { "paddr=", 6, "paddr" },
	[SIZE] = { "size=", 5, "size" },
	[UNMAPPED] = { "unmapped_size=", 14, "unmapped_size" },
	[DOMAIN] = { "domain=", 7, "domain" },
	[PROT] = { "prot=", 5, "prot" },
};

#define BIT(key) (1u << (key))

/* A line with a map or unmap event, in its parts. */
struct line {
	const char *start;
	const char *name; /* of the event */
	const char *text; /* behind "IOMMU:" */
	const char *end;
	enum trace_type type;
};

struct values {
	unsigned seen; /* BIT() of each key met */
	uint64_t number[NR_KEYS];
	uint8_t prot;
	const char *domain;
	size_t domain_len;
};

struct reader {
	struct trace *info;
	struct trace_sink *sink;
	struct trace_notes notes;
	struct line_error error;
	uint32_t line;
	/* Index + 1 of a domain that has this hash. */
	uint16_t cache[NR_CACHED];
};

/* These two return a false that says which key is wrong, and why. */
static bool refuse(struct line_error *error, const char *key,
		   const char *reason)
{
	error->key = key;
	error->reason = reason;
	return false;
}

static bool refuse_key(struct reader *rd, enum key key, const char *reason)
{
	return refuse(&rd->error, keys[key].name, reason);
}

/* Is the word that ends before "IOMMU:" the name of an event of ours? */
static bool name_before(struct line *line, const char *iommu)
{
	const char *start = line->start;
	const char *p = trim_end(start, iommu);

	if (p - start < 4 || memcmp(p - 4, "map:", 4))
		return false;
	p -= 4;
	line->type = TRACE_MAP;
	if (p - start >= 2 && p[-1] == 'n' && p[-2] == 'u') {
		line->type = TRACE_UNMAP;
		p -= 2;
	}
	if (p - start >= 6 && !memcmp(p - 6, "iommu:", 6))
		p -= 6;
	line->name = p;
	line->text = iommu + 6;
	return p == start || is_blank(p[-1]);
}

/* A task may bear any name, so only the pair of event and text counts. */
static bool find_event(struct line *line)
{
	const char *p = line->start;

	while ((p = memchr(p, 'I', (size_t)(line->end - p)))) {
		if (has_prefix(p, line->end, "IOMMU:") && name_before(line, p))
			return true;
		p++;
	}
	return false;
}

/* The cpu in front of the flags, as the latency format has it. */
static bool is_latency_word(const char *p, const char *end)
{
	if (p == end || !is_digit(*p))
		return false;
	while (p < end && is_digit(*p))
		p++;
	return p < end && (*p == '.' || *p == '#' || (*p >= 'A' && *p <= 'Z') ||
			   (*p >= 'a' && *p <= 'z'));
}

static bool parse_cpu(struct reader *rd, const char *start, const char *end,
		      bool latency, uint16_t *ret)
{
	const char *p, *word;
	unsigned cpu = 0;

	end = trim_end(start, end);
	word = word_start(start, end);
	p = word;
	if (!latency && !is_latency_word(word, end)) {
		end = memrchr(start, ']', (size_t)(end - start));
		if (!end) {
			*ret = 0;
			return true;
		}
		for (p = end; p > start && is_digit(p[-1]); p--)
			;
		if (p == start || p[-1] != '[')
			return refuse(&rd->error, "cpu", "not a number");
	}
	if (p == end || !is_digit(*p))
		return refuse(&rd->error, "cpu", "not a number");
	for (; p < end && is_digit(*p); p++) {
		cpu = cpu * 10 + (unsigned)(*p - '0');
		if (cpu > MAX_CPU)
			return refuse(&rd->error, "cpu", "above 4095");
	}
	*ret = (uint16_t)cpu;
	return true;
}

/* All that stands before the event's name: time, cpu, and the task. */
static bool parse_prefix(struct reader *rd, const struct line *line,
			 struct trace_event *ev)
{
	const char *start = line->start;
	const char *end = trim_end(start, line->name);
	const char *reason, *p;
	bool latency = false;

	if (end == start)
		return true;
	if (end[-1] == ':') {
		p = trim_end(start, end - 1);
		/* "us" and a mark of how long it took */
		latency = p > start && !is_digit(p[-1]);
		p = word_start(start, p);
		reason = line_time(p, trim_end(p, end - 1), &ev->time_ns);
		if (reason)
			return refuse(&rd->error, "time", reason);
		end = p;
	} else if (*line->name != 'i') {
		/* Only perf can be told to leave the time out. */
		return refuse(&rd->error, "time", "missing");
	}
	return parse_cpu(rd, start, end, latency, &ev->cpu);
}

static bool parse_prot(struct reader *rd, const char **p, const char *end,
		       uint8_t *ret)
{
	const char *word_end = skip_word(*p, end);
	size_t len = (size_t)(word_end - *p);
	uint64_t number;

	*ret = 0;
	if (len == 1 && **p == 'r')
		*ret = TRACE_PROT_READ;
	else if (len == 1 && **p == 'w')
		*ret = TRACE_PROT_WRITE;
	else if (len == 2 && !memcmp(*p, "rw", 2))
		*ret = TRACE_PROT_READ | TRACE_PROT_WRITE;
	else if (line_number(p, end, &number))
		return refuse_key(rd, PROT, "not r, w, rw or a number");
	else
		*ret = number & (TRACE_PROT_READ | TRACE_PROT_WRITE);
	*p = word_end;
	return true;
}

static void take_domain(const char **p, const char *end, struct values *val)
{
	val->seen |= BIT(DOMAIN);
	val->domain = *p;
	*p = skip_word(*p, end);
	val->domain_len = (size_t)(*p - val->domain);
}

static bool parse_value(struct reader *rd, enum key key, const char **p,
			const char *end, struct values *val)
{
	const char *reason;

	if (val->seen & BIT(key))
		return refuse_key(rd, key, "given twice");
	val->seen |= BIT(key);
	if (key == PROT)
		return parse_prot(rd, p, end, &val->prot);
	if (key == DOMAIN) {
		take_domain(p, end, val);
		return val->domain_len ? true : refuse_key(rd, key, "empty");
	}
	if (key == END)
		*p = skip_blanks(*p, end);
	reason = line_number(p, end, &val->number[key]);
	return reason ? refuse_key(rd, key, reason) : true;
}

/* The only key that can start so; p < end. */
static enum key key_at(const char *p, const char *end)
{
	switch (*p) {
	case 'i':
		return IOVA;
	case '-':
		return END;
	case 'p':
		return end - p > 1 && p[1] == 'r' ? PROT : PADDR;
	case 's':
		return SIZE;
	case 'u':
		return UNMAPPED;
	case 'd':
		return DOMAIN;
	default:
		return NR_KEYS;
	}
}

static bool parse_values(struct reader *rd, const struct line *line,
			 struct values *val)
{
	const char *p = line->text, *end = line->end;

	if (p < end && !is_blank(*p) && !has_prefix(p, end, "iova="))
		take_domain(&p, end, val);
	while ((p = skip_blanks(p, end)) < end) {
		enum key key = key_at(p, end);

		if (key == NR_KEYS || (size_t)(end - p) < keys[key].len ||
		    memcmp(p, keys[key].text, keys[key].len))
			return refuse(&rd->error, NULL,
				      "unknown word after IOMMU:");
		p += keys[key].len;
		if (!parse_value(rd, key, &p, end, val))
			return false;
	}
	return true;
}

/* The right keys for the type, and values that make sense together. */
static bool check_values(struct reader *rd, enum trace_type type,
			 const struct values *val)
{
	bool map = type == TRACE_MAP;
	unsigned need = BIT(IOVA) | BIT(SIZE) | (map ? BIT(PADDR) : 0);
	unsigned never = map ? BIT(UNMAPPED) : BIT(PADDR) | BIT(PROT);
	unsigned aligned = BIT(IOVA) | BIT(PADDR) | BIT(SIZE) | BIT(UNMAPPED);
	uint64_t iova = val->number[IOVA], size = val->number[SIZE];

	for (enum key key = 0; key < NR_KEYS; key++) {
		if (~val->seen & need & BIT(key))
			return refuse_key(rd, key, "missing");
		if (val->seen & never & BIT(key))
			return refuse_key(rd, key,
					  map ? "has no place in a map"
					      : "has no place in an unmap");
		if (aligned & BIT(key) && val->number[key] & PAGE_MASK)
			return refuse_key(rd, key, "not a multiple of 4096");
	}
	if (!size)
		return refuse_key(rd, SIZE, "must not be 0");
	if (size - 1 > UINT64_MAX - iova)
		return refuse_key(rd, SIZE, "iova + size passes 2^64");
	if (size - 1 > UINT64_MAX - val->number[PADDR])
		return refuse_key(rd, SIZE, "paddr + size passes 2^64");
	if (val->seen & BIT(END) && val->number[END] != iova + size)
		return refuse_key(rd, END, "not iova + size");
	return true;
}

/* The index of a domain, most often from the cache. */
static int find_domain(struct reader *rd, const char *text, size_t len)
{
	char name[TRACE_DOMAIN_NAME] = "";
	unsigned hash = (unsigned)len;
	uint16_t *cached;
	int ret;

	if (len >= sizeof(name))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		hash = hash * 31 + (uint8_t)text[i];
	cached = &rd->cache[hash % NR_CACHED];
	if (*cached && !memcmp(rd->info->domain[*cached - 1], text, len) &&
	    !rd->info->domain[*cached - 1][len])
		return *cached - 1;
	memcpy(name, text, len);
	ret = trace_domain(rd->info, name);
	if (ret >= 0)
		*cached = (uint16_t)(ret + 1);
	return ret;
}

/* 0, -EINVAL with rd->error, or -ENOMEM. */
static int parse_event(struct reader *rd, const struct line *line)
{
	struct trace_event ev = {
		.line = rd->line,
		.type = (uint8_t)line->type,
	};
	struct values val = {
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
		.domain = "",
	};
	int domain;

	if (!parse_values(rd, line, &val) ||
	    !check_values(rd, line->type, &val) || !parse_prefix(rd, line, &ev))
		return -EINVAL;
	domain = find_domain(rd, val.domain, val.domain_len);
	if (domain == -EINVAL)
		refuse_key(rd, DOMAIN, "not a name of 1 to 31 bytes");
	if (domain == -ENOSPC) {
		refuse_key(rd, DOMAIN, "more than 4096 of them");
		domain = -EINVAL;
	}
	if (domain < 0)
		return domain;
	ev.domain = (uint16_t)domain;
	ev.iova = val.number[IOVA];
	ev.paddr = val.number[PADDR];
	ev.size = val.number[SIZE];
	ev.prot = val.prot;
	*rd->sink->at++ = ev;
	return rd->sink->at == rd->sink->end ? rd->sink->take(rd->sink) : 0;
}

static int parse_line(struct reader *rd, const char *start, const char *end)
{
	struct line line = { .start = start, .end = end };

	if (end - start > MAX_LINE)
		refuse(&rd->error, NULL, "longer than 4096 bytes");
	else if (find_event(&line))
		return parse_event(rd, &line);
	else if (line_note(start, end, &rd->notes, &rd->error))
		return 0;
	return -EINVAL;
}

static int parse_lines(struct reader *rd, const char *text, size_t size)
{
	const char *p = text, *end = text + size;
	const char *nul = size ? memchr(text, '\0', size) : NULL;
	int err = 0;

	while (!err && p < end) {
		const char *next = memchr(p, '\n', (size_t)(end - p));
		const char *line_end = next ? next : end;

		rd->line++;
		if (nul && nul < line_end) {
			refuse(&rd->error, NULL,
			       "NUL byte: binary output cannot be used, "
			       "record with options/bin off");
			return -EINVAL;
		}
		if (line_end > p && line_end[-1] == '\r')
			line_end--;
		err = parse_line(rd, p, line_end);
		p = next ? next + 1 : end;
	}
	return err;
}

/* NULL, or why the file as a whole is not text for us. */
static const char *refuse_file(const char *text, size_t size)
{
	const char *end = text + size;

	if (size > TEXTFILE_MAX)
		return "more text than can be read";
	if (has_prefix(text, end, "\xef\xbb\xbf") ||
	    has_prefix(text, end, "\xff\xfe") ||
	    has_prefix(text, end, "\xfe\xff"))
		return "starts with a byte order mark";
	if (has_prefix(text, end, TRACE_DAT_MAGIC))
		return "binary file of trace-cmd: give the text of "
		       "`trace-cmd report`";
	if (has_prefix(text, end, "PERFILE2"))
		return "binary file of perf: give the text of `perf script`";
	return NULL;
}

/* Without a line, why is about the file. */
static void explain(const struct reader *rd, const char *name, char *why)
{
	const struct line_error *error = &rd->error;

	if (rd->line)
		snprintf(why, TRACE_WHY_SIZE, "%s:%" PRIu32 ": %s%s%s", name,
			 rd->line, error->key ? error->key : "",
			 error->key ? ": " : "", error->reason);
	else
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", name, error->reason);
}

/* What the notes say of the trace as a whole. */
static void sum_up(const struct trace_notes *notes, struct trace *info)
{
	info->nr_other = notes->nr_other;
	/* Header and statistics tell of the same losses. */
	info->nr_lost = notes->nr_lost + (notes->header_lost > notes->stats_lost
						  ? notes->header_lost
						  : notes->stats_lost);
}

struct text_source {
	struct trace_source base;
	const char *text;
	size_t size;
	char *owned; /* text and name, if they are its own */
	char *owned_name;
};

static int text_read(struct trace_source *src, struct trace *info,
		     struct trace_sink *sink, char *why)
{
	struct text_source *ts = (struct text_source *)src;
	struct reader *rd = calloc(1, sizeof(*rd));
	int err = -EINVAL;

	if (!rd) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", src->name,
			 strerror(ENOMEM));
		return -ENOMEM;
	}
	rd->info = info;
	rd->sink = sink;
	rd->error.reason = refuse_file(ts->text, ts->size);
	if (!rd->error.reason)
		err = parse_lines(rd, ts->text, ts->size);
	if (!err)
		err = sink->take(sink);
	if (err && err != -EINVAL) {
		rd->line = 0;
		rd->error = (struct line_error){ .reason = strerror(-err) };
	}
	if (err)
		explain(rd, src->name, why);
	else
		sum_up(&rd->notes, info);
	free(rd);
	return err;
}

static void text_close(struct trace_source *src)
{
	struct text_source *ts = (struct text_source *)src;

	free(ts->owned);
	free(ts->owned_name);
	free(ts);
}

static const struct trace_source_ops text_ops = {
	.read = text_read,
	.close = text_close,
};

int trace_source_text(const char *name, const char *text, size_t size,
		      struct trace_source **ret)
{
	struct text_source *ts = calloc(1, sizeof(*ts));

	if (!ts)
		return -ENOMEM;
	ts->base.ops = &text_ops;
	ts->base.name = name;
	ts->text = text;
	ts->size = size;
	*ret = &ts->base;
	return 0;
}

int trace_source_file(const char *path, struct trace_source **ret, char *why)
{
	char *name = strdup(strcmp(path, "-") ? path : "stdin");
	struct text_source *ts;
	char *text;
	size_t size;
	int err = -ENOMEM;

	snprintf(why, TRACE_WHY_SIZE, "%s: %s", path, strerror(ENOMEM));
	if (name)
		err = textfile_read(path, &text, &size, why);
	if (err) {
		free(name);
		return err;
	}
	if (has_prefix(text, text + size, TRACE_DAT_MAGIC)) {
		err = trace_source_dat(name, open(path, O_RDONLY | O_CLOEXEC),
				       ret, why);
		free(name);
		free(text);
		return err;
	}
	err = trace_source_text(name, text, size, ret);
	if (err) {
		free(name);
		free(text);
		return err;
	}
	ts = (struct text_source *)*ret;
	ts->owned = text;
	ts->owned_name = name;
	return 0;
}
