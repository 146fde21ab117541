/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Instruction counts as rows: insn.csv, a table, JSON; and what callgrind dumps.
 *
 * Counts are comparable within one tool and one build only: counted_by names
 * both, and equal text is what makes two rows alike.
 */
#ifndef INSN_H
#define INSN_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "csvfile.h"
#include "why.h"

struct insn_count {
	uint64_t instructions;
	uint64_t branches;
};

/* Of a function: how often it was called, and what the calls took, with all
 * that they called. */
struct insn_calls {
	uint64_t n;
	uint64_t instructions;
};

/* A cell. Texts are the caller's. */
struct insn_row {
	const char *strategy;
	const char *workload;
	bool counted; /* else reason says why not, and no figure is one */
	uint64_t nr_events, nr_table_ops;
	struct insn_count events, table;
	const char *tool;	/* perf or callgrind; "" if neither */
	const char *counted_by; /* tool with its version, and the build */
	const char *reason;	/* "" if counted */
	bool no_branches;	/* whoever counted leaves these out */
};

/* Names of the columns of insn.csv. */
#define INSN_COLUMNS                                                         \
	"strategy", "workload", "events", "table_ops", "event_insn",         \
		"event_branches", "table_insn", "table_branches",            \
		"event_insn_mean", "event_branches_mean", "table_insn_mean", \
		"table_branches_mean", "tool", "counted_by", "reason"

/* The same, ended by NULL. */
extern const char *const insn_columns[];

/* Header and rows. 0 or the first error of writing. */
int insn_write_csv(const struct insn_row *row, size_t nr, FILE *out);

/* For people: means of one operation. 0; -ENOMEM; -EIO. */
int insn_write_table(const struct insn_row *row, size_t nr, bool markdown,
		     FILE *out);

/* One as an object, without its means; NULL without memory. */
json_t *insn_row_json(const struct insn_row *row);

/* An array of objects, empty columns null. 0; -ENOMEM; -EIO. */
int insn_write_json(const struct insn_row *row, size_t nr, FILE *out);

/**
 * insn_read_dump() - totals of a file that callgrind dumped
 * @text:	its content, NUL-terminated
 *
 * Wants the events Ir and, if branches were counted, Bc and Bi, in any place.
 *
 * Return: 0; -EINVAL if there are no totals.
 */
int insn_read_dump(const char *text, struct insn_count *ret);

/**
 * insn_read_calls() - calls of a function in such a file
 * @text:	likewise; names not compressed, lines not relative
 * @function:	its name, as it is; one that does not call itself
 *
 * Return: 0, also if there are none; -EINVAL if a call has no cost.
 */
int insn_read_calls(const char *text, const char *function,
		    struct insn_calls *ret);

#endif /* INSN_H */
