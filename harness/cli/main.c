// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench: the commands by name, and what is done before and after each.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "outfile.h"

static const struct command {
	const char *name;
	const char *summary; /* NULL: for the program itself */
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "ab", "is one build slower than another? see harness/ab", cmd_ab },
	{ "check", "compare a result with the baseline, exactly", cmd_check },
	{ "claims", "what was claimed in 2018, put to the models", cmd_claims },
	{ "compare", "print a result as a table and in words", cmd_compare },
	{ "conform", "replay golden vectors of the real driver", cmd_conform },
	{ "count", NULL, cmd_count },
	{ "insn", "instructions and branches, counted", cmd_insn },
	{ "kernel", "the same traces on a real kernel, which judges",
	  cmd_kernel },
	{ "list", "strategies, workloads, profiles, columns", cmd_list },
	{ "phase", "who holds least, over tables, CPUs and churn", cmd_phase },
	{ "replay", "one trace on some strategies", cmd_replay },
	{ "run", "all strategies on all workloads", cmd_run },
	{ "sample", "one process of a measurement, which run starts",
	  cmd_sample },
	{ "selftest", "measure the measuring, on this machine", cmd_selftest },
	{ "survive", "the smallest DMA32 zone that will do", cmd_survive },
	{ "trace", "print a workload as trace text", cmd_trace },
	{ NULL, NULL, NULL },
};

static void usage(FILE *out)
{
	const struct command *cmd;

	fputs("usage: v7sbench COMMAND [OPTION...]\n\n"
	      "Measures ways to allocate the level-2 page tables of ARMv7\n"
	      "short-descriptor IOMMUs.\n\n",
	      out);
	for (cmd = commands; cmd->name; cmd++)
		if (cmd->summary)
			fprintf(out, "  %-10s%s\n", cmd->name, cmd->summary);
	fputs("\n'v7sbench COMMAND --help' tells more.\n", out);
}

static int run_command(const struct command *cmd, int argc, char **argv)
{
	char name[64];
	int status;

	snprintf(name, sizeof(name), "v7sbench %s", cmd->name);
	argv[0] = name;
	/* A file size limit is an error like a full disk, not a death. */
	signal(SIGXFSZ, SIG_IGN);
	status = cmd->run(argc, argv);
	if (outfile_flush(stdout) && status == EXIT_FINE)
		return cli_stdout_failed();
	return status;
}

int main(int argc, char **argv)
{
	const struct command *cmd;

	if (argc < 2) {
		usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return outfile_flush(stdout) ? cli_stdout_failed() : EXIT_FINE;
	}
	if (!strcmp(argv[1], "--version")) {
		puts("v7sbench " V7SBENCH_VERSION);
		return outfile_flush(stdout) ? cli_stdout_failed() : EXIT_FINE;
	}
	for (cmd = commands; cmd->name; cmd++)
		if (!strcmp(cmd->name, argv[1]))
			return run_command(cmd, argc - 1, argv + 1);
	return cli_fail(EXIT_USAGE,
			"unknown command '%s' (see 'v7sbench --help')",
			argv[1]);
}
