// SPDX-License-Identifier: GPL-2.0-only
/*
 * See github_summary.h. The file belongs to GitHub, and has what other steps
 * wrote: it is appended to, not replaced.
 */
#include "github_summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "outfile.h"

int github_summary(const char *title, int (*print)(void *ctx, FILE *out),
		   void *ctx)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	FILE *f;
	int err;

	if (!path || !*path)
		return EXIT_FINE;
	f = fopen(path, "ae");
	if (!f)
		return cli_fail(EXIT_FAILED, "%s: %s", path, strerror(errno));
	fprintf(f, "### %s\n\n", title);
	err = print(ctx, f);
	fputc('\n', f);
	if (!err)
		err = outfile_flush(f);
	fclose(f);
	return err ? cli_fail(EXIT_FAILED, "%s: %s", path, strerror(-err))
		   : EXIT_FINE;
}
