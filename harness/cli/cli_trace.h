/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Commands of v7sbench trace. argv[0] is "v7sbench trace <name>".
 *
 * Adding one: write cmd_trace_<name>.c, declare it here, add a row to
 * commands[] in cmd_trace.c and the file to meson.build.
 */
#ifndef CLI_TRACE_H
#define CLI_TRACE_H

#include "cli.h"

int cmd_trace_cat(int argc, char **argv);
int cmd_trace_cut(int argc, char **argv);
int cmd_trace_gen(int argc, char **argv);
int cmd_trace_import(int argc, char **argv);
int cmd_trace_stat(int argc, char **argv);

#endif /* CLI_TRACE_H */
