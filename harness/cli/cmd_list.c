// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench list: what this build knows, one per line.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "columns.h"
#include "phase_report.h"
#include "physmem.h"
#include "result.h"
#include "survive_report.h"
#include "workload.h"

static void list_strategies(void)
{
	const struct l2_strategy_ops *const *ops;
	const struct l2_option *opt;

	for (ops = l2_strategies; *ops; ops++) {
		printf("%-18s %s [%s; %s]\n", (*ops)->name, (*ops)->summary,
		       (*ops)->models,
		       (*ops)->scope == L2_SHARED ? "one for all domains"
						  : "one a domain");
		for (opt = (*ops)->options; opt && opt->key; opt++) {
			printf("%20s:%s=", "", opt->key);
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
}

static void list_workloads(void)
{
	const struct workload_ops *const *wl;

	for (wl = workloads; *wl; wl++)
		printf("%-18s %s\n%20s%s\n", (*wl)->name, (*wl)->summary, "",
		       (*wl)->provenance);
}

static void list_profiles(void)
{
	const struct machine_profile *p;

	for (p = machine_profiles; p->name; p++)
		printf("%-18s %s\n", p->name, p->summary);
}

static void list_columns(void)
{
	static const char *const kind[] = {
		[COLUMN_KEY] = "key",
		[COLUMN_EXACT] = "exact",
		[COLUMN_TIMED] = "timed",
		[COLUMN_INFO] = "info",
	};
	const struct column *col;
	const char *const *name;

	for (col = columns; col->name; col++)
		printf("summary.csv %s %s\n", col->name, kind[col->kind]);
	for (name = sample_columns; *name; name++)
		printf("samples.csv %s\n", *name);
	for (name = timeline_columns; *name; name++)
		printf("timeline.csv %s\n", *name);
	for (name = phase_columns; *name; name++)
		printf("phase.csv %s\n", *name);
	for (name = survive_columns; *name; name++)
		printf("survive.csv %s\n", *name);
}

static const struct {
	const char *name;
	void (*print)(void);
} lists[] = {
	{ "strategies", list_strategies },
	{ "workloads", list_workloads },
	{ "profiles", list_profiles },
	{ "columns", list_columns },
};

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
			"'%s' is none of strategies, workloads, profiles, columns",
			arg);
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "[strategies|workloads|profiles|columns]",
	.doc = "Lists what this build knows; without argument strategies, workloads and profiles.",
};

int cmd_list(int argc, char **argv)
{
	int choice = -1;
	unsigned i;

	argp_parse(&argp, argc, argv, 0, NULL, &choice);
	if (choice >= 0) {
		lists[choice].print();
		return EXIT_FINE;
	}
	for (i = 0; i < NR_LISTS - 1; i++) {
		printf("%s%s:\n", i ? "\n" : "", lists[i].name);
		lists[i].print();
	}
	return EXIT_FINE;
}
