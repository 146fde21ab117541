// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench trace COMMAND: what can be done with a trace but replaying it.
 */
#include <stdio.h>
#include <string.h>

#include "cli_trace.h"

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *summary;
} commands[] = {
	{ "cat", cmd_trace_cat, "prints traces as text, one after the other" },
	{ "cut", cmd_trace_cut, "prints part of a trace, by time and domain" },
	{ "gen", cmd_trace_gen, "prints the events of a workload as text" },
	{ "import", cmd_trace_import,
	  "makes text of a recorded trace, or refuses" },
	{ "stat", cmd_trace_stat, "says what a trace is like" },
};

#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void help(FILE *out)
{
	size_t i;

	fputs("Usage: v7sbench trace COMMAND [OPTION...]\n"
	      "What can be done with a trace but replaying it.\n\n",
	      out);
	for (i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name,
			commands[i].summary);
	fputs("\n`v7sbench trace COMMAND --help` says the rest.\n", out);
}

int cmd_trace(int argc, char **argv)
{
	char name[64];
	size_t i;

	if (argc < 2)
		return cli_fail(
			EXIT_USAGE,
			"trace: which command? (see 'v7sbench trace --help')");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-?")) {
		help(stdout);
		return EXIT_FINE;
	}
	for (i = 0; i < NR_COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		snprintf(name, sizeof(name), "%s %s", argv[0], argv[1]);
		argv[1] = name;
		return commands[i].run(argc - 1, argv + 1);
	}
	return cli_fail(
		EXIT_USAGE,
		"trace: unknown command '%s' (see 'v7sbench trace --help')",
		argv[1]);
}
