// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output that may go to a file: one that is whole or not there, so that an
 * earlier one survives whatever fails.
 */
#include "cli.h"
#include "outfile.h"

int cli_to_file(const char *path, int (*write)(void *ctx, FILE *out), void *ctx)
{
	char why[OUTPUT_WHY_SIZE];
	struct outfile *of;
	int status;

	if (!path)
		return write(ctx, stdout);
	if (outfile_open(path, &of, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	status = write(ctx, outfile_stream(of));
	if (status) {
		outfile_abort(of);
		return status;
	}
	if (outfile_commit(of, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	return EXIT_FINE;
}
