// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parses --strategy, --profile, --quirk and their like into a run_plan. Bad
 * values end in one line and EXIT_USAGE.
 */
#include "plan_options.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pgtable_options.h"
#include "physmem.h"

enum {
	OPT_REBASE = 0x100,
	OPT_SHARE,
	OPT_CPUS,
	OPT_SEED,
	OPT_INJECT,
	OPT_FRAG,
	OPT_DMA32,
	OPT_AGE_SEED,
	OPT_THREADS,
	OPT_KEEP,
	OPT_ACCEPT_LOST,
};

static const struct argp_option options[] = {
	{ "strategy", 's', "S[,S...]", 0,
	  "Strategies, each with its options, which 'v7sbench list' has: page_frag:mode=v3,order=0 (all)",
	  0 },
	{ "profile", 'p', "NAME", 0, "Simulated machine (mt8173)", 0 },
	{ "cpus", OPT_CPUS, "N", 0, "Simulated CPUs (the profile's)", 0 },
	{ "frag", OPT_FRAG, "STATE", 0,
	  "Fragmentation of ZONE_DMA32: fresh, p1 (no free 1 MiB), p2 (single pages), mix:F8,F4 (shares that are in no block of 1 MiB, of those in none of 64 KiB), unusable:U (index at order 3) (fresh)",
	  0 },
	{ "dma32", OPT_DMA32, "SIZE", 0,
	  "Take ZONE_DMA32 down to SIZE bytes, a multiple of 4K, all free; K, M or G may follow (the machine's, a quarter of it free if fragmented)",
	  0 },
	{ "age-seed", OPT_AGE_SEED, "N", 0,
	  "Which blocks stay free with --frag (0)", 0 },
	{ "rebase-paddr", OPT_REBASE, NULL, 0,
	  "Fold physical addresses into what the page table can hold", 0 },
	{ "inject", OPT_INJECT, "CAUSE:N[,...]", 0,
	  "Have the Nth level-2 table refused, and all after it for N+: unfit (does not fit in a PTE), dma-error, dma-translated (the last two with --coherent=no)",
	  0 },
	{ "share", OPT_SHARE, "MODE", 0,
	  "Instances: kernel (as the kernel would), all (one for all domains), none (one each)",
	  0 },
	{ "reps", 'r', "N", 0,
	  "Repetitions of the timed passes; 0: exact figures only", 0 },
	{ "seed", OPT_SEED, "N", 0, "For the order of passes (1)", 0 },
	{ "threads", OPT_THREADS, "N[:DEAL]", 0,
	  "Also time N threads, each a simulated CPU, with events dealt out by slice (runs of 64 go round), domain or cpu (the trace's) (slice)",
	  0 },
	{ "keep-events", OPT_KEEP, "N", 0,
	  "A trace of more than N events is not kept in memory, but read again for each pass (1048576)",
	  0 },
	{ "accept-lost", OPT_ACCEPT_LOST, NULL, 0,
	  "Replay a trace whose recorder lost events", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

void plan_options_init(struct plan_options *opts, unsigned nr_reps)
{
	memset(opts, 0, sizeof(*opts));
	opts->plan.spec = opts->spec;
	opts->plan.nr_reps = nr_reps;
	opts->plan.seed = 1;
	opts->keep_events = TRACE_KEEP_EVENTS;
	opts->plan.replay.profile = machine_profile_find("mt8173");
	opts->plan.replay.stop = &cli_stop;
	pgtable_options_init(&opts->plan.replay.pgtable);
}

static void add_spec(void *ctx, struct argp_state *state, const char *text)
{
	struct plan_options *opts = ctx;
	struct l2_spec *spec = &opts->spec[opts->plan.nr_specs];
	char why[200];
	unsigned i;

	if (opts->plan.nr_specs == MAX_SPECS)
		argp_error(state, "more than %d strategies", MAX_SPECS);
	if (l2_spec_parse(text, spec, why, sizeof(why)))
		argp_error(state, "%s", why);
	for (i = 0; i < opts->plan.nr_specs; i++)
		if (!strcmp(opts->spec[i].label, spec->label))
			argp_error(state, "strategy '%s' given twice", text);
	opts->plan.nr_specs++;
}

void plan_options_add_specs(struct plan_options *opts, struct argp_state *state,
			    const char *text)
{
	args_items(state, "--strategy", text, add_spec, opts);
}

char *plan_options_format(const struct plan_options *opts,
			  const struct run_plan *plan)
{
	const struct replay_config *cfg = &plan->replay;
	char frag[AGE_TEXT_SIZE];
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, " --profile=%s --cpus=%u --share=%s", cfg->profile->name,
		replay_nr_cpus(cfg), replay_share_names[cfg->share]);
	age_format(&cfg->age, frag);
	fprintf(out, " --frag=%s --age-seed=%llu", frag,
		(unsigned long long)cfg->age.seed);
	if (cfg->age.zone_bytes)
		fprintf(out, " --dma32=%llu",
			(unsigned long long)cfg->age.zone_bytes);
	pgtable_options_print(&cfg->pgtable, out);
	pgtable_print_faults(&cfg->faults, out);
	fputs(cfg->rebase_paddr ? " --rebase-paddr" : "", out);
	if (opts->keep_events != TRACE_KEEP_EVENTS)
		fprintf(out, " --keep-events=%zu", opts->keep_events);
	fputs(opts->accept_lost ? " --accept-lost" : "", out);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

void plan_warn_of_cells(const struct run_cell *cells, unsigned nr)
{
	for (; nr--; cells++) {
		const struct memory_result *m = &cells->memory;

		if (!m->built)
			cli_warn("%s: %s could not be built, not ranked",
				 cells->workload, cells->spec->label);
		else if (m->alloc_failures)
			cli_warn("%s: %s failed %llu times, not ranked",
				 cells->workload, cells->spec->label,
				 (unsigned long long)m->alloc_failures);
		if (m->dirty_tables)
			cli_warn(
				"%s: %s handed out %llu dirty table%s, the first at allocation %llu: stale entries",
				cells->workload, cells->spec->label,
				(unsigned long long)m->dirty_tables,
				m->dirty_tables > 1 ? "s" : "",
				(unsigned long long)m->first_dirty_alloc);
		if (m->defective && m->leaked_bytes)
			cli_warn("%s: %s leaked %llu KiB at teardown",
				 cells->workload, cells->spec->label,
				 (unsigned long long)m->leaked_bytes / 1024);
	}
}

void plan_warn_of_refusals(const struct run_cell *cell)
{
	const struct v7s_stats *s = &cell->memory.pgtable;
	const struct {
		uint64_t nr;
		const char *what;
	} refusal[] = {
		{ s->l2_unfit, "Page table does not fit in PTE" },
		{ s->l2_dma_translated,
		  "Cannot accommodate DMA translation for IOMMU page tables" },
		{ s->l2_dma_errors, "Page table cannot be mapped for DMA" },
	};
	unsigned i;

	for (i = 0; i < ARRAY_SIZE(refusal); i++)
		if (refusal[i].nr)
			cli_warn("%s: %s: %s, %llu times", cell->workload,
				 cell->spec->label, refusal[i].what,
				 (unsigned long long)refusal[i].nr);
	if (cell->memory.buffer_failures)
		cli_warn(
			"%s: %s: %llu maps got no memory, and may have left more for tables",
			cell->workload, cell->spec->label,
			(unsigned long long)cell->memory.buffer_failures);
}

static void warn_of_malloc_conf(const struct plan_options *opts)
{
	const char *conf = getenv("MALLOC_CONF");
	unsigned i;

	for (i = 0; conf && i < opts->plan.nr_specs; i++)
		if (!strcmp(opts->spec[i].ops->name, "jemalloc"))
			cli_warn("MALLOC_CONF=%s changes what jemalloc holds",
				 conf);
}

static void set_zone(struct plan_options *opts, struct argp_state *state,
		     const char *text)
{
	unsigned long long size = args_size(state, "--dma32", text);

	if (!size || size % PAGE_SIZE)
		argp_error(state, "--dma32: %s is no multiple of 4K", text);
	opts->plan.replay.age.zone_bytes = size;
}

/* Not before the last option: --profile may follow --dma32. */
static void check_zone(const struct replay_config *cfg,
		       struct argp_state *state)
{
	const struct machine_range *range = cfg->profile->range;
	uint64_t size = 0;
	unsigned i;

	for (i = 0; i < cfg->profile->nr_ranges; i++)
		if (range[i].zone == ZONE_DMA32)
			size += range[i].end - range[i].start;
	if (cfg->age.zone_bytes > size)
		argp_error(state,
			   "--dma32: ZONE_DMA32 of %s has no more than %lluK",
			   cfg->profile->name, (unsigned long long)size / 1024);
}

static void set_profile(struct replay_config *cfg, struct argp_state *state,
			const char *text)
{
	cfg->profile = machine_profile_find(text);
	if (!cfg->profile)
		argp_error(state, "unknown profile '%s'", text);
}

static void set_threads(struct plan_options *opts, struct argp_state *state,
			const char *text)
{
	struct replay_threads *t = &opts->plan.replay.threads;
	size_t len = strcspn(text, ":");
	char number[32];

	snprintf(number, sizeof(number), "%.*s", (int)len, text);
	t->nr = (unsigned)args_number(state, "--threads",
				      len < sizeof(number) ? number : text, 1,
				      PHYSMEM_MAX_CPUS);
	t->deal = text[len] ? args_word(state, "--threads", text + len + 1,
					deal_name)
			    : DEAL_SLICE;
}

/* Not before the last option: --cpus, --strategy and --reps may follow. */
static void check_threads(struct plan_options *opts, struct argp_state *state)
{
	const struct v7s_faults *faults = &opts->plan.replay.faults;
	struct replay_threads *t = &opts->plan.replay.threads;
	unsigned nr_cpus = replay_nr_cpus(&opts->plan.replay), i;

	if (!t->nr)
		return;
	if (t->nr > nr_cpus)
		argp_error(
			state,
			"--threads=%u: there %s %u simulated CPU%s (--cpus, --profile)",
			t->nr, nr_cpus > 1 ? "are" : "is", nr_cpus,
			nr_cpus > 1 ? "s" : "");
	if (!opts->plan.nr_reps)
		argp_error(state, "--reps=0 times nothing: no --threads");
	if (faults->unfit.nth || faults->dma_error.nth ||
	    faults->dma_translated.nth)
		argp_error(state,
			   "--inject counts on one thread: no --threads");
	for (i = 0; t->nr > 1 && i < opts->plan.nr_specs; i++) {
		const struct l2_spec *spec = &opts->spec[i];

		if (l2_spec_one_thread(spec))
			argp_error(state, "--threads=%u: %s: %s", t->nr,
				   spec->label, l2_spec_one_thread(spec));
	}
	/* Now: a command may bind itself to one of them. */
	if (sched_getaffinity(0, sizeof(t->host), &t->host)) {
		cli_warn("threads are not bound to CPUs of the host: %s",
			 strerror(errno));
		CPU_ZERO(&t->host);
	} else if (t->nr > (unsigned)CPU_COUNT(&t->host)) {
		cli_warn("%u threads take turns on %d CPU%s of the host", t->nr,
			 CPU_COUNT(&t->host),
			 CPU_COUNT(&t->host) > 1 ? "s" : "");
	}
}

void plan_warn_of_threads(const struct run_cell *cells, unsigned nr,
			  bool *said_unbound)
{
	int err = 0;

	for (; nr--; cells++) {
		const struct thread_figures *f = &cells->threads;

		if (f->bind_errno)
			err = (int)f->bind_errno;
		if (f->failures)
			cli_warn("%s: %s failed up to %llu times with threads",
				 cells->workload, cells->spec->label,
				 (unsigned long long)f->failures);
	}
	if (err && !*said_unbound)
		cli_warn("threads are not bound to CPUs of the host: %s",
			 strerror(err));
	*said_unbound |= err != 0;
}

/* A walker that sees the caches needs no DMA layer. */
static void check_faults(const struct replay_config *cfg,
			 struct argp_state *state)
{
	if (cfg->pgtable.walker == V7S_COHERENT &&
	    (cfg->faults.dma_error.nth || cfg->faults.dma_translated.nth))
		argp_error(
			state,
			"--inject: dma-error and dma-translated need --coherent=no");
}

static void set_defaults(struct plan_options *opts, struct argp_state *state)
{
	struct v7s_config *pgtable = &opts->plan.replay.pgtable;
	const struct l2_strategy_ops *const *ops;

	opts->ias_given = pgtable->ias != 0;
	if (!opts->ias_given)
		pgtable->ias = opts->default_ias;
	check_zone(&opts->plan.replay, state);
	check_faults(&opts->plan.replay, state);
	if (!opts->plan.nr_specs)
		for (ops = l2_strategies; *ops; ops++)
			add_spec(opts, state, (*ops)->name);
	check_threads(opts, state);
	warn_of_malloc_conf(opts);
}

static error_t parse_number(int key, char *arg, struct argp_state *state)
{
	struct plan_options *opts = state->input;
	struct replay_config *cfg = &opts->plan.replay;

	switch (key) {
	case OPT_CPUS:
		cfg->nr_cpus =
			(unsigned)args_number(state, "--cpus", arg, 1, 64);
		break;
	case OPT_AGE_SEED:
		cfg->age.seed =
			args_number(state, "--age-seed", arg, 0, UINT64_MAX);
		break;
	case 'r':
		opts->plan.nr_reps = (unsigned)args_number(state, "--reps", arg,
							   0, RUN_MAX_REPS);
		opts->reps_given = true;
		break;
	case OPT_SEED:
		opts->plan.seed =
			args_number(state, "--seed", arg, 0, UINT64_MAX);
		break;
	case OPT_KEEP:
		opts->keep_events = (size_t)args_number(state, "--keep-events",
							arg, 0, UINT32_MAX);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct plan_options *opts = state->input;
	struct replay_config *cfg = &opts->plan.replay;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &cfg->pgtable;
		/* Until somebody gives one. */
		opts->default_ias = cfg->pgtable.ias;
		cfg->pgtable.ias = 0;
		break;
	case 's':
		plan_options_add_specs(opts, state, arg);
		break;
	case 'p':
		set_profile(cfg, state, arg);
		break;
	case OPT_INJECT:
		pgtable_parse_faults(state, arg, &cfg->faults);
		break;
	case OPT_FRAG:
		if (age_parse(arg, &cfg->age))
			argp_error(state, "--frag: cannot make '%s' of memory",
				   arg);
		break;
	case OPT_DMA32:
		set_zone(opts, state, arg);
		break;
	case OPT_REBASE:
		cfg->rebase_paddr = true;
		break;
	case OPT_ACCEPT_LOST:
		opts->accept_lost = true;
		break;
	case OPT_SHARE:
		cfg->share =
			args_word(state, "--share", arg, replay_share_names);
		break;
	case OPT_THREADS:
		set_threads(opts, state, arg);
		break;
	case ARGP_KEY_END:
		set_defaults(opts, state);
		break;
	default:
		return parse_number(key, arg, state);
	}
	return 0;
}

static const struct argp plan_argp = {
	.options = options,
	.parser = parse,
	.children = pgtable_children,
};

const struct argp_child plan_children[] = {
	{ &plan_argp, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 },
};
