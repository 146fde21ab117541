// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lines of a trace text that hold no tracepoint of ours: comments, headers,
 * marks of lost events, kprobes, events of another kind; and the numbers of
 * all lines.
 *
 * The forms are those of ftrace, trace-cmd report and perf script. What none
 * of them writes is refused, so that a damaged line is never taken for a
 * foreign one; so are the raw, hex and histogram forms, which lack the
 * addresses. Not done: call chains of perf.
 *
 * Cost: a few searches per line. Invariant: a false return has a reason.
 */
#include "trace_line.h"

/* Value + 1; 0 for what is no digit. */
static const uint8_t hex_digit[256] = {
	['0'] = 1,  ['1'] = 2,	['2'] = 3,  ['3'] = 4,	['4'] = 5,  ['5'] = 6,
	['6'] = 7,  ['7'] = 8,	['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
	['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
	['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

static const char too_large[] = "above 64 bits";
static const char no_number[] = "not a number";

static const char *hex_number(const char **at, const char *end, uint64_t *ret)
{
	const char *p = *at;
	uint64_t value = 0, low;
	unsigned digit;

	/* The kernel prints 16 of them. */
	if (end - p >= 16 && line_hex_8(p, &value)) {
		p += 8;
		if (line_hex_8(p, &low)) {
			p += 8;
			value = value << 32 | low;
		}
	}
	while (p < end && (digit = hex_digit[(uint8_t)*p])) {
		if (value >> 60)
			return too_large;
		value = value << 4 | (digit - 1);
		p++;
	}
	if (p == *at)
		return no_number;
	*at = p;
	*ret = value;
	return NULL;
}

static const char *decimal(const char **at, const char *end, uint64_t *ret)
{
	const char *p = *at;
	uint64_t value = 0;

	for (; p < end && is_digit(*p); p++) {
		unsigned digit = (unsigned)(*p - '0');

		if (value >= UINT64_MAX / 10 &&
		    (value > UINT64_MAX / 10 || digit > UINT64_MAX % 10))
			return too_large;
		value = value * 10 + digit;
	}
	if (p == *at)
		return no_number;
	*at = p;
	*ret = value;
	return NULL;
}

const char *line_number(const char **p, const char *end, uint64_t *ret)
{
	const char *reason;

	if (has_prefix(*p, end, "0x")) {
		*p += 2;
		reason = hex_number(p, end, ret);
	} else {
		reason = decimal(p, end, ret);
	}
	if (!reason && *p < end && !is_blank(**p))
		return no_number;
	return reason;
}

/* value * factor, then + more. */
static const char *scale(uint64_t *value, uint64_t factor, uint64_t more)
{
	if (*value > (UINT64_MAX - more) / factor)
		return too_large;
	*value = *value * factor + more;
	return NULL;
}

/*
 * Seconds with decimals, a count without, or microseconds with "us" and a
 * mark of how long it took.
 */
const char *line_time(const char *p, const char *end, uint64_t *ret)
{
	const char *reason = decimal(&p, end, ret);
	uint64_t ns = 0;
	int nr_digits = 0;

	if (reason)
		return reason;
	if (p == end)
		return NULL;
	if (has_prefix(p, end, "us") &&
	    (end - p == 2 || (end - p == 3 && strchr("!+#*@$", p[2]))))
		return scale(ret, 1000, 0);
	if (*p++ != '.' || p == end)
		return no_number;
	for (; p < end && is_digit(*p); p++, nr_digits++) {
		if (nr_digits == 9)
			return "more than 9 decimals";
		ns = ns * 10 + (unsigned)(*p - '0');
	}
	if (p < end)
		return no_number;
	for (; nr_digits < 9; nr_digits++)
		ns *= 10;
	return scale(ret, 1000000000, ns);
}

bool is_time_extra(const char *p, const char *end)
{
	if (end - p > 3 && p[0] == '(' && p[1] == '+' && end[-1] == ')') {
		p += p[2] == '-' ? 3 : 2;
		end--;
	}
	return p < end && all_digits(p, end);
}

static const char *find(const char *p, const char *end, const char *word)
{
	return memmem(p, (size_t)(end - p), word, strlen(word));
}

static void add_lost(uint64_t *sum, uint64_t lost)
{
	*sum = lost > UINT64_MAX - *sum ? UINT64_MAX : *sum + lost;
}

/* "A/B": entries there still are, entries there were. */
static void add_overwritten(const char *p, const char *end, uint64_t *sum)
{
	uint64_t kept, written;

	p = skip_blanks(p, end);
	if (decimal(&p, end, &kept) || p == end || *p++ != '/' ||
	    decimal(&p, end, &written) || written <= kept)
		return;
	add_lost(sum, written - kept);
}

static bool note_comment(const char *p, const char *end,
			 struct trace_notes *notes, struct line_error *why)
{
	static const char entries[] = "entries-in-buffer/entries-written:";
	const char *at;

	if (has_prefix(p, end, "# event histogram")) {
		why->reason = "histogram output cannot be used: "
			      "give the file trace, not hist";
		why->final = true;
		return false;
	}
	at = find(p, end, entries);
	if (at)
		add_overwritten(at + sizeof(entries) - 1, end,
				&notes->header_lost);
	at = has_prefix(p, end, "# latency:") ? find(p, end, ", #") : NULL;
	if (at)
		add_overwritten(at + 3, end, &notes->header_lost);
	return true;
}

/* "CPU:1 [LOST 678 EVENTS]", "CPU:1 [3842 EVENTS DROPPED]"; the number may
 * be missing, then at least one was lost. trace-cmd puts an instance's name
 * in front, or blanks. */
static bool note_lost(const char *start, const char *end,
		      struct trace_notes *notes)
{
	const char *p = find(start, end, "CPU:");
	uint64_t number = 1;
	bool dropped;

	if (!p || (p > start && !is_blank(p[-1])))
		return false;
	p += strlen("CPU:");
	if (decimal(&p, end, &number) || !has_prefix(p, end, " ["))
		return false;
	number = 1;
	p += 2;
	dropped = !has_prefix(p, end, "LOST ");
	if (!dropped)
		p += 5;
	if (p < end && is_digit(*p) &&
	    (decimal(&p, end, &number) || p == end || *p++ != ' '))
		return false;
	end = trim_end(p, end);
	if (!has_prefix(p, end, dropped ? "EVENTS DROPPED]" : "EVENTS]") ||
	    end - p != (dropped ? 15 : 7))
		return false;
	add_lost(&notes->nr_lost, number);
	return true;
}

/* "PERF_RECORD_LOST lost 123", wherever perf puts it. */
static bool note_perf_lost(const char *p, const char *end,
			   struct trace_notes *notes)
{
	uint64_t number = 1;

	p = find(p, end, " PERF_RECORD_LOST");
	if (!p)
		return false;
	p = find(p, end, " lost ");
	if (p) {
		p += 6;
		if (decimal(&p, end, &number))
			number = 1;
	}
	add_lost(&notes->nr_lost, number);
	return true;
}

/* Headers of trace-cmd report, and per_cpu/cpuN/stats. */
static bool note_header(const char *p, const char *end,
			struct trace_notes *notes)
{
	static const struct {
		const char *text;
		bool lost;
	} headers[] = {
		{ "cpus=", false },
		{ "version = ", false },
		{ "entries: ", false },
		{ "overrun: ", true },
		{ "commit overrun: ", true },
		{ "bytes: ", false },
		{ "oldest event ts:", false },
		{ "now ts:", false },
		{ "dropped events: ", true },
		{ "read events: ", false },
		{ "CPU ", false },
	};
	uint64_t number;

	p = skip_blanks(p, end);
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (!has_prefix(p, end, headers[i].text))
			continue;
		p = skip_blanks(p + strlen(headers[i].text), end);
		if (decimal(&p, end, &number))
			return false;
		if (headers[i].lost)
			add_lost(&notes->stats_lost, number);
		end = trim_end(p, end);
		if (*headers[i].text == 'C')
			return has_prefix(p, end, " is empty");
		while (p < end && (is_digit(*p) || *p == '.'))
			p++;
		return p == end;
	}
	return false;
}

/*
 * "NAME:" and a blank or the end, where NAME is an identifier; its end.
 * trace_printk() has a function's name there, which may be "f.part.0".
 */
static const char *event_name_end(const char *p, const char *end, bool dots)
{
	const char *start = p;

	while (p < end &&
	       (hex_digit[(uint8_t)*p] || *p == '_' || *p == '-' || *p == ':' ||
		(*p == '.' && dots) || (*p >= 'g' && *p <= 'z') ||
		(*p >= 'G' && *p <= 'Z')))
		p++;
	if (p - start < 2 || p[-1] != ':' || (p < end && !is_blank(*p)))
		return NULL;
	return p - 1;
}

/* Is this colon the end of a time stamp? */
static bool ends_time(const char *start, const char *colon)
{
	const char *end = trim_end(start, colon);
	uint64_t ignored;

	return !line_time(word_start(start, end), end, &ignored);
}

static bool is_word(const char *p, const char *end, const char *word)
{
	return (size_t)(end - p) == strlen(word) && has_prefix(p, end, word);
}

/*
 * "(__iommu_map+0x0/0x2a0) ..." behind "dmap:" or any name, or another function
 * or an address behind dmap and dunmap. A return probe has "<-" in it.
 */
static bool find_probe(const char *name, const char *name_end, const char *end,
		       struct line_probe *ret)
{
	const char *group = memrchr(name, ':', (size_t)(name_end - name));
	const char *word = group ? group + 1 : name;
	const char *p = skip_blanks(name_end + 1, end);
	const char *close = memchr(p, ')', (size_t)(end - p));
	const char *plus;
	bool map, unmap;

	if (!close || *p++ != '(' || find(p, close, "<-"))
		return false;
	plus = memchr(p, '+', (size_t)(close - p));
	if (!plus)
		plus = close;
	map = is_word(p, plus, "__iommu_map");
	unmap = is_word(p, plus, "__iommu_unmap");
	if (!map && !unmap) {
		map = is_word(word, name_end, "dmap");
		unmap = is_word(word, name_end, "dunmap");
	}
	if (!map && !unmap)
		return false;
	*ret = (struct line_probe){ name, close + 1, group, unmap };
	return true;
}

/* Stack traces that the kernel adds have a sign in a name's place. */
static bool is_stack(const char *p, const char *end)
{
	return has_prefix(p, end, "=>") || has_prefix(p, end, " =>") ||
	       has_prefix(p, end, "<stack ") ||
	       has_prefix(p, end, "<user stack ");
}

/* What is behind the first time stamp that has an event or a stack's sign
 * behind it; NULL if there is none. */
static const char *behind_time(const char *start, const char *end)
{
	const char *colon = start;

	while ((colon = memchr(colon, ':', (size_t)(end - colon)))) {
		const char *name = skip_blanks(++colon, end);

		if (!ends_time(start, colon - 1))
			continue;
		if (is_time_extra(name, skip_word(name, end)))
			name = skip_blanks(skip_word(name, end), end);
		if (is_stack(name, end) || event_name_end(name, end, true))
			return name;
	}
	return NULL;
}

/*
 * The name of an event: behind a time stamp, whatever trace-cmd or grep have
 * put in front; or without one, first in the line.
 */
static bool note_event(const char *start, const char *end,
		       struct trace_notes *notes, struct line_probe *ret_probe,
		       struct line_error *why)
{
	const char *timed = behind_time(start, end);
	const char *name = timed ? timed : start;
	const char *name_end = event_name_end(name, end, timed);

	if (is_stack(name, end))
		return true;
	if (!name_end) {
		why->reason = "not a trace line";
		return false;
	}
	if (has_prefix(name, name_end, "iommu:"))
		name += 6;
	if ((name_end - name == 3 && !memcmp(name, "map", 3)) ||
	    (name_end - name == 5 && !memcmp(name, "unmap", 5))) {
		name = skip_blanks(name_end + 1, end);
		why->reason = has_prefix(name, end, "iova=")
				      ? "raw fields cannot be used: report "
					"without -R and -r"
				      : "no IOMMU: behind the event";
		return false;
	}
	if (!find_probe(name, name_end, end, ret_probe))
		notes->nr_other++;
	return true;
}

/* "44 0 16714489957 type: 1149": nothing but hex digits before the word. */
static bool is_raw(const char *p, const char *end)
{
	const char *type = find(p, end, " type: ");

	if (!type || !is_digit(end[-1]))
		return false;
	while (p < type && (hex_digit[(uint8_t)*p] || is_blank(*p)))
		p++;
	return p == type;
}

/* "  dmap    56    0": a kprobe, how often it hit and how often it missed. */
static bool is_probe_profile(const char *p, const char *end)
{
	uint64_t hits, misses;

	p = skip_blanks(skip_word(skip_blanks(p, end), end), end);
	if (decimal(&p, end, &hits) || p == end || !is_blank(*p))
		return false;
	p = skip_blanks(p, end);
	return !decimal(&p, end, &misses) && p == end;
}

/* The same, and "{ size: 4096 } hitcount: 12". */
static const char *unusable(const char *p, const char *end)
{
	if (is_raw(p, end))
		return "raw or hex output cannot be used: "
		       "record with options/raw and options/hex off";
	if (*p == '{' && find(p, end, "hitcount:"))
		return "histogram output cannot be used: "
		       "give the file trace, not hist";
	if (is_probe_profile(p, end))
		return "kprobe profile cannot be used: "
		       "give the file trace, not kprobe_profile";
	return NULL;
}

/* Output of grep -n has a number before the comment's sign. */
static bool is_comment(const char *p, const char *end)
{
	uint64_t ignored;

	if (p < end && is_digit(*p) &&
	    (decimal(&p, end, &ignored) || p == end || *p++ != ':'))
		return false;
	return p < end && *p == '#';
}

bool line_note(const char *p, const char *end, struct trace_notes *notes,
	       struct line_probe *ret_probe, struct line_error *why)
{
	const char *reason;

	why->key = NULL;
	end = trim_end(p, end);
	if (p == end)
		return true;
	if (is_comment(p, end))
		return note_comment(p, end, notes, why);
	reason = unusable(p, end);
	if (reason) {
		why->reason = reason;
		why->final = true;
		return false;
	}
	return note_lost(p, end, notes) || note_perf_lost(p, end, notes) ||
	       note_header(p, end, notes) ||
	       note_event(p, end, notes, ret_probe, why);
}
