// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench: the commands by name, and what is done before and after each.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "outfile.h"

static const struct command {
	const char *name;
	const char *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "check", "compare a result with the baseline, exactly", cmd_check },
	{ "claims", "what was claimed in 2018, put to the models", cmd_claims },
	{ "compare", "print a result as a table and in words", cmd_compare },
	{ "conform", "replay golden vectors of the real driver", cmd_conform },
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

volatile sig_atomic_t cli_stop;

static void on_signal(int sig)
{
	/* Threads of a replay look at it too. */
	__atomic_store_n(&cli_stop, sig, __ATOMIC_RELAXED);
}

void cli_catch_signals(void)
{
	/* One-shot: a second signal ends the process at once. */
	struct sigaction sa = { .sa_handler = on_signal,
				.sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

void cli_die_of_signal(void)
{
	int sig = cli_stop;

	fflush(NULL);
	signal(sig, SIG_DFL);
	raise(sig);
	_Exit(128 + sig);
}

int cli_fail(enum exit_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("v7sbench: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
	return status;
}

void cli_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("v7sbench: warning: ", stderr);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
	va_end(ap);
}

int cli_stdout_failed(void)
{
	int err = outfile_flush(stdout);

	return cli_fail(EXIT_FAILED, "stdout: %s",
			err ? strerror(-err) : "cannot be written");
}

enum exit_status cli_input_status(int err)
{
	return err == -ENOMEM || err == -EIO ? EXIT_FAILED : EXIT_USAGE;
}

int cli_format_parse(const char *text, enum cli_format *ret)
{
	static const char *const name[] = { "table", "csv", "json", "md" };
	unsigned i;

	for (i = 0; i < sizeof(name) / sizeof(name[0]); i++) {
		if (strcmp(text, name[i]))
			continue;
		*ret = i;
		return 0;
	}
	return -EINVAL;
}

static void usage(FILE *out)
{
	const struct command *cmd;

	fputs("usage: v7sbench COMMAND [OPTION...]\n\n"
	      "Measures ways to allocate the level-2 page tables of ARMv7\n"
	      "short-descriptor IOMMUs.\n\n",
	      out);
	for (cmd = commands; cmd->name; cmd++)
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
