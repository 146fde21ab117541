// SPDX-License-Identifier: GPL-2.0-only
/*
 * The fast path of the trace reader takes nothing that the general parser would
 * not, and reads it the same; and the size of chunks is nobody's business. All
 * samples, lines of each form with each byte changed, and generated traces are
 * read by each path and compared: events, counts, names, errors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "textfile.h"
#include "trace.h"
#include "trace_reader.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MAX_EVENTS 30000
#define HUGE_LINE ((size_t)4 << 20)
#define TASK "     kworker/u4:2-35      [001] d..1. "

/* What one reading gave. */
struct reading {
	int err;
	char why[TRACE_WHY_SIZE];
	struct trace info;
	struct trace_event *event;
	size_t nr;
	uint64_t nr_fast;
};

struct keeper {
	struct trace_sink base;
	size_t room;
};

static int keep(struct trace_sink *sink)
{
	/* Small enough, so that it is called in many places of a text. */
	sink->end = sink->at + 3;
	return 0;
}

static void read_text(const char *text, size_t size, enum trace_take take,
		      struct text_tuning tuning, struct reading *ret)
{
	static struct trace_event event[MAX_EVENTS + 3];
	struct trace_sink sink = { event, event, event + 3, keep };
	struct trace_source *src;

	memset(ret, 0, sizeof(*ret));
	memset(event, 0x5a, sizeof(event[0]));
	assert_int_equal(trace_source_text("f", text, size, &src), 0);
	assert_true(text_source_tune(src, &tuning));
	src->take = take;
	ret->err = trace_source_read(src, &ret->info, &sink, ret->why);
	ret->nr_fast = text_source_nr_fast(src);
	trace_source_close(src);
	ret->nr = (size_t)(sink.at - event);
	assert_true(ret->nr <= MAX_EVENTS);
	ret->event = malloc((ret->nr + 1) * sizeof(*event));
	assert_non_null(ret->event);
	memcpy(ret->event, event, ret->nr * sizeof(*event));
}

static void drop(struct reading *r)
{
	free(r->event);
	trace_free(&r->info);
}

static bool same_event(const struct trace_event *a, const struct trace_event *b)
{
	return a->iova == b->iova && a->paddr == b->paddr &&
	       a->size == b->size && a->time_ns == b->time_ns &&
	       a->line == b->line && a->domain == b->domain &&
	       a->cpu == b->cpu && a->type == b->type && a->prot == b->prot &&
	       a->flags == b->flags;
}

static bool same_info(const struct trace *a, const struct trace *b)
{
	if (a->nr_domains != b->nr_domains || a->nr_lost != b->nr_lost ||
	    a->nr_other != b->nr_other || a->nr_points != b->nr_points ||
	    a->nr_probes != b->nr_probes)
		return false;
	for (unsigned i = 0; i < a->nr_domains; i++)
		if (strcmp(a->domain[i], b->domain[i]))
			return false;
	return true;
}

static void assert_same(const char *what, const struct reading *a,
			const struct reading *b)
{
	if (a->err != b->err || (a->err && strcmp(a->why, b->why)))
		fail_msg("%s: %d \"%s\", %d \"%s\"", what, a->err, a->why,
			 b->err, b->why);
	if (a->nr != b->nr)
		fail_msg("%s: %zu events, %zu events", what, a->nr, b->nr);
	for (size_t i = 0; i < a->nr; i++)
		if (!same_event(&a->event[i], &b->event[i]))
			fail_msg("%s: line %u: another event", what,
				 a->event[i].line);
	if (!a->err && !same_info(&a->info, &b->info))
		fail_msg("%s: other counts or names", what);
}

/* Every path; the lines that the fast ones took. A small chunk is quicker made
 * for a small text. */
static uint64_t compare_paths(const char *what, const char *text, size_t size,
			      enum trace_take take)
{
	struct text_tuning tuning = { .chunk = size < 4096 ? 4096 : 0 };
	struct reading general, fast;
	uint64_t nr_fast = 0;

	tuning.path = TEXT_GENERAL;
	read_text(text, size, take, tuning, &general);
	assert_int_equal(general.nr_fast, 0);
	for (tuning.path = 0; tuning.path < TEXT_GENERAL; tuning.path++) {
		read_text(text, size, take, tuning, &fast);
		assert_same(what, &general, &fast);
		assert_true(!tuning.path || fast.nr_fast == nr_fast);
		nr_fast = fast.nr_fast;
		drop(&fast);
	}
	drop(&general);
	return nr_fast;
}

