// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench list: what this build knows, one per line.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ab_report.h"
#include "claims_report.h"
#include "cli.h"
#include "change.h"
#include "columns.h"
#include "comparison.h"
#include "insn.h"
#include "kernel_report.h"
#include "pace_report.h"
#include "phase_report.h"
#include "physmem.h"
#include "result.h"
#include "slab_trial.h"
#include "selftest_report.h"
#include "survive_report.h"
#include "table.h"
#include "trace_report.h"
#include "workload.h"

static int list_strategies(void)
{
	const struct l2_strategy_ops *const *ops;
	const struct l2_option *opt;

	for (ops = l2_strategies; *ops; ops++) {
		printf("%-18s %s [%s; %s]\n", (*ops)->name, (*ops)->summary,
		       (*ops)->models,
		       (*ops)->scope == L2_SHARED ? "one for all domains"
						  : "one a domain");
		for (opt = (*ops)->options; opt && opt->key; opt++) {
			printf("%20s%s=", "", opt->key);
			if (opt->choices)
				printf("%s%s", opt->choices,
				       opt->max ? "|" : "");
			if (!opt->choices || opt->max)
				printf("%llu..%llu",
				       (unsigned long long)opt->min,
				       (unsigned long long)opt->max);
			if (!opt->choices)
				printf(" (%llu)", (unsigned long long)opt->def);
			printf("  %s\n", opt->help);
		}
	}
	puts("(several options: page_frag:mode=v3,order=0)");
	return EXIT_FINE;
}

/* What a workload says of itself below its first line. */
static void print_settings(const struct workload_ops *wl)
{
	const struct workload_param *p;
	struct workload_spec spec;
	unsigned i;

	workload_defaults(wl, &spec);
	for (p = wl->param; p && p->key; p++)
		printf("%20s%s=%llu..%llu (%llu)  %s\n", "", p->key,
		       (unsigned long long)p->min, (unsigned long long)p->max,
		       (unsigned long long)p->def, p->what);
	if (!wl->chunked)
		return;
	printf("%20sprofile=", "");
	for (i = 0; i < NR_DMA_PROFILES; i++)
		printf("%s%s", i ? "|" : "", dma_profile_names[i]);
	printf(" (%s)\n", dma_profile_names[spec.config.profile.id]);
}

/* How `run` takes it if it is told no workload. */
static void print_bench(const struct workload_ops *wl)
{
	const char *const *settings = wl->bench;

	if (!settings)
		return;
	printf("%20sin run: ", "");
	if (!*settings)
		printf("only if named");
	for (; *settings; settings++)
		printf("%s%s%s%s", settings == wl->bench ? "" : " ", wl->name,
		       **settings ? ":" : "", *settings);
	putchar('\n');
}

static int list_workloads(void)
{
	const struct workload_ops *const *wl;

	for (wl = workloads; *wl; wl++) {
		printf("%-23s %s\n%20s%s\n", (*wl)->name, (*wl)->summary, "",
		       (*wl)->provenance);
		if ((*wl)->expected)
			printf("%20stables at peak: %s\n", "", (*wl)->expected);
		if ((*wl)->generate)
			print_settings(*wl);
		print_bench(*wl);
	}
	puts("(settings: vdec_4k_20ref:frames=12,profile=P0; all that are generated have seed=N (1).\n"
	     " profile: blocks that memory of buffers is made of: P0 1 MiB, 64 and 4 KiB, P1 64 and 4 KiB,\n"
	     " P2 4 KiB; Pmix as P0, but of a thousand tries f8=0..1000 (250) fail for 1 MiB and\n"
	     " f4=0..1000 (50) for 64 KiB; buddy: the machine decides, when the trace is replayed)");
	return EXIT_FINE;
}

static int list_profiles(void)
{
	const struct machine_profile *p;

	for (p = machine_profiles; p->name; p++)
		printf("%-18s %s\n", p->name, p->summary);
	return EXIT_FINE;
}

