// SPDX-License-Identifier: GPL-2.0-only
/*
 * The general parser of trace text, which takes any line that any recorder
 * writes; what it says of a line is right, trace_fast.c is only faster.
 *
 * A tracepoint's line is taken apart from the word "IOMMU:" in both directions:
 * the keys behind it, the event name, time and cpu before it. Nothing depends
 * on a column. Whatever is not such a line goes to line_note(), which hands
 * back kprobes on the functions behind the tracepoints. Not done: judging one
 * event against another.
 *
 * Cost: four vectorised searches and some hundred cycles per line. Invariant:
 * no byte of a line is skipped unseen.
 */
#include <errno.h>

#include "trace.h"
#include "trace_reader.h"

#define MAX_CPU 4095
#define PAGE_MASK ((uint64_t)4095)

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
	const char *name; /* of the event, with its group */
	const char *text; /* behind "IOMMU:" or the function */
	const char *end;
	enum trace_type type;
	bool grouped; /* "iommu:map", as perf has it */
	bool probe;
};

struct values {
	unsigned seen; /* BIT() of each key met */
	bool any;      /* for a paddr */
	uint64_t number[NR_KEYS];
	uint8_t prot;
	const char *domain;
	size_t domain_len;
};

/* These two return a false that says which key is wrong, and why. */
static bool refuse(struct line_error *error, const char *key,
		   const char *reason)
{
	error->key = key;
	error->reason = reason;
	return false;
}

static bool refuse_key(struct text_reader *rd, enum key key, const char *reason)
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
	line->grouped = p - start >= 6 && !memcmp(p - 6, "iommu:", 6);
	if (line->grouped)
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

static bool parse_cpu(struct text_reader *rd, const char *start,
		      const char *end, bool latency, uint16_t *ret)
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
static bool parse_prefix(struct text_reader *rd, const struct line *line,
			 struct trace_event *ev)
{
	const char *start = line->start;
	const char *end = trim_end(start, line->name);
	const char *reason, *p;
	bool latency = false;

	ev->flags |= TRACE_NO_UNIT;
	p = word_start(start, end);
	if (is_time_extra(p, end) && (line->grouped || *p == '('))
		end = trim_end(start, p);
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
		if (memchr(p, '.', (size_t)(end - p)) ||
		    memchr(p, 'u', (size_t)(end - p)))
			ev->flags &= (uint8_t)~TRACE_NO_UNIT;
		end = p;
	} else if (!line->grouped) {
		/* Only perf can be told to leave the time out. */
		return refuse(&rd->error, "time", "missing");
	}
	return parse_cpu(rd, start, end, latency, &ev->cpu);
}

