// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workflow commands; see github.h. Escapes are those of actions/toolkit.
 * Invariant: a command is one line, whatever the names are.
 */
#include "github.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gate_report.h"

static void put_escaped(const char *text, const char *special, FILE *out)
{
	for (; *text; text++)
		if (strchr(special, *text))
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, out);
}

void github_put_message(const char *text, FILE *out)
{
	put_escaped(text, "%\r\n", out);
}

void github_put_property(const char *text, FILE *out)
{
	put_escaped(text, "%\r\n:,", out);
}

int github_annotate(const struct gate_report *r, FILE *out)
{
	size_t i, nr = r->nr_findings;

	if (nr > GITHUB_ANNOTATIONS)
		nr = GITHUB_ANNOTATIONS;
	for (i = 0; i < nr; i++) {
		const struct gate_finding *f = &r->finding[i];
		const struct gate_cell *cell = &r->cell[f->cell];
		char *text = gate_finding_text(f), title[256];

		if (!text)
			return -ENOMEM;
		snprintf(title, sizeof(title), "%s: %s on %s",
			 gate_kind_name[f->kind], cell->strategy,
			 cell->workload);
		fputs("::error title=", out);
		github_put_property(title, out);
		fputs("::", out);
		github_put_message(text, out);
		fputc('\n', out);
		free(text);
	}
	/* Of another kind, or it would be the eleventh. */
	if (nr < r->nr_findings)
		fprintf(out,
			"::notice title=v7sbench check::%zu more differences, %zu in all\n",
			r->nr_findings - nr, r->nr_findings);
	return ferror(out) ? -EIO : 0;
}
