/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What replay prints on stdout, in the format asked for.
 */
#ifndef REPLAY_PRINT_H
#define REPLAY_PRINT_H

#include "cli.h"
#include "run.h"
#include "table.h"

struct replay_print {
	enum cli_format format;
	enum color_when color;
	bool slabinfo; /* attributes of instances instead of the summary */
	struct clock_info clock; /* that the cells were measured with */
};

/* An exit status, complaint included. */
int replay_print(const struct replay_print *how, const struct run_cell *cells,
		 unsigned nr, const struct trace *trace);

#endif /* REPLAY_PRINT_H */
