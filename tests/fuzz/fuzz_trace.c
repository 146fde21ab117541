// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of the trace reader: any text is read or refused with a reason,
 * the same by each path and in chunks of any size; and what was read is equal
 * after it was written and read again.
 */
#include "fuzz_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"
#include "trace_reader.h"

static void check_events(const struct trace *trace)
{
	uint64_t nr_maps = 0;

	for (size_t i = 0; i < trace->nr_events; i++) {
		const struct trace_event *ev = &trace->event[i];

		CHECK(ev->size && !(ev->size % 4096) && !(ev->iova % 4096) &&
		      !(ev->paddr % 4096));
		CHECK(ev->size - 1 <= UINT64_MAX - ev->iova);
		CHECK(ev->domain < trace->nr_domains);
		CHECK(ev->cpu < trace->nr_cpus && trace->nr_cpus <= 4096);
		CHECK(ev->line && ev->prot <= 3 && !(ev->flags & TRACE_PROBE));
		nr_maps += ev->type == TRACE_MAP;
	}
	CHECK(trace->nr_events && trace->nr_maps == nr_maps);
	CHECK(trace->nr_unmaps == trace->nr_events - nr_maps);
}

static void check_equal(const struct trace *a, const struct trace *b)
{
	CHECK(a->nr_events == b->nr_events && a->nr_lost == b->nr_lost);
	CHECK(a->nr_domains == b->nr_domains && a->nr_cpus == b->nr_cpus);
	CHECK(a->iova_end == b->iova_end && a->paddr_end == b->paddr_end);
	for (unsigned i = 0; i < a->nr_domains; i++)
		CHECK(!strcmp(a->domain[i], b->domain[i]));
	for (size_t i = 0; i < a->nr_events; i++) {
		const struct trace_event ev = b->event[i];

		CHECK(ev.iova == a->event[i].iova);
		CHECK(ev.paddr == a->event[i].paddr);
		CHECK(ev.size == a->event[i].size);
		CHECK(ev.time_ns == a->event[i].time_ns);
		CHECK(ev.domain == a->event[i].domain);
		CHECK(ev.cpu == a->event[i].cpu);
		CHECK(ev.type == a->event[i].type);
		CHECK(ev.prot == a->event[i].prot);
		CHECK(ev.flags == a->event[i].flags);
	}
}

/* Another path and other chunks, which the input chooses: the same result. */
static void check_paths(const uint8_t *data, size_t size, int err,
			const char *why, const struct trace *trace)
{
	static const enum text_path paths[] = { TEXT_AUTO, TEXT_PORTABLE,
						TEXT_GENERAL };
	size_t chunk = 1 + (size ? data[size / 2] % 64 : 0);

	for (size_t i = 0; i < 3; i++) {
		struct text_tuning tuning = { .path = paths[i],
					      .chunk = i == 1 ? 0 : chunk };
		char other_why[TRACE_WHY_SIZE] = "";
		struct trace other = { 0 };
		struct trace_source *src;

		CHECK(!trace_source_text("f", (const char *)data, size, &src));
		CHECK(text_source_tune(src, &tuning));
		CHECK(trace_open(src, SIZE_MAX, &other, other_why) == err);
		CHECK(!strcmp(why, other_why));
		if (!err) {
			check_equal(trace, &other);
			CHECK(trace->nr_other == other.nr_other);
			CHECK(trace->nr_probes == other.nr_probes);
		}
		for (size_t n = 0; n < other.nr_events; n++)
			CHECK(trace->event[n].line == other.event[n].line);
		trace_free(&other);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct trace trace = { 0 }, again = { 0 };
	char why[TRACE_WHY_SIZE] = "";
	char *text = NULL;
	size_t text_size = 0;
	FILE *out;
	int err;

	err = trace_parse("f", (const char *)data, size, &trace, why);
	check_paths(data, size, err, why, &trace);
	if (err) {
		CHECK(err == -EINVAL && !memcmp(why, "f:", 2));
		CHECK(!trace.event && !trace.domain);
		return 0;
	}
	check_events(&trace);
	out = open_memstream(&text, &text_size);
	CHECK(out);
	CHECK(!trace_write(&trace, out, why));
	CHECK(!fclose(out));
	CHECK(!trace_parse("f", text, text_size, &again, why));
	check_equal(&trace, &again);
	free(text);
	trace_free(&again);
	trace_free(&trace);
	return 0;
}
