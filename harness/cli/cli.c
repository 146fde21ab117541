// SPDX-License-Identifier: GPL-2.0-only
/*
 * What commands share: lines on stderr, signals, statuses, formats; see cli.h.
 * Apart from main.c because a module that harness/ab loads needs it too.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "outfile.h"

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