static void compare_chunks(const char *what, const char *text, size_t size,
			   size_t max_chunk)
{
	struct reading whole, cut;

	read_text(text, size, TRACE_AUTO,
		  (struct text_tuning){ TEXT_AUTO, 0, 0 }, &whole);
	for (size_t chunk = 1; chunk <= max_chunk; chunk++) {
		struct text_tuning tuning = { .chunk = chunk };

		tuning.path = chunk % 2 ? TEXT_AUTO : TEXT_GENERAL;
		read_text(text, size, TRACE_AUTO, tuning, &cut);
		assert_same(what, &whole, &cut);
		drop(&cut);
	}
	drop(&whole);
}

/* All of what recorders print, whole and cut short. */
static void test_paths__samples(void **state)
{
	const char *data = getenv("TEST_DATA");
	uint64_t nr_fast = 0;
	unsigned nr = 0;
	char path[4096];
	struct dirent *entry;
	DIR *dir;

	(void)state;
	assert_non_null(data);
	snprintf(path, sizeof(path), "%s/formats", data);
	dir = opendir(path);
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char why[TRACE_WHY_SIZE], file[8192];
		size_t size;
		char *text;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		assert_int_equal(textfile_read(file, &text, &size, why), 0);
		for (enum trace_take take = 0; take <= TRACE_JOIN; take++)
			nr_fast +=
				compare_paths(entry->d_name, text, size, take);
		compare_chunks(entry->d_name, text, size, 64);
		for (size_t cut = size; cut > size - 400; cut -= 7)
			compare_paths(entry->d_name, text, cut, TRACE_AUTO);
		free(text);
		nr++;
	}
	closedir(dir);
	assert_true(nr >= 22);
	assert_true(nr_fast > 400);
}

/* One line of each form, and the least that the fast path is to take of it and
 * the two before it, which are the same. */
static const struct {
	const char *line;
	unsigned nr_fast;
} forms[] = {
	{ TASK "12.345678: map: IOMMU: iova=0x00000000fffff000 - "
	       "0x0000000100000000 paddr=0x000000010abcd000 size=4096",
	  2 },
	{ TASK "12.345678: unmap: IOMMU: iova=0x0000000012300000 - "
	       "0x0000000012345000 size=282624 unmapped_size=282624",
	  2 },
	{ "           <...>-0       [011] .....     1.000001: map: IOMMU:d0 "
	  "iova=0x00000000ABCde000 - 0x00000000ABCdf000 "
	  "paddr=0x0000000040000000 size=4096 prot=r",
	  2 },
	{ "           <...>-0       [4095] .....     1.000001: map: IOMMU:d0 "
	  "iova=0x0000000000001000 - 0x0000000000002000 "
	  "paddr=0x0000000040000000 size=4096 prot=r",
	  0 },
	{ "           <...>-0       [000] ..... 123456.000001999: map: "
	  "IOMMU:soc:cam@14000000 iova=0x0000000000010000 - "
	  "0x0000000001010000 paddr=any size=16777216 prot=w",
	  2 },
	{ "              ip-116   [000]    11.844897: map:                  "
	  "IOMMU: iova=0x00000000fffa1000 - 0x00000000fffa2000 "
	  "paddr=0x00000001100a0000 size=4096",
	  2 },
	{ "              ip-116   [000]    11.844897: unmap:                "
	  "IOMMU: iova=0x00000000fffa1000 paddr=0x00000001100a0000 size=4096",
	  0 },
	{ " cmd   190 [001]     3.500000: iommu:unmap: IOMMU: "
	  "iova=0x00000000fffa1000 - 0x00000000fffa2000 size=4096 "
	  "unmapped_size=4096",
	  2 },
	{ " a-1  [000] d.h1  1.500000: map: IOMMU: iova=0x00000000fffa1000 "
	  "paddr=0x00000001100a0000 size=1048576",
	  2 },
	{ "cmd-1  12d.h1. 276us!: unmap: IOMMU: iova=0x00000000fffa1000 - "
	  "0x00000000fffa2000 size=4096 unmapped_size=4096",
	  0 },
	{ TASK "1.000002: dmap: (__iommu_map+0x0/0x2a0) domain=0xff "
	       "iova=0xfffff000 paddr=0x10dbcf000 size=4096 prot=0x7",
	  0 },
};

