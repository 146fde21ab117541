// SPDX-License-Identifier: GPL-2.0-only
/*
 * The output of v7sbench replay; see replay_print.h.
 */
#include "replay_print.h"

#include <errno.h>
#include <stdlib.h>

#include "comparison.h"
#include "result.h"
#include "slabinfo.h"

static enum table_format table_format(const struct replay_print *how)
{
	return how->format == FORMAT_MARKDOWN ? TABLE_MARKDOWN : TABLE_TEXT;
}

/* How much longer than untimed, in percent. */
static double longer(double ns, double untimed_ns)
{
	return 100 * (ns / untimed_ns - 1);
}

/* The same events with more and more of them timed: of the first strategy that
 * has all of it, since the clock is the same for all. */
static void print_timers(const struct replay_print *how,
			 const struct run_cell *cells, unsigned nr,
			 const struct trace *trace)
{
	for (const struct run_cell *c = cells; c < cells + nr; c++) {
		double untimed, sampled, each, sampled_replay, each_replay;

		if (rep_median(&c->event_ns, &untimed) || untimed <= 0 ||
		    rep_median(&c->sampled_event_ns, &sampled) ||
		    rep_median(&c->each_event_ns, &each) ||
		    rep_median(&c->sampled_replay_ns, &sampled_replay) ||
		    rep_median(&c->each_replay_ns, &each_replay))
			continue;
		printf("%s, %s: an event takes %.1f ns untimed%s, %.1f if one in %u is timed, %.1f if each is; "
		       "that changes the replay by %+.1f and %+.1f %%; reading the clock takes %.0f ns, its quantum is %.0f ns.\n",
		       c->workload, c->spec->label, untimed,
		       trace->nr_any ? " and with its buffer" : "", sampled,
		       SAMPLE_EVERY, each, longer(sampled_replay, untimed),
		       longer(each_replay, untimed), how->clock.cost_ns,
		       how->clock.quantum_ns);
		return;
	}
}

static int print_table(const struct replay_print *how,
		       const struct run_cell *cells, unsigned nr,
		       const struct trace *trace)
{
	struct csv_table t = { 0 };
	char why[OUTPUT_WHY_SIZE] = "out of memory";
	char *text = NULL;
	size_t size = 0;
	FILE *mem = open_memstream(&text, &size);
	int err = -ENOMEM;

	if (!mem)
		return cli_fail(EXIT_FAILED, "%s", why);
	err = summary_write(cells, nr, mem);
	if (fclose(mem))
		err = -ENOMEM;
	if (!err)
		err = csv_table_parse("summary", text, size, &t, why);
	if (!err)
		err = comparison_print(
			&(const struct result_files){ .summary = t },
			table_format(how), color_enabled(how->color, stdout),
			stdout, why);
	if (!err)
		print_timers(how, cells, nr, trace);
	csv_table_fini(&t);
	free(text);
	return err ? cli_fail(EXIT_FAILED, "%s", why) : EXIT_FINE;
}

/* Ends list; NULL, from no memory, is fine. */
static int print_json(json_t *list)
{
	int err;

	if (!list)
		return cli_fail(EXIT_FAILED, "out of memory");
	err = json_dumpf(list, stdout,
			 JSON_INDENT(1) | JSON_REAL_PRECISION(10));
	json_decref(list);
	putchar('\n');
	return err ? cli_stdout_failed() : EXIT_FINE;
}

static json_t *cells_to_json(const struct run_cell *cells, unsigned nr)
{
	json_t *list = json_array();
	unsigned i;

	for (i = 0; i < nr; i++)
		if (json_array_append_new(list, cell_to_json(&cells[i]))) {
			json_decref(list);
			return NULL;
		}
	return list;
}

static int print_summary(const struct replay_print *how,
			 const struct run_cell *cells, unsigned nr,
			 const struct trace *trace)
{
	if (how->format == FORMAT_JSON)
		return print_json(cells_to_json(cells, nr));
	if (how->format != FORMAT_CSV)
		return print_table(how, cells, nr, trace);
	if (summary_write(cells, nr, stdout))
		return cli_stdout_failed();
	return EXIT_FINE;
}

static int print_slabinfo(const struct replay_print *how,
			  const struct run_cell *cells, unsigned nr,
			  const struct trace *trace)
{
	int err;

	if (how->format == FORMAT_JSON)
		return print_json(slabinfo_to_json(cells, nr, trace));
	if (how->format == FORMAT_CSV)
		err = slabinfo_write(cells, nr, trace, stdout);
	else
		err = slabinfo_print(cells, nr, trace, table_format(how),
				     color_enabled(how->color, stdout), stdout);
	if (err == -ENOMEM)
		return cli_fail(EXIT_FAILED, "out of memory");
	return err ? cli_stdout_failed() : EXIT_FINE;
}

int replay_print(const struct replay_print *how, const struct run_cell *cells,
		 unsigned nr, const struct trace *trace)
{
	return how->slabinfo ? print_slabinfo(how, cells, nr, trace)
			     : print_summary(how, cells, nr, trace);
}
