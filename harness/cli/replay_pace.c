// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs and prints replay --pace; see replay_pace.h and harness/replay/pace.h.
 *
 * Strategies come one after the other, in an order drawn from the seed: they
 * cannot be interleaved, since each needs the time that the trace takes.
 */
#include "replay_pace.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "load.h"
#include "pace_report.h"
#include "prng.h"
#include "result.h"

/* Decimals, as people write them. */
static double parse_number(struct argp_state *state, const char *option,
			   const char *text, double min, double max)
{
	char *end = NULL;
	double x = 0;

	if (text[strspn(text, "0123456789.")] == '\0')
		x = strtod(text, &end);
	if (!end || end == text || *end || !(x >= min && x <= max))
		argp_error(state, "%s: '%s' is no number from %g to %.0f",
			   option, text, min, max);
	return x;
}

void pace_parse_speed(struct argp_state *state, const char *text,
		      struct pace_options *ret)
{
	ret->given = true;
	ret->speed = text ? parse_number(state, "--pace", text, PACE_MIN_SPEED,
					 PACE_MAX_SPEED)
			  : 1;
}

void pace_parse_seconds(struct argp_state *state, const char *text,
			struct pace_options *ret)
{
	ret->seconds = parse_number(state, "--seconds", text, 1e-6, 1e9);
}

static bool create_latencies(struct pace_row *row)
{
	row->closed.service = latency_create();
	row->open.service = latency_create();
	row->open.lateness = latency_create();
	row->open.response = latency_create();
	return row->closed.service && row->open.service && row->open.lateness &&
	       row->open.response;
}

static void destroy_latencies(struct pace_row *row)
{
	latency_destroy(row->closed.service);
	latency_destroy(row->open.service);
	latency_destroy(row->open.lateness);
	latency_destroy(row->open.response);
}

static int three_passes(struct replay_machine *m, const struct pace_config *cfg,
			struct pace_row *row)
{
	/* The first touches memory and is forgotten. */
	int err = pass_closed(m, cfg, &row->closed);

	latency_reset(row->closed.service);
	row->built = !err;
	if (!err)
		err = pass_closed(m, cfg, &row->closed);
	if (!err)
		err = pass_pace(m, cfg, &row->open);
	if (!err && (row->open.nr_events != row->span.nr_events ||
		     row->closed.nr_events != row->span.nr_events ||
		     row->open.nr_refused != row->closed.nr_refused ||
		     row->open.l2_allocs != row->closed.l2_allocs))
		err = -EUCLEAN;
	return err;
}

static void warn_of_row(const struct pace_row *row)
{
	if (!row->built)
		cli_warn("%s: %s could not be built", row->workload,
			 row->strategy);
	else if (row->open.l2_failures)
		cli_warn("%s: %s failed %llu allocations", row->workload,
			 row->strategy,
			 (unsigned long long)row->open.l2_failures);
}

/* An exit status. */
static int measure(const struct replay_pace *what, const struct trace *trace,
		   const struct l2_spec *spec, const struct pace_config *cfg,
		   struct pace_row *row)
{
	struct physmem_usage usage;
	struct replay_machine m;
	int err = replay_machine_init(&m, &what->plan->replay, trace, spec);

	if (!err) {
		err = three_passes(&m, cfg, row);
		physmem_usage(m.pm, &usage);
		/* As the memory pass has it: no room before the first event. */
		if (err == -ENOMEM && !row->built && usage.nr_failures)
			err = 0;
	}
	replay_machine_fini(&m);
	if (err == -EINTR)
		cli_die_of_signal();
	if (!err)
		warn_of_row(row);
	if (err && *m.why)
		return cli_fail(cli_run_status(err), "%s", m.why);
	if (err)
		return cli_fail(
			cli_run_status(err), "%s on %s: %s", row->strategy,
			row->workload,
			err == -EUCLEAN ? "open and closed loop differ"
			: err == -ERANGE
				? "ZONE_DMA32 cannot be brought into that state (--dma32, --frag)"
				: strerror(-err));
	return EXIT_FINE;
}