/* Each byte of a line becomes each of these, or goes, or comes twice. */
static const char changes[] = "\0\n\r\t 09afgG@`/I][:.-=xX_pM\x7f\x80\xc9\xff";

static void change(char *text, size_t at, size_t *size, unsigned what)
{
	if (what < sizeof(changes) - 1) {
		text[at] = changes[what];
		return;
	}
	if (what == sizeof(changes) - 1) {
		memmove(text + at, text + at + 1, *size - at - 1);
		--*size;
		return;
	}
	memmove(text + at + 1, text + at, *size - at);
	++*size;
}

static void test_paths__changed_lines(void **state)
{
	uint64_t nr_fast = 0, nr = 0;
	char base[2048], text[2048];

	(void)state;
	for (size_t f = 0; f < ARRAY_SIZE(forms); f++) {
		const char *line = forms[f].line;
		size_t len = strlen(line);
		int size = snprintf(base, sizeof(base), "%s\n%s\n%s\n%s\n",
				    line, line, line, line);

		assert_true(size > 0 && (size_t)size < sizeof(base) - 1);
		if (compare_paths(line, base, (size_t)size, TRACE_AUTO) <
		    forms[f].nr_fast)
			fail_msg("%s: not taken", line);
		for (size_t at = 2 * len + 2; at < 3 * len + 3; at++) {
			for (unsigned c = 0; c <= sizeof(changes); c++, nr++) {
				size_t now = (size_t)size;

				memcpy(text, base, now);
				change(text, at, &now, c);
				nr_fast += compare_paths(line, text, now,
							 TRACE_POINTS);
			}
		}
	}
	assert_true(nr > 30000);
	/* The second line, at least, of those that have a fast form. */
	assert_true(nr_fast > 30000);
}

#define OLD " a-1  [000] d.h1  1.500000: map: IOMMU: iova="
#define OLD_END " paddr=0x00000001100a0000 size=4096"
#define RANGE_4K "iova=0x0000000000001000 - 0x0000000000002000 "
#define UNMAP_4K "unmap: IOMMU: " RANGE_4K "size=4096 unmapped_size=4096"

/* Two lines of which the second has the shape of the first, but another sense
 * or none. */
static const struct {
	const char *first, *second;
	int err;
} pairs[] = {
	/* Sizes */
	{ OLD "0x00000000fffa1000" OLD_END,
	  OLD "0x00000000fffa1000 paddr=0x00000001100a0000 size=0", -EINVAL },
	{ OLD "0x00000000fffa1000" OLD_END,
	  OLD "0x0000000000000000 paddr=0x0000000000000000 size=0", -EINVAL },
	{ OLD "0x00000000fffa1000" OLD_END,
	  OLD "0xfffffffffffff000 paddr=0x00000001100a0000 size=8192",
	  -EINVAL },
	{ OLD "0x00000000fffa1000" OLD_END,
	  OLD "0x00000000fffa1000 paddr=0xfffffffffffff000 size=8192",
	  -EINVAL },
	{ OLD "0x00000000fffa1000" OLD_END,
	  OLD "0xfffffffffffff000 paddr=0xfffffffffffff000 size=4096", 0 },
	/* A task with the name of an event */
	{ "map:-IOMMU:-35      [001] d..1. 12.345678: " UNMAP_4K,
	  "map: IOMMU:-35      [001] d..1. 12.345678: " UNMAP_4K, -EINVAL },
	{ "map:-XOMMU:-35      [001] d..1. 12.345678: " UNMAP_4K,
	  "map: IOMMU:-35      [001] d..1. 12.345678: " UNMAP_4K, -EINVAL },
	/* Flags: with a blank, a cpu, an event; and with a bracket */
	{ TASK "12.345678: " UNMAP_4K,
	  "     kworker/u4:2-35      [001] d 3h. 12.345678: " UNMAP_4K, 0 },
	{ TASK "12.345678: " UNMAP_4K,
	  "     kworker/u4:2-35      [001] 3d.h. 12.345678: " UNMAP_4K, 0 },
	{ " kworker/u4:2-35  [001] map:XOMMU: 12.345678: " UNMAP_4K,
	  " kworker/u4:2-35  [001] map:IOMMU: 12.345678: " UNMAP_4K, -EINVAL },
	{ " kworker/u4:2-35  [001] x[012]xx 12.345678: " UNMAP_4K,
	  " kworker/u4:2-35  [001] x[012]xx 12.345678: " UNMAP_4K, 0 },
	/* The latency format, but for a blank */
	{ "cmd-100x[001] 12.345678: " UNMAP_4K,
	  "3md-100x[001] 12.345678: " UNMAP_4K, 0 },
};

