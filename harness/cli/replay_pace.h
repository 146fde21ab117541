/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * replay --pace: events at the times that the trace says.
 */
#ifndef REPLAY_PACE_H
#define REPLAY_PACE_H

#include "plan_options.h"

struct pace_options {
	bool given;
	double speed;
	double seconds; /* of the trace; 0: all */
};

/* Both end with one line if text will not do; NULL is what --pace alone says. */
void pace_parse_speed(struct argp_state *state, const char *text,
		      struct pace_options *ret);
void pace_parse_seconds(struct argp_state *state, const char *text,
			struct pace_options *ret);

/* What was asked for, and how to print it. */
struct replay_pace {
	const struct pace_options *pace;
	const struct run_plan *plan;
	const char *trace_name; /* in messages */
	enum cli_format format;
};

/* Replays and prints. An exit status, complaint included. */
int replay_pace(const struct replay_pace *what, const struct trace *trace);

#endif /* REPLAY_PACE_H */
