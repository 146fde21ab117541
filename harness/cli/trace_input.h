/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the commands of v7sbench trace have in common: how a TRACE is read, what
 * is said of it on stderr, and where a trace goes to.
 */
#ifndef TRACE_INPUT_H
#define TRACE_INPUT_H

#include "cli.h"
#include "trace_stat.h"

/* Which lines are events, where there are two kinds: options --take, --join. */
struct take_options {
	enum trace_take take;
	bool given;
};

/* A child of the command's own options; its input is a struct take_options. */
extern const struct argp take_argp;

/* EXIT_FINE; else the status, and a line on stderr. */
int trace_input_open(const char *arg, const struct take_options *take,
		     struct trace *ret);

/* A line for a trace that could not be read again, if why is empty with the
 * errno; returns the status. */
int trace_input_failed(const char *arg, int err, const char *why);

/* Figures of an open trace: EXIT_FINE; else the status, and a line. */
int trace_input_stat(const struct trace *trace, struct trace_stat *ret);

/* Says on stderr that domains cannot be told apart: of so many maps, the first
 * of which is in that line. */
void trace_input_ambiguous(const char *arg, uint32_t line, uint64_t nr);

/* The same as an error, which an option would avoid. Returns EXIT_USAGE. */
int trace_input_refuse_ambiguous(const char *arg, uint32_t line, uint64_t nr,
				 const char *option);

/* A trace as text to stdout for a NULL path, else to a file that is complete or
 * not touched, compressed if its name ends in .zst. Returns a status. */
int trace_output(const char *arg, const struct trace *trace, const char *path);

/* The same of what a function writes, which returns as trace_write(). */
typedef int (*trace_output_fn)(void *ctx, FILE *out, char *why);
int trace_output_by(const char *arg, trace_output_fn write, void *ctx,
		    const char *path);

#endif /* TRACE_INPUT_H */