static void test_paths__pairs(void **state)
{
	unsigned nr_refused = 0;
	char text[2048];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
		struct reading r;
		int size = snprintf(text, sizeof(text), "%s\n%s\n%s\n",
				    pairs[i].first, pairs[i].second,
				    pairs[i].first);

		compare_paths(pairs[i].second, text, (size_t)size, TRACE_AUTO);
		read_text(text, (size_t)size, TRACE_AUTO,
			  (struct text_tuning){ 0 }, &r);
		if (r.err != pairs[i].err || r.nr != (r.err ? 1 : 3))
			fail_msg("%s: %s", pairs[i].second, r.why);
		nr_refused += r.err != 0;
		drop(&r);
	}
	assert_int_equal(nr_refused, 7);
}

static uint64_t next_random(uint64_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 7;
	*random ^= *random << 17;
	return *random;
}

static void random_event(uint64_t *random, unsigned nr_domains,
			 uint64_t time_ns, struct trace_event *ev)
{
	static const unsigned shift[] = { 12, 12, 12, 16, 20, 24, 33 };
	uint64_t r = next_random(random);

	memset(ev, 0, sizeof(*ev));
	ev->type = r & 1;
	ev->prot = TRACE_PROT_READ | TRACE_PROT_WRITE;
	ev->cpu = (r >> 8) % 64 ? (r >> 16) % 8 : (r >> 16) % 4096;
	ev->domain = (uint16_t)((r >> 28) % nr_domains);
	ev->time_ns = r >> 40 & 7 ? time_ns - time_ns % 1000 : time_ns;
	ev->size = (1 + (r >> 44) % 300) << shift[(r >> 56) % 7];
	ev->iova = next_random(random) >> (r & 2 ? 2 : 32) & ~(uint64_t)4095;
	if (ev->type == TRACE_UNMAP)
		return;
	ev->prot = r >> 4 & 7 ? ev->prot : (r >> 2) & 3;
	if (r >> 36 & 3)
		ev->paddr = next_random(random) >> 28 & ~(uint64_t)4095;
	else
		ev->flags = TRACE_ANY;
}

/* Written, and read by each path: what was written. */
static void test_paths__generated(void **state)
{
	enum { NR_EVENTS = 20000, NR_DOMAINS = 300 };
	struct trace trace = { 0 };
	uint64_t random = 88172645463325252u, time_ns = 999990000000;
	struct trace_event ev;
	struct reading again;
	char why[TRACE_WHY_SIZE];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	for (unsigned i = 0; i < NR_DOMAINS; i++) {
		char name[TRACE_DOMAIN_NAME];

		snprintf(name, sizeof(name), "%.*s%u", (int)(i % 28),
			 "long-names-of-the-same-start", i);
		assert_int_equal(trace_domain(&trace, i ? name : ""), i);
		ev = (struct trace_event){ .size = 4096,
					   .domain = (uint16_t)i,
					   .type = TRACE_UNMAP,
					   .prot = 3 };
		assert_int_equal(trace_append(&trace, &ev), 0);
	}
	while (trace.nr_events < NR_EVENTS) {
		time_ns += next_random(&random) % 2000;
		random_event(&random, NR_DOMAINS, time_ns, &ev);
		assert_int_equal(trace_append(&trace, &ev), 0);
	}
	assert_int_equal(trace_write(&trace, out, why), 0);
	assert_int_equal(fclose(out), 0);
	assert_true(compare_paths("generated", text, size, TRACE_AUTO) > 6000);
	read_text(text, size, TRACE_AUTO, (struct text_tuning){ 0 }, &again);
	assert_int_equal(again.err, 0);
	assert_int_equal(again.nr, NR_EVENTS);
	for (size_t i = 0; i < NR_EVENTS; i++) {
		trace.event[i].line = (uint32_t)i + 1;
		assert_true(same_event(&again.event[i], &trace.event[i]));
	}
	drop(&again);
	trace_free(&trace);
	free(text);
}