static void list_kernel_columns(void)
{
	static const struct {
		const char *file;
		const char *const *columns;
	} files[] = {
		{ "kernel_agreement.csv", kernel_agreement_columns },
		{ "kernel_points.csv", kernel_points_columns },
		{ "kernel_vectors.csv", kernel_vectors_columns },
		{ "kernel_insn.csv", kernel_insn_columns },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		for (size_t k = 0; files[i].columns[k]; k++)
			printf("%s %s\n", files[i].file, files[i].columns[k]);
}

static int list_columns(void)
{
	static const char *const kind[] = {
		[COLUMN_KEY] = "key",
		[COLUMN_EXACT] = "exact",
		[COLUMN_TIMED] = "timed",
		[COLUMN_INFO] = "info",
	};
	const struct trace_column *trace;
	const struct pace_column *pace;
	const struct column *col;
	const char *const *name;

	for (col = columns; col->name; col++)
		printf("summary.csv %s %s\n", col->name, kind[col->kind]);
	for (name = sample_columns; *name; name++)
		printf("samples.csv %s\n", *name);
	for (name = timeline_columns; *name; name++)
		printf("timeline.csv %s\n", *name);
	for (name = insn_columns; *name; name++)
		printf("insn.csv %s\n", *name);
	list_kernel_columns();
	for (name = phase_columns; *name; name++)
		printf("phase.csv %s\n", *name);
	for (name = survive_columns; *name; name++)
		printf("survive.csv %s\n", *name);
	for (name = selftest_columns; *name; name++)
		printf("selftest.csv %s\n", *name);
	for (name = claims_columns; *name; name++)
		printf("claims.csv %s\n", *name);
	for (pace = pace_columns; pace->name; pace++)
		printf("pace.csv %s\n", pace->name);
	for (name = comparison_columns; *name; name++)
		printf("compare.csv %s\n", *name);
	for (name = change_columns; *name; name++)
		printf("change.csv %s\n", *name);
	for (name = ab_columns; *name; name++)
		printf("ab.csv %s\n", *name);
	puts("trace.csv trace");
	for (trace = trace_columns; trace->name; trace++)
		printf("trace.csv %s\n", trace->name);
	return EXIT_FINE;
}

/* Who has which rule, and whether it knows SLAB_CACHE_DMA32. */
static const struct {
	const char *name;
	enum slab_flags_rule rule;
	bool dma32_caches;
} rules[] = {
	{ "Linux 4.20", SLAB_FLAGS_MERGED, false },
	{ "series v4", SLAB_FLAGS_V4, true },
	{ "merged, 6.1", SLAB_FLAGS_MERGED, true },
};

static const struct {
	const char *name;
	gfp_t gfp;
} callers[] = {
	{ "GFP_ATOMIC", GFP_ATOMIC },
	{ "GFP_ATOMIC|GFP_DMA32", GFP_ATOMIC | GFP_DMA32 },
	{ "GFP_ATOMIC|__GFP_HIGHMEM", GFP_ATOMIC | __GFP_HIGHMEM },
	{ "GFP_ATOMIC|GFP_DMA32|__GFP_HIGHMEM",
	  GFP_ATOMIC | GFP_DMA32 | __GFP_HIGHMEM },
	{ "GFP_ATOMIC|GFP_DMA", GFP_ATOMIC | GFP_DMA },
};

static const char *stripped_name(gfp_t gfp)
{
	static const gfp_t both = GFP_DMA32 | __GFP_HIGHMEM;

	return gfp == both	      ? "GFP_DMA32|__GFP_HIGHMEM"
	       : gfp == GFP_DMA32     ? "GFP_DMA32"
	       : gfp == __GFP_HIGHMEM ? "__GFP_HIGHMEM"
				      : "";
}

/* The rows of one rule on one kind of cache. */
static int add_trials(struct table *t, const char *rule,
		      struct slab_trial *trial)
{
	static const char *const zone[NR_ZONES] = { "DMA", "DMA32", "Normal" };
	unsigned i;
	int err = 0;

	for (i = 0; i < 2 * ARRAY_SIZE(callers) && !err; i++) {
		struct slab_trial_result result;

		trial->gfp = callers[i / 2].gfp;
		trial->hit = i % 2;
		err = slab_trial_run(trial, &result);
		if (err)
			break;
		table_cell(t, rule);
		table_cell(t,
			   trial->dma32_cache ? "SLAB_CACHE_DMA32" : "plain");
		table_cell(t, callers[i / 2].name);
		table_cell(t, trial->hit ? "hit" : "new");
		table_cellf(t, "%llu", (unsigned long long)result.nr_warnings);
		table_cell(t, stripped_name(result.stripped));
		table_cell(t, zone[result.zone]);
	}
	return err;
}

static int list_flags(void)
{
	static const char *const header[] = {
		"rule", "cache", "gfp", "slab", "warnings", "stripped", "zone",
	};
	struct table *t = table_create();
	unsigned i, dma32;
	int err = 0;

	for (i = 0; i < ARRAY_SIZE(header); i++)
		table_column(t, header[i], TABLE_LEFT);
	for (i = 0; i < ARRAY_SIZE(rules); i++)
		for (dma32 = 0; dma32 <= rules[i].dma32_caches && !err;
		     dma32++) {
			struct slab_trial trial = {
				.rule = rules[i].rule,
				.dma32_cache = dma32,
			};

			err = add_trials(t, rules[i].name, &trial);
		}
	if (!err)
		err = table_print(t, TABLE_TEXT, false, stdout);
	table_destroy(t);
	if (err == -EIO)
		return cli_stdout_failed();
	return err ? cli_fail(EXIT_FAILED, "%s", strerror(-err)) : EXIT_FINE;
}

static const struct {
	const char *name;
	int (*print)(void); /* an exit status */
} lists[] = {
	{ "strategies", list_strategies },
	{ "workloads", list_workloads },
	{ "profiles", list_profiles },
	/* Only when asked for. */
	{ "columns", list_columns },
	{ "flags", list_flags },
};

#define NR_DEFAULT_LISTS 3

#define NR_LISTS (sizeof(lists) / sizeof(lists[0]))

static error_t parse(int key, char *arg, struct argp_state *state)
{
	int *choice = state->input;
	unsigned i;

	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	for (i = 0; i < NR_LISTS; i++)
		if (!strcmp(arg, lists[i].name))
			*choice = (int)i;
	if (*choice < 0 || state->arg_num)
		argp_error(
			state,
			"'%s' is none of strategies, workloads, profiles, columns, flags",
			arg);
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "[strategies|workloads|profiles|columns|flags]",
	.doc = "Lists what this build knows; without argument strategies, workloads and profiles. flags: what slab caches make of gfp flags, tried out on the model.",
};

int cmd_list(int argc, char **argv)
{
	int choice = -1;
	unsigned i;

	args_parse(&argp, argc, argv, &choice);
	if (choice >= 0)
		return lists[choice].print();
	for (i = 0; i < NR_DEFAULT_LISTS; i++) {
		printf("%s%s:\n", i ? "\n" : "", lists[i].name);
		lists[i].print();
	}
	return EXIT_FINE;
}