static bool parse_prot(struct text_reader *rd, const char **p, const char *end,
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

static bool parse_value(struct text_reader *rd, enum key key, const char **p,
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
	if (key == PADDR && skip_word(*p, end) - *p == 3 &&
	    !memcmp(*p, "any", 3)) {
		val->any = true;
		*p += 3;
		return true;
	}
	if (key == END)
		*p = skip_blanks(*p, end);
	reason = line_number(p, end, &val->number[key]);
	return reason ? refuse_key(rd, key, reason) : true;
}

/* The only key that can start so; p < end. */
static enum key first_letter(const char *p, const char *end)
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

/* NR_KEYS for what is no key. */
static enum key key_at(const char *p, const char *end)
{
	enum key key = first_letter(p, end);

	if (key == NR_KEYS || (size_t)(end - p) < keys[key].len ||
	    memcmp(p, keys[key].text, keys[key].len))
		return NR_KEYS;
	return key;
}

static bool parse_values(struct text_reader *rd, const struct line *line,
			 struct values *val)
{
	const char *p = line->text, *end = line->end;

	if (!line->probe && p < end && !is_blank(*p) &&
	    !has_prefix(p, end, "iova="))
		take_domain(&p, end, val);
	while ((p = skip_blanks(p, end)) < end) {
		enum key key = key_at(p, end);

		if (key == NR_KEYS)
			return refuse(&rd->error, NULL,
				      "unknown word after IOMMU:");
		p += keys[key].len;
		if (!parse_value(rd, key, &p, end, val))
			return false;
	}
	if (val->any && line->probe)
		return refuse_key(rd, PADDR, "not a number");
	return true;
}

/* Has a probe all keys that we need, and no other? */
static bool has_probe_keys(const struct line *line)
{
	bool map = line->type == TRACE_MAP;
	unsigned need = BIT(DOMAIN) | BIT(IOVA) | BIT(SIZE) |
			(map ? BIT(PADDR) : 0);
	const char *p = line->text;
	unsigned seen = 0;

	while ((p = skip_blanks(p, line->end)) < line->end) {
		enum key key = key_at(p, line->end);

		if (key == NR_KEYS)
			return false;
		seen |= BIT(key);
		p = skip_word(p, line->end);
	}
	return (seen & ~(map ? BIT(PROT) : 0)) == need;
}

/* The right keys for the type, and values that make sense together. */
static bool check_values(struct text_reader *rd, enum trace_type type,
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
int text_domain(struct text_reader *rd, const char *text, size_t len)
{
	char name[TRACE_DOMAIN_NAME] = "";
	unsigned hash = (unsigned)len;
	uint16_t *cached;
	int ret;

	if (len >= sizeof(name))
		return -EINVAL;
	for (size_t i = 0; i < len; i++)
		hash = hash * 31 + (uint8_t)text[i];
	cached = &rd->cache[hash % TEXT_NR_CACHED];
	if (*cached && !memcmp(rd->info->domain[*cached - 1], text, len) &&
	    !rd->info->domain[*cached - 1][len])
		return *cached - 1;
	memcpy(name, text, len);
	ret = trace_domain(rd->info, name);
	if (ret >= 0)
		*cached = (uint16_t)(ret + 1);
	return ret;
}

/* Counts the line. Is it of a kind that is taken? */
static bool is_taken(struct text_reader *rd, const struct line *line)
{
	if (line->probe)
		rd->nr_probes++;
	else
		rd->nr_points++;
	if (rd->take != (line->probe ? TRACE_POINTS : TRACE_PROBES))
		return true;
	rd->notes.nr_other++;
	return false;
}

/* 0, -EINVAL with rd->error, or -ENOMEM. */
static int take_name(struct text_reader *rd, const struct values *val,
		     uint16_t *ret)
{
	int domain = text_domain(rd, val->domain, val->domain_len);

	if (domain == -EINVAL)
		refuse_key(rd, DOMAIN, "not a name of 1 to 63 bytes");
	if (domain == -ENOSPC) {
		refuse_key(rd, DOMAIN, "more than 4096 of them");
		domain = -EINVAL;
	}
	if (domain < 0)
		return domain;
	*ret = (uint16_t)domain;
	return 0;
}

/* A map that fails at its first page unmaps what it has mapped so far. */
static bool is_nothing(const struct line *line, const struct values *val)
{
	unsigned need = BIT(IOVA) | BIT(SIZE) |
			(line->probe ? 0 : BIT(UNMAPPED));

	return line->type == TRACE_UNMAP && (val->seen & need) == need &&
	       !val->number[SIZE] && !val->number[UNMAPPED];
}

/* As text_parse_line(); ev->size stays 0 if it is not taken. */
static int parse_event(struct text_reader *rd, const struct line *line,
		       struct trace_event *ev)
{
	struct values val = {
		.prot = TRACE_PROT_READ | TRACE_PROT_WRITE,
		.domain = "",
	};
	bool nothing;
	int err;

	*ev = (struct trace_event){
		.line = rd->line,
		.type = (uint8_t)line->type,
	};
	if (!parse_values(rd, line, &val))
		return -EINVAL;
	nothing = is_nothing(line, &val);
	if ((!nothing && !check_values(rd, line->type, &val)) ||
	    !parse_prefix(rd, line, ev))
		return -EINVAL;
	if (nothing) {
		rd->notes.nr_other++;
		return 0;
	}
	if (!is_taken(rd, line))
		return 0;
	err = take_name(rd, &val, &ev->domain);
	if (err)
		return err;
	ev->iova = val.number[IOVA];
	ev->paddr = val.number[PADDR];
	ev->size = val.number[SIZE];
	ev->prot = val.prot;
	if (val.any)
		ev->flags |= TRACE_ANY;
	if (line->probe && rd->take != TRACE_PROBES)
		ev->flags |= TRACE_PROBE;
	return text_emit(rd, ev);
}

static int parse_probe(struct text_reader *rd, const struct line_probe *probe,
		       const char *start, const char *end)
{
	struct line line = {
		.start = start,
		.name = probe->name,
		.text = probe->text,
		.end = end,
		.type = probe->unmap ? TRACE_UNMAP : TRACE_MAP,
		.grouped = probe->grouped,
		.probe = true,
	};
	struct trace_event ev;

	if (has_probe_keys(&line))
		return parse_event(rd, &line, &ev);
	if (rd->unended) {
		refuse(&rd->error, NULL, "a probe that lacks a key");
		return -EINVAL;
	}
	rd->notes.nr_other++;
	return 0;
}

int text_parse_line(struct text_reader *rd, const char *start, const char *end,
		    struct trace_event *ret_point, const char **ret_text)
{
	struct line line = { .start = start, .end = end };
	struct line_probe probe = { 0 };

	ret_point->size = 0;
	if (end - start > TEXT_MAX_LINE) {
		refuse(&rd->error, NULL, "longer than 4096 bytes");
		return -EINVAL;
	}
	if (find_event(&line)) {
		*ret_text = line.text;
		return parse_event(rd, &line, ret_point);
	}
	if (!line_note(start, end, &rd->notes, &probe, &rd->error))
		return -EINVAL;
	return probe.name ? parse_probe(rd, &probe, start, end) : 0;
}
