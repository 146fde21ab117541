// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lanes of this revision as a shared object; see lane_module.h.
 *
 * Everything below stands in it once more, hidden (lane_module.map): linked
 * from the same static libraries as the program, so that what is timed is what
 * the program runs. Of libraries that both revisions share, jemalloc among
 * them, a process has one.
 *
 * Not done: traces that are not in memory, threads; lane_create() refuses.
 * Invariant: what a session owns outlives its lanes. Concurrency: none.
 */
#include "lane_module.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "git_revision.h"
#include "load.h"

struct lane_session {
	struct plan_options opts;
	const char *path;
	struct replay_config cfg;
	struct trace trace;
	struct replay_machine machine;
	struct memory_result memory;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct lane_session *s = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &s->opts;
		break;
	case ARGP_KEY_ARG:
		if (s->path)
			argp_error(state, "unexpected argument '%s'", arg);
		s->path = arg;
		break;
	case ARGP_KEY_END:
		if (!s->path || s->opts.plan.nr_specs != 1)
			argp_error(state, "one strategy, one trace");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.parser = parse,
	.children = plan_children,
};

static void session_close(struct lane_session *s)
{
	replay_machine_fini(&s->machine);
	memory_result_fini(&s->memory);
	trace_free(&s->trace);
	free(s);
}

static int memory_pass(struct lane_session *s, char *why)
{
	const char *reason = NULL;
	int err = pass_memory(&s->machine, &s->memory, &reason);

	if (err == -EUCLEAN && reason)
		snprintf(why, LANE_MODULE_WHY, "%s", reason);
	else if (err)
		snprintf(why, LANE_MODULE_WHY, "%s",
			 *s->machine.why ? s->machine.why : strerror(-err));
	return err;
}

static int session_open(int argc, char **argv, struct lane_session **ret,
			char *why)
{
	struct lane_session *s = calloc(1, sizeof(*s));
	int err, status;

	if (!s) {
		snprintf(why, LANE_MODULE_WHY, "out of memory");
		return -ENOMEM;
	}
	plan_options_init(&s->opts, 0);
	plan_options_mediatek(&s->opts);
	args_parse(&argp, argc, argv, s);
	s->cfg = s->opts.plan.replay;
	status = cli_load_trace(s->path, &s->opts, &s->cfg, &s->trace);
	if (status)
		exit(status);
	err = replay_machine_init(&s->machine, &s->cfg, &s->trace,
				  s->opts.spec);
	if (err) {
		snprintf(why, LANE_MODULE_WHY, "%s", strerror(-err));
		trace_free(&s->trace);
		free(s);
		return err;
	}
	err = memory_pass(s, why);
	if (err)
		session_close(s);
	else
		*ret = s;
	return err;
}

static int session_lanes(struct lane_session *s, enum lane_kind kind,
			 unsigned nr, struct lane **ret, char *why)
{
	unsigned i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = lane_create(&s->machine, kind, NULL, NULL, &ret[i]);
	if (!err)
		return 0;
	snprintf(why, LANE_MODULE_WHY, "%s: %s", lane_kind_names[kind],
		 strerror(-err));
	for (i--; i;)
		lane_destroy(ret[--i]);
	return err;
}

const struct lane_module v7sbench_lane_module = {
	.abi = LANE_ABI,
	.revision = V7SBENCH_GIT,
	.build = LANE_MODULE_BUILD,
	.open = session_open,
	.lanes = session_lanes,
	.close = session_close,
};
