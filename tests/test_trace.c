// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trace reader and writer: tables of texts, each named by what is special
 * about it. Not tested here: files and compression (test_textfile.c), the
 * samples of recorders (test_formats.c), the traces of the source tree
 * (test_workloads.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"
#include "trace_compare.h"

#define PRE "   wl-7  [002] d.h1.  1.000001: "
#define RANGE "iova=0x1000 - 0x3000 "
#define MAP PRE "map: IOMMU: " RANGE "paddr=0x40005000 size=8192\n"
#define UNMAP PRE "unmap: IOMMU: " RANGE "size=8192 unmapped_size=8192\n"
#define DMAP "dmap: (__iommu_map+0x0/0x2a0) domain=0xff "
#define TEN(s) s s s s s s s s s s
/* A text that may hold NUL, and its size. */
#define T(s) s, sizeof(s) - 1
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct {
	const char *name;
	const char *text;
	size_t size;
	const char *why;
} malformed[] = {
	/* The file as a whole */
	{ "empty", T(""), "f: no map or unmap event" },
	{ "only blank lines", T("\n \n\r\n"), "f: no map or unmap event" },
	{ "only comments", T("# tracer: nop\n#\n"),
	  "f: no map or unmap event" },
	{ "only other events", T(PRE "dmap: (f+0x0) iova=0x1\n"),
	  "f: no map or unmap event" },
	{ "UTF-8 byte order mark", T("\xef\xbb\xbf" MAP),
	  "f: starts with a byte order mark" },
	{ "UTF-16 byte order mark", T("\xff\xfem\0a\0p\0"),
	  "f: starts with a byte order mark" },
	{ "UTF-16 byte order mark, big endian", T("\xfe\xff\0m\0a\0p"),
	  "f: starts with a byte order mark" },
	{ "trace.dat", T("\x17\x08\x44tracing6\0\0"),
	  "f: binary file of trace-cmd: give the text of `trace-cmd report`" },
	{ "perf.data", T("PERFILE2h\0\0\0"),
	  "f: binary file of perf: give the text of `perf script`" },
	{ "bzip2", T("BZh91AY&SY\0\0"),
	  "f: compressed by bzip2: unpack it, or use zstd, xz or gzip" },
	{ "lz4", T("\x04\"M\x18\0\0"),
	  "f: compressed by lz4: unpack it, or use zstd, xz or gzip" },
	{ "zip", T("PK\3\4\0\0"),
	  "f: compressed by zip: unpack it, or use zstd, xz or gzip" },
	{ "NUL byte", T(MAP "ab\0c\n"),
	  "f:2: NUL byte: binary output cannot be used, record with "
	  "options/bin off" },
	{ "NUL at the end", T(MAP "\0"),
	  "f:2: NUL byte: binary output cannot be used, record with "
	  "options/bin off" },
	{ "raw output", T(MAP "44 0 16714489957 type: 1149\n"),
	  "f:2: raw or hex output cannot be used: record with options/raw and "
	  "options/hex off" },
	{ "hex output", T("0000002c 00000000 00000003e442e065 type: 1149\n"),
	  "f:1: raw or hex output cannot be used: record with options/raw and "
	  "options/hex off" },
	{ "hist output", T("# event histogram\n#\n"),
	  "f:1: histogram output cannot be used: give the file trace, not "
	  "hist" },
	{ "hist row", T("{ size:       4096 } hitcount:       1688\n"),
	  "f:1: histogram output cannot be used: give the file trace, not "
	  "hist" },
	/* Lines of no kind */
	{ "binary", T(MAP "\x01\x02\xff\xfe\n"), "f:2: not a trace line" },
	{ "prose", T("hello\n" MAP), "f:1: not a trace line" },
	{ "kprobe_profile", T("  dmap      56         0\n"),
	  "f:1: kprobe profile cannot be used: give the file trace, not "
	  "kprobe_profile" },
	{ "kprobe_profile without misses", T("  dmap      56\n"),
	  "f:1: not a trace line" },
	{ "kprobe_profile and more", T("  dmap      56   0 x\n"),
	  "f:1: not a trace line" },
	{ "event without a name", T(PRE "\n"), "f:1: not a trace line" },
	{ "event name cut", T(MAP PRE "unm"),
	  "f:2: not a trace line (the text ends in the middle of the line)" },
	{ "lost mark cut", T(MAP "CPU:1 [LOST 12 EVEN\n"),
	  "f:2: not a trace line" },
	{ "lost mark with text behind it", T("CPU:1 [LOST 12 EVENTS] x\n"),
	  "f:1: not a trace line" },
	{ "lost mark without a bracket", T("CPU:1 LOST\n"),
	  "f:1: not a trace line" },
	{ "lost mark without a cpu", T("CPU:x [LOST 12 EVENTS]\n"),
	  "f:1: not a trace line" },
	{ "lost mark with a number too large",
	  T("CPU:1 [LOST 99999999999999999999 EVENTS]\n"),
	  "f:1: not a trace line" },
	{ "lost mark with half a number", T("CPU:1 [LOST 9x EVENTS]\n"),
	  "f:1: not a trace line" },
	{ "lost mark with a number at the end", T("CPU:1 [5"),
	  "f:1: not a trace line" },
	{ "lost mark with another bracket", T("CPU:1 (LOST 1 EVENTS]\n"),
	  "f:1: not a trace line" },
	{ "report of two files", T("a.dat: cpus=2\nb.dat: cpus=2\n"),
	  "f:1: not a trace line" },
	{ "lost mark in a word", T("xCPU:1 [LOST 1 EVENTS]\n"),
	  "f:1: not a trace line" },
	{ "lost mark of another kind", T("CPU:1 [LOST 1 EVENTS}\n"),
	  "f:1: not a trace line" },
	{ "colon behind no time", T("a: b\x01\nx:y\n"),
	  "f:2: not a trace line" },
	{ "brace without a count", T("{ size: 4096 }\n"),
	  "f:1: not a trace line" },
	{ "type without a number", T("1 type: x\n"), "f:1: not a trace line" },
	{ "type behind a word", T("x type: 1\n"), "f:1: not a trace line" },
	{ "number too large before a comment's sign",
	  T("99999999999999999999:# x\n"), "f:1: not a trace line" },
	{ "header cut", T("cpus=\n"), "f:1: not a trace line" },
	{ "header with text behind it", T("cpus=2x\n"),
	  "f:1: not a trace line" },
	{ "number and no comment", T("12:x\n"), "f:1: not a trace line" },
	{ "number alone", T("12"), "f:1: not a trace line" },
	{ "map without IOMMU:", T(PRE "map: iova=0x1000 size=4096\n"),
	  "f:1: raw fields cannot be used: report without -R and -r" },
	{ "unmap without IOMMU:", T(PRE "unmap: iova=0x1000 size=4096\n"),
	  "f:1: raw fields cannot be used: report without -R and -r" },
	{ "iommu:map without IOMMU:", T(PRE "iommu:map: x\n"),
	  "f:1: no IOMMU: behind the event" },
	/* Keys */
	{ "no iova", T("map: IOMMU: paddr=0x1000 size=4096\n"),
	  "f:1: iova: missing" },
	{ "no paddr", T("map: IOMMU: iova=0x1000 size=4096\n"),
	  "f:1: paddr: missing" },
	{ "no size", T("unmap: IOMMU: iova=0x1000\n"), "f:1: size: missing" },
	{ "nothing behind IOMMU:", T("map: IOMMU:"), "f:1: iova: missing" },
	{ "iova twice", T("unmap: IOMMU: iova=0x1000 iova=0x1000 size=4096\n"),
	  "f:1: iova: given twice" },
	{ "end twice", T("unmap: IOMMU: iova=0 - 4096 - 4096 size=4096\n"),
	  "f:1: end: given twice" },
	{ "domain twice", T("unmap: IOMMU: iova=0 size=4096 domain=a domain=a"),
	  "f:1: domain: given twice" },
	{ "domain in both places",
	  T("unmap: IOMMU:a iova=0 size=4096 domain=a"),
	  "f:1: domain: given twice" },
	{ "unknown key", T("unmap: IOMMU: iova=0 size=4096 colour=1\n"),
	  "f:1: unknown word after IOMMU:" },
	{ "key cut", T("unmap: IOMMU: iova=0 size=4096 unmapped_siz\n"),
	  "f:1: unknown word after IOMMU:" },
	{ "key of one letter", T("unmap: IOMMU: iova=0 size=4096 p\n"),
	  "f:1: unknown word after IOMMU:" },
	{ "paddr in an unmap",
	  T("unmap: IOMMU: iova=0 size=4096 paddr=0x1000\n"),
	  "f:1: paddr: has no place in an unmap" },
	{ "prot in an unmap", T("unmap: IOMMU: iova=0 size=4096 prot=r\n"),
	  "f:1: prot: has no place in an unmap" },
	{ "unmapped_size in a map",
	  T("map: IOMMU: iova=0 paddr=0 size=4096 unmapped_size=4096\n"),
	  "f:1: unmapped_size: has no place in a map" },
	/* Values */
	{ "value missing", T("unmap: IOMMU: iova= size=4096\n"),
	  "f:1: iova: not a number" },
	{ "0x alone", T("unmap: IOMMU: iova=0x size=4096\n"),
	  "f:1: iova: not a number" },
	{ "0x alone at the end", T("unmap: IOMMU: size=4096 iova=0x"),
	  "f:1: iova: not a number" },
	{ "capital 0X", T("unmap: IOMMU: iova=0X1000 size=4096\n"),
	  "f:1: iova: not a number" },
	{ "-1", T("unmap: IOMMU: iova=0x1000 size=-1\n"),
	  "f:1: size: not a number" },
	{ "letter in hex", T("unmap: IOMMU: iova=0x00000000fffg7000 size=1\n"),
	  "f:1: iova: not a number" },
	{ "letter in decimal", T("unmap: IOMMU: iova=0 size=4096K\n"),
	  "f:1: size: not a number" },
	{ "sign between hex digits",
	  T("unmap: IOMMU: iova=0x0000\0200000ffff7000 size=1\n"),
	  "f:1: iova: not a number" },
	{ "byte above 127 in hex",
	  T("unmap: IOMMU: iova=0x00000000\xb0\xb0\xb0\xb0\xb0\xb0\xb0\xb0\n"),
	  "f:1: iova: not a number" },
	{ "hex digit range, low",
	  T("unmap: IOMMU: iova=0x0000000@00000000 size=1\n"),
	  "f:1: iova: not a number" },
	{ "hex digit range, middle",
	  T("unmap: IOMMU: iova=0x0000000:00000000 size=1\n"),
	  "f:1: iova: not a number" },
	{ "size 2^64", T("unmap: IOMMU: iova=0 size=18446744073709551616\n"),
	  "f:1: size: above 64 bits" },
	{ "size of 20 digits and too large",
	  T("unmap: IOMMU: iova=0 size=99999999999999999999\n"),
	  "f:1: size: above 64 bits" },
	{ "iova 2^64", T("unmap: IOMMU: iova=0x10000000000000000 size=4096\n"),
	  "f:1: iova: above 64 bits" },
	{ "1000 digits",
	  T("unmap: IOMMU: size=" TEN(TEN(TEN("9"))) " iova=0x0\n"),
	  "f:1: size: above 64 bits" },
	{ "size 0", T("unmap: IOMMU: iova=0x1000 size=0\n"),
	  "f:1: size: must not be 0" },
	{ "size misaligned", T("unmap: IOMMU: iova=0x1000 size=4095\n"),
	  "f:1: size: not a multiple of 4096" },
	{ "iova misaligned", T("unmap: IOMMU: iova=0x1001 size=4096\n"),
	  "f:1: iova: not a multiple of 4096" },
	{ "paddr misaligned",
	  T("map: IOMMU: iova=0x1000 paddr=0x800 size=4096\n"),
	  "f:1: paddr: not a multiple of 4096" },
	{ "unmapped_size misaligned",
	  T("unmap: IOMMU: iova=0x1000 size=4096 unmapped_size=409\n"),
	  "f:1: unmapped_size: not a multiple of 4096" },
	{ "iova + size wraps",
	  T("unmap: IOMMU: iova=0xfffffffffffff000 size=8192\n"),
	  "f:1: size: iova + size passes 2^64" },
	{ "paddr + size wraps",
	  T("map: IOMMU: iova=0 paddr=0xfffffffffffff000 size=8192\n"),
	  "f:1: size: paddr + size passes 2^64" },
	{ "end is not iova + size",
	  T("unmap: IOMMU: iova=0x1000 - 0x2000 size=8192\n"),
	  "f:1: end: not iova + size" },
	{ "end missing", T("unmap: IOMMU: iova=0x1000 - size=4096\n"),
	  "f:1: end: not a number" },
	{ "prot unknown", T("map: IOMMU: iova=0 paddr=0 size=4096 prot=rx\n"),
	  "f:1: prot: not r, w, rw or a number" },
	{ "prot empty", T("map: IOMMU: iova=0 paddr=0 size=4096 prot="),
	  "f:1: prot: not r, w, rw or a number" },
	{ "prot of one letter",
	  T("map: IOMMU: iova=0 paddr=0 size=4096 prot=x"),
	  "f:1: prot: not r, w, rw or a number" },
	{ "domain empty", T("unmap: IOMMU: iova=0 size=4096 domain=\n"),
	  "f:1: domain: empty" },
	{ "domain of 64 bytes",
	  T("unmap: IOMMU:" TEN("abcdef") "ghij iova=0 size=4096\n"),
	  "f:1: domain: not a name of 1 to 63 bytes" },
	{ "domain with a control character",
	  T("unmap: IOMMU:a\x7f iova=0 size=4096\n"),
	  "f:1: domain: not a name of 1 to 63 bytes" },
	{ "any but a paddr", T("unmap: IOMMU: iova=any size=4096\n"),
	  "f:1: iova: not a number" },
	{ "anything", T("map: IOMMU: iova=0 size=4096 paddr=anything\n"),
	  "f:1: paddr: not a number" },
	{ "any in an unmap", T("unmap: IOMMU: iova=0 size=4096 paddr=any\n"),
	  "f:1: paddr: has no place in an unmap" },
	/* Kprobes */
	{ "probe with any memory", T(DMAP "iova=0 size=4096 paddr=any\n"),
	  "f:1: paddr: not a number" },
	{ "probe misaligned", T(DMAP "iova=1 size=4096 paddr=0\n"),
	  "f:1: iova: not a multiple of 4096" },
	{ "probe of nothing", T(DMAP "iova=0 size=0 paddr=0\n"),
	  "f:1: size: must not be 0" },
	{ "probe with a key twice", T(DMAP "iova=0 iova=0 size=4096 paddr=0\n"),
	  "f:1: iova: given twice" },
	{ "probe with an unknown prot",
	  T(DMAP "iova=0 size=4096 paddr=0 prot=x\n"),
	  "f:1: prot: not r, w, rw or a number" },
	{ "probe of a domain without a number",
	  T("dunmap: (f) domain= iova=0 size=4096\n"), "f:1: domain: empty" },
	{ "probe of a domain of 64 bytes",
	  T("dunmap: (f) domain=" TEN("abcdef") "ghij iova=0 size=4096\n"),
	  "f:1: domain: not a name of 1 to 63 bytes" },
	{ "probe without a time", T("a-1 [000] " DMAP "iova=0 size=4096\n"),
	  "f:1: not a trace line" },
	{ "probe cut", T(DMAP "iova=0 size=4096"),
	  "f:1: a probe that lacks a key" },
	{ "probe cut in a key", T(MAP DMAP "iova=0 size=4096 pad"),
	  "f:2: a probe that lacks a key (the text ends in the middle of the "
	  "line)" },
	{ "tracepoint cut", T(MAP PRE "map: IOMMU: iova=0x1000 size"),
	  "f:2: unknown word after IOMMU: (the text ends in the middle of the "
	  "line)" },
	{ "text that ends with raw output", T(MAP "44 0 16 type: 1149"),
	  "f:2: raw or hex output cannot be used: record with options/raw and "
	  "options/hex off" },
	/* Before the event */
	{ "cpu above 4095", T("a-1 [4096] 1.0: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: cpu: above 4095" },
	{ "cpu of many digits",
	  T("a-1 [99999999999] 1.0: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: cpu: above 4095" },
	{ "cpu -1", T("a-1 [-1] 1.0: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: cpu: not a number" },
	{ "cpu empty", T("a-1 [] 1.0: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: cpu: not a number" },
	{ "cpu bracket at the start",
	  T("0] 1.0: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: cpu: not a number" },
	{ "latency format without a cpu",
	  T("a-1 d.h1. 276us+: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: cpu: not a number" },
	{ "time missing", T("a-1 [000] unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: missing" },
	{ "time empty", T("a-1 [000] : unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: not a number" },
	{ "time is a colon", T(": unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: not a number" },
	{ "time is a word", T("a-1 [000] soon: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: not a number" },
	{ "time behind, and a number that is perf's",
	  T("a-1 [000] 1.0: 5 unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: missing" },
	{ "time behind, and half a difference",
	  T("a-1 [000] 1.0: (+) unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: missing" },
	{ "time behind, and a difference with text in it",
	  T("a-1 [000] 1.0: (+5x) unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: missing" },
	{ "difference without a time",
	  T("a-1 [000] (+5) unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: missing" },
	{ "time ends with a dot",
	  T("a-1 [000] 1.: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: not a number" },
	{ "time with two dots",
	  T("a-1 [000] 1.2.3: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: not a number" },
	{ "time with 10 decimals",
	  T("a-1 [000] 1.0123456789: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: more than 9 decimals" },
	{ "time above 64 bits",
	  T("a-1 [000] 18446744073.709551616: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: above 64 bits" },
	{ "microseconds with an unknown mark",
	  T("a-1 0d.h1. 276us?: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: not a number" },
	{ "microseconds with two marks",
	  T("a-1 0d.h1. 276us!!: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: not a number" },
	{ "microseconds above 64 bits",
	  T("a-1 0d.. 18446744073709552us!: unmap: IOMMU: iova=0 size=4096"),
	  "f:1: time: above 64 bits" },
};

static void test_trace__malformed(void **state)
{
	(void)state;
	assert_true(ARRAY_SIZE(malformed) >= 40);
	for (size_t i = 0; i < ARRAY_SIZE(malformed); i++) {
		struct trace trace = { .nr_events = 77 };
		char why[TRACE_WHY_SIZE] = "";
		int err;

		err = trace_parse("f", malformed[i].text, malformed[i].size,
				  &trace, why);
		if (err != -EINVAL || strcmp(why, malformed[i].why))
			fail_msg("%s: %d, \"%s\"", malformed[i].name, err, why);
		assert_int_equal(trace.nr_events, 77);
		assert_null(trace.event);
	}
}

/* A record cut at any byte is refused, with the number of its line. */
static void test_trace__cut_record(void **state)
{
	static const char *const records[] = { MAP, UNMAP };
	static const char optional[] = " unmapped_size=8192";
	char text[512], why[TRACE_WHY_SIZE];

	(void)state;
	for (size_t r = 0; r < ARRAY_SIZE(records); r++) {
		size_t len = strlen(records[r]) - 1;
		size_t nr_whole = 0;

		for (size_t cut = 1; cut < len; cut++) {
			struct trace trace = { 0 };
			int err, size;

			size = snprintf(text, sizeof(text), "%s%.*s", MAP,
					(int)cut, records[r]);
			err = trace_parse("f", text, (size_t)size, &trace, why);
			if (!err)
				nr_whole++;
			else
				assert_memory_equal(why, "f:2: ", 5);
			trace_free(&trace);
		}
		/* The three blanks in front, and where only what may be
		 * missing is missing: before or after a blank. */
		assert_int_equal(nr_whole,
				 3 + 2 * !!strstr(records[r], optional));
	}
}

/* One hash, and one is the beginning of the other. */
static void test_trace__colliding_domains(void **state)
{
	static const char text[] = "unmap: IOMMU:%s iova=0 size=4096\n"
				   "unmap: IOMMU:d iova=0 size=4096\n"
				   "unmap: IOMMU:%s iova=0 size=4096\n";
	struct trace trace;
	char why[TRACE_WHY_SIZE], full[256];
	int size;

	(void)state;
	size = snprintf(full, sizeof(full), text, "dhj", "dhj");
	assert_int_equal(trace_parse("f", full, (size_t)size, &trace, why), 0);
	assert_int_equal(trace.nr_domains, 2);
	assert_string_equal(trace.domain[trace.event[0].domain], "dhj");
	assert_string_equal(trace.domain[trace.event[1].domain], "d");
	assert_int_equal(trace.event[2].domain, trace.event[0].domain);
	trace_free(&trace);
}

/* The numbers of a mixed bag, and the names of its domains. */
static void test_trace__domains(void **state)
{
	static const char text[] = PRE
		"dmap: (f+0x0) domain=0xff iova=0x1000 size=4096\n"
		"map: IOMMU:soc:cam iova=0x1000 paddr=0x5000 size=4096\n"
		"map: IOMMU: iova=0x1000 paddr=0x5000 size=4096 domain=7\n"
		"map: IOMMU: iova=0x1000 paddr=0x9000 size=0x2000\n"
		"unmap: IOMMU:iova=0x4000 size=4096 domain=7\n"
		"io_page_fault: IOMMU:drv 0 iova=0x1000 flags=0x0000\n"
		"unmap: IOMMU:soc:cam iova=0x1000 size=4096\n";
	static const uint16_t domain[] = { 0, 1, 2, 1, 0 };
	struct trace trace;
	char why[TRACE_WHY_SIZE];

	(void)state;
	assert_int_equal(trace_parse("f", text, strlen(text), &trace, why), 0);
	assert_int_equal(trace.nr_events, ARRAY_SIZE(domain));
	for (size_t i = 0; i < ARRAY_SIZE(domain); i++)
		assert_int_equal(trace.event[i].domain, domain[i]);
	assert_int_equal(trace.nr_domains, 3);
	assert_string_equal(trace.domain[0], "soc:cam");
	assert_string_equal(trace.domain[1], "7");
	assert_string_equal(trace.domain[2], "");
	assert_int_equal(trace.nr_other, 2);
	assert_int_equal(trace.nr_maps, 3);
	assert_int_equal(trace.nr_unmaps, 2);
	assert_int_equal(trace.nr_cpus, 1);
	assert_int_equal(trace.paddr_end, 0xb000);
	assert_int_equal(trace.iova_end, 0x5000);
	assert_round_trip(&trace);
	trace_free(&trace);
}

static void test_trace__too_many_domains(void **state)
{
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	for (unsigned i = 0; i <= TRACE_MAX_DOMAINS; i++)
		fprintf(out, "unmap: IOMMU:d%u iova=0 size=4096\n", i);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(trace_parse("f", text, size, &trace, why), -EINVAL);
	assert_string_equal(why, "f:4097: domain: more than 4096 of them");
	for (size -= 2; text[size - 1] != '\n'; size--)
		;
	assert_int_equal(trace_parse("f", text, size, &trace, why), 0);
	assert_int_equal(trace.nr_domains, TRACE_MAX_DOMAINS);
	assert_int_equal(trace.event[4095].domain, 4095);
	assert_int_equal(trace_domain(&trace, "one more"), -EINVAL);
	assert_int_equal(trace_domain(&trace, "onemore"), -ENOSPC);
	assert_int_equal(trace_domain(&trace, "d4095"), 4095);
	assert_int_equal(trace_domain(&trace, "iova=1"), -EINVAL);
	trace_free(&trace);
	free(text);
}

static void test_trace__long_line(void **state)
{
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE];
	char text[4097];

	(void)state;
	memset(text, '#', sizeof(text));
	assert_int_equal(trace_parse("f", text, 4097, &trace, why), -EINVAL);
	assert_string_equal(why, "f:1: longer than 4096 bytes");
	assert_int_equal(trace_parse("f", text, 4096, &trace, why), -EINVAL);
	assert_string_equal(why, "f: no map or unmap event");
}

static void test_trace__more_than_4_gib(void **state)
{
	struct trace trace = { 0 };
	char why[TRACE_WHY_SIZE];

	(void)state;
	assert_int_equal(trace_parse("f", "", (size_t)UINT32_MAX + 1, &trace,
				     why),
			 -EINVAL);
	assert_string_equal(why, "f: more text than can be read");
}

/* The canonical text, to the byte: of figures and of traces that users keep. */
static void test_trace__write_text(void **state)
{
	static const char text[] =
		"CPU:0 [LOST 9 EVENTS]\n"
		"           <...>-0       [002] .....     1.000001: map: IOMMU:d0 "
		"iova=0x00000000abcde000 - 0x00000000abce0000 "
		"paddr=0x0000000140005000 size=8192\n"
		"           <...>-0       [013] ..... 12345.000000012: map: "
		"IOMMU:d0 iova=0x0000000000000000 - 0x0000000000001000 "
		"paddr=any size=4096 prot=r\n"
		"           <...>-0       [4095] .....     2.000000: unmap: IOMMU: "
		"iova=0xfffffffffffff000 - 0x0000000000000000 size=4096 "
		"unmapped_size=4096\n";
	struct trace trace;
	char why[TRACE_WHY_SIZE];
	char *written = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&written, &size);

	(void)state;
	assert_non_null(out);
	assert_int_equal(trace_parse("f", text, strlen(text), &trace, why), 0);
	assert_int_equal(trace_write(&trace, out, why), 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(written, text);
	free(written);
	trace_free(&trace);
}

static int count(struct trace_sink *sink)
{
	(void)sink;
	return 0;
}

/* As many as are to be kept are in memory, one more and none is; what a source
 * gives later is then what was counted. */
static void test_trace__keep(void **state)
{
	static const char text[] = DMAP "iova=0 paddr=0 size=4096\n" DMAP
					"iova=0x2000 paddr=0 size=4096\n";
	struct trace_event event[3];
	char why[TRACE_WHY_SIZE];

	(void)state;
	for (size_t max = 0; max < 4; max++) {
		struct trace_sink sink = { event, event, event + 3, count };
		struct trace info = { 0 };
		struct trace_source *src;
		struct trace trace;

		assert_int_equal(
			trace_source_text("f", text, strlen(text), &src), 0);
		assert_int_equal(trace_open(src, max, &trace, why), 0);
		assert_int_equal(trace.nr_events, 2);
		assert_int_equal(!!trace.event, max >= 2);
		assert_int_equal(!!trace.source, max < 2);
		if (trace.source) {
			assert_int_equal(trace_source_read(trace.source, &info,
							   &sink, why),
					 0);
			assert_int_equal(sink.at - event, 2);
			assert_int_equal(event[1].iova, 0x2000);
			assert_int_equal(event[1].flags, TRACE_NO_UNIT);
			trace_free(&info);
		}
		trace_free(&trace);
	}
}

static void test_trace__write_error(void **state)
{
	struct trace trace;
	char why[TRACE_WHY_SIZE];
	char small[64];
	FILE *out;

	(void)state;
	assert_int_equal(trace_parse("f", MAP, strlen(MAP), &trace, why), 0);
	for (uint64_t lost = 0; lost < 2; lost++) {
		out = fmemopen(small, sizeof(small), "r");
		assert_non_null(out);
		trace.nr_lost = lost;
		assert_int_equal(trace_write(&trace, out, why), -EIO);
		assert_string_equal(why, "");
		fclose(out);
	}
	trace_free(&trace);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trace__malformed),
		cmocka_unit_test(test_trace__cut_record),
		cmocka_unit_test(test_trace__domains),
		cmocka_unit_test(test_trace__colliding_domains),
		cmocka_unit_test(test_trace__too_many_domains),
		cmocka_unit_test(test_trace__long_line),
		cmocka_unit_test(test_trace__more_than_4_gib),
		cmocka_unit_test(test_trace__write_text),
		cmocka_unit_test(test_trace__keep),
		cmocka_unit_test(test_trace__write_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
