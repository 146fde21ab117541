// SPDX-License-Identifier: GPL-2.0-only
/*
 * The workloads of a command line; see workload_list.h.
 */
#include "workload_list.h"

#include <stdio.h>
#include <string.h>

static void add(void *ctx, struct argp_state *state, const char *text)
{
	struct workload_list *list = ctx;
	struct workload_spec *spec = &list->spec[list->nr];
	char why[TRACE_WHY_SIZE];

	if (list->nr == MAX_WORKLOADS)
		argp_error(state, "more than %d workloads", MAX_WORKLOADS);
	if (workload_parse(text, spec, why))
		argp_error(state, "%s", why);
	for (unsigned i = 0; i < list->nr; i++)
		if (!strcmp(list->spec[i].label, spec->label))
			argp_error(state, "workload '%s' given twice", text);
	list->nr++;
}

void workload_list_add(struct workload_list *list, struct argp_state *state,
		       const char *text)
{
	args_items(state, "--workload", text, add, list);
}

static void add_registry(struct workload_list *list, struct argp_state *state,
			 bool named_too)
{
	const struct workload_ops *const *wl;
	char text[ARGS_ITEM_SIZE];

	for (wl = workloads; *wl; wl++) {
		const char *const *settings = (*wl)->bench;

		if (!settings || (named_too && !*settings))
			add(list, state, (*wl)->name);
		for (; settings && *settings; settings++) {
			snprintf(text, sizeof(text), "%s%s%s", (*wl)->name,
				 **settings ? ":" : "", *settings);
			add(list, state, text);
		}
	}
}

void workload_list_all(struct workload_list *list, struct argp_state *state)
{
	add_registry(list, state, false);
}

void workload_list_every(struct workload_list *list, struct argp_state *state)
{
	add_registry(list, state, true);
}
