/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands, and what they share.
 *
 * Adding a command: write cmd_<name>.c with one int cmd_<name>(argc, argv),
 * declare it below, add a row to commands[] in main.c and the file to
 * meson.build. argv[0] is "v7sbench <name>". Use argp and args_parse(), so that
 * --help comes by itself; a test walks the table and asks every command for it.
 *
 * stdout carries the data asked for and nothing else; all else goes to stderr.
 */
#ifndef CLI_H
#define CLI_H

#include <stdio.h>
#include <signal.h>
#include <stdbool.h>

#include "args.h"

int cmd_ab(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_claims(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_conform(int argc, char **argv);
int cmd_count(int argc, char **argv);
int cmd_insn(int argc, char **argv);
int cmd_kernel(int argc, char **argv);
int cmd_list(int argc, char **argv);
int cmd_phase(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_run(int argc, char **argv);
int cmd_sample(int argc, char **argv);
int cmd_selftest(int argc, char **argv);
int cmd_survive(int argc, char **argv);
int cmd_trace(int argc, char **argv);

/* Has write write the file, or stdout for a NULL path. A file is complete or
 * not touched: it is not if write returns other than EXIT_FINE. Returns what
 * write does, or EXIT_FAILED after a line that says why. */
int cli_to_file(const char *path, int (*write)(void *ctx, FILE *out),
		void *ctx);

/* "v7sbench: ..." on stderr; returns status. */
__attribute__((format(printf, 2, 3))) int cli_fail(enum exit_status status,
						   const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void cli_warn(const char *fmt, ...);

/* Says why stdout cannot be written; returns EXIT_FAILED. */
int cli_stdout_failed(void);

/* Status for an error of reading input: EXIT_USAGE, unless the host failed. */
enum exit_status cli_input_status(int err);

/* Set once SIGINT, SIGTERM or SIGHUP has come, after cli_catch_signals(). */
extern volatile sig_atomic_t cli_stop;
void cli_catch_signals(void);

/* Ends the process as the signal that came would have. */
void cli_die_of_signal(void) __attribute__((noreturn));

enum cli_format { FORMAT_TABLE, FORMAT_CSV, FORMAT_JSON, FORMAT_MARKDOWN };

/* 0, or -EINVAL for a word that is none of table, csv, json, md. */
int cli_format_parse(const char *text, enum cli_format *ret);

#endif /* CLI_H */