/* What lies across the borders of chunks. */
static void test_paths__chunks(void **state)
{
	static const char tail[] = "\r\nCPU:1 [LOST 5 EVENTS]\r\n\n# x\n";
	char *huge = malloc(HUGE_LINE);
	char text[16384];
	size_t size = 0;

	(void)state;
	for (unsigned i = 0; i < 30; i++)
		size += (size_t)snprintf(text + size, sizeof(text) - size,
					 "%s%s", forms[i % 3].line,
					 i % 5 ? "\n" : tail);
	compare_chunks("lines", text, size, 700);
	compare_chunks("no line end", text, size - 40, 64);
	/* Lines as long as they may be, and longer. */
	for (size_t len = 4094; len <= 4099; len++) {
		for (unsigned feed = 0; feed < 4; feed++) {
			memset(text, '#', len);
			size = len;
			if (feed & 1)
				text[size++] = '\r';
			if (feed & 2)
				text[size++] = '\n';
			compare_chunks("long line", text, size, 64);
			text[4000] = '\0';
			compare_chunks("long line with NUL", text, size, 64);
			text[4000] = '#';
			memset(text + size, '\0', 100);
			compare_chunks("NUL behind a long line", text,
				       size + 100, 64);
		}
	}
	/* And much longer than there is room for. */
	assert_non_null(huge);
	memset(huge, '#', HUGE_LINE);
	compare_chunks("huge line", huge, HUGE_LINE, 8);
	free(huge);
	compare_chunks("a file of trace-cmd", "\x17\x08\x44tracing6\0", 12, 20);
	compare_chunks("a mark", "\xef\xbb\xbf#\n", 5, 20);
	compare_chunks("nothing", "", 0, 3);
}

/* The number of a line has 32 bits. */
static void test_paths__last_line(void **state)
{
	struct reading r;
	char text[1024];
	int size = snprintf(text, sizeof(text), "%s\n%s\n%s\n", forms[0].line,
			    forms[0].line, forms[0].line);

	(void)state;
	for (enum text_path path = 0; path <= TEXT_GENERAL; path++) {
		struct text_tuning tuning = { path, 0, UINT32_MAX - 3 };

		read_text(text, (size_t)size, TRACE_AUTO, tuning, &r);
		assert_int_equal(r.err, 0);
		assert_int_equal(r.event[2].line, UINT32_MAX);
		drop(&r);
		tuning.lines_before++;
		read_text(text, (size_t)size, TRACE_AUTO, tuning, &r);
		assert_int_equal(r.err, -EINVAL);
		assert_string_equal(r.why, "f: more than 4294967295 lines");
		drop(&r);
	}
}

static int stop(struct trace_sink *sink)
{
	(void)sink;
	return -ECANCELED;
}

/* A sink that wants no more ends any path at once. */
static void test_paths__sink_stops(void **state)
{
	struct trace_event event[1];
	char text[1024], why[TRACE_WHY_SIZE];
	int size = snprintf(text, sizeof(text), "%s\n%s\n%s\n", forms[0].line,
			    forms[0].line, forms[0].line);

	(void)state;
	for (enum text_path path = 0; path <= TEXT_GENERAL; path++) {
		struct trace_sink sink = { event, event, event + 1, stop };
		struct text_tuning tuning = { .path = path };
		struct trace info = { 0 };
		struct trace_source *src;

		assert_int_equal(
			trace_source_text("f", text, (size_t)size, &src), 0);
		assert_true(text_source_tune(src, &tuning));
		assert_int_equal(trace_source_read(src, &info, &sink, why),
				 -ECANCELED);
		assert_string_equal(why, "f: Operation canceled");
		assert_int_equal(sink.at - sink.from, 1);
		trace_source_close(src);
		trace_free(&info);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths__samples),
		cmocka_unit_test(test_paths__changed_lines),
		cmocka_unit_test(test_paths__pairs),
		cmocka_unit_test(test_paths__generated),
		cmocka_unit_test(test_paths__chunks),
		cmocka_unit_test(test_paths__last_line),
		cmocka_unit_test(test_paths__sink_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