static void draw_turns(const struct run_plan *plan, unsigned *turn)
{
	struct prng rng = { .state = plan->seed };
	unsigned i;

	for (i = 0; i < plan->nr_specs; i++)
		turn[i] = i;
	for (; i > 1; i--) {
		unsigned other = prng_below(&rng, i), tmp = turn[i - 1];

		turn[i - 1] = turn[other];
		turn[other] = tmp;
	}
}

static int print_rows(const struct replay_pace *what,
		      const struct pace_row *rows, unsigned nr)
{
	json_t *list;
	int err;

	if (what->format == FORMAT_CSV) {
		err = pace_write(rows, nr, stdout);
	} else if (what->format == FORMAT_JSON) {
		list = pace_to_json(rows, nr);
		err = -ENOMEM;
		if (list)
			err = json_dumpf(list, stdout,
					 JSON_INDENT(1) |
						 JSON_REAL_PRECISION(10)) ||
			      putchar('\n') == EOF;
		json_decref(list);
	} else {
		err = pace_print(rows, nr,
				 what->format == FORMAT_MARKDOWN
					 ? TABLE_MARKDOWN
					 : TABLE_TEXT,
				 stdout);
	}
	if (err == -ENOMEM)
		return cli_fail(EXIT_FAILED, "out of memory");
	return err ? cli_stdout_failed() : EXIT_FINE;
}

static int run_all(const struct replay_pace *what, const struct trace *trace,
		   const struct pace_config *cfg, const struct pace_span *span,
		   struct pace_row *rows)
{
	const struct run_plan *plan = what->plan;
	unsigned turn[MAX_SPECS], i;
	struct clock_info clock;
	struct pace_config mine = *cfg;
	int status = EXIT_FINE;

	clock_calibrate(&clock);
	mine.clock_cost_ns = clock.cost_ns;
	draw_turns(plan, turn);
	for (i = 0; i < plan->nr_specs && !status; i++) {
		const struct l2_spec *spec = &plan->spec[turn[i]];
		struct pace_row *row = &rows[turn[i]];

		*row = (struct pace_row){
			.strategy = spec->label,
			.workload = cli_trace_name(what->trace_name),
			.turn = i + 1,
			.speed = cfg->speed,
			.quantum_ns = clock.quantum_ns,
			.span = *span,
		};
		status = create_latencies(row)
				 ? measure(what, trace, spec, &mine, row)
				 : cli_fail(EXIT_FAILED, "out of memory");
	}
	return status ? status : print_rows(what, rows, plan->nr_specs);
}

int replay_pace(const struct replay_pace *what, const struct trace *trace)
{
	const struct pace_options *pace = what->pace;
	const struct pace_config cfg = {
		.speed = pace->speed,
		.limit_ns = pace->seconds > 0 ? (uint64_t)(pace->seconds * 1e9)
					      : UINT64_MAX,
		.clock = &pace_host_clock,
	};
	unsigned nr = what->plan->nr_specs, i;
	char why[TRACE_WHY_SIZE];
	struct pace_row *rows;
	struct pace_span span;
	int err = pace_span(trace, cfg.limit_ns, &span, why), status;

	if (err)
		return cli_fail(cli_run_status(err), "%s: %s: no --pace",
				what->trace_name, why);
	fprintf(stderr, "%s: %.1f s, for each of %u strateg%s\n",
		what->trace_name, (double)span.trace_ns / 1e9 / cfg.speed, nr,
		nr > 1 ? "ies" : "y");
	rows = calloc(nr, sizeof(*rows));
	if (!rows)
		return cli_fail(EXIT_FAILED, "out of memory");
	status = run_all(what, trace, &cfg, &span, rows);
	for (i = 0; i < nr; i++)
		destroy_latencies(&rows[i]);
	free(rows);
	return status;
}
