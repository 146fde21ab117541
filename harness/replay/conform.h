/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Conformance: replays golden vectors, which record what Linux 6.1's driver
 * did, on our page table and compares every result.
 *
 * A vector file has one operation per line: cfg, map, unmap, phys, inject,
 * hash, dump, close; left of " => " the input, right of it the result; '#'
 * starts a comment line; end-dump ends the lines of a dump. Tables live in the
 * machine profile CONFORM_MACHINE, whose memory ends below 4 GiB, as that of
 * the recording machine did.
 *
 * A result is compared field by field: each field that the file names must
 * have the same value, as a number or as a word. Dump lines must be identical.
 */
#ifndef CONFORM_H
#define CONFORM_H

#include <stddef.h>
#include <stdint.h>

struct l2_spec;
struct v7s_config;

#define CONFORM_MACHINE "x86-2g"
#define CONFORM_WHY_SIZE 512
#define CONFORM_TEXT 256 /* longest line, NUL included */

struct conform_result {
	uint64_t nr_ops;     /* operations replayed */
	uint64_t nr_results; /* results and dump lines found equal */
	uint64_t nr_tables;  /* page tables created */
	/* The first difference; line 0 if there is none. */
	unsigned line;
	char expected[CONFORM_TEXT]; /* as the file says */
	char got[CONFORM_TEXT];
};

/**
 * conform_file() - replay one vector file up to its first difference
 * @path:	plain or .zst, told apart by content; "-" is stdin
 * @spec:	strategy that gives the level-2 tables
 * @pgtable:	what the file does not say of a page table: all but ias, oas,
 *		quirks and pgsizes
 * @ret:	always written: what was done until the return
 * @why:	CONFORM_WHY_SIZE bytes, written on failure: "file:line: reason",
 *		or "file: reason" if no line is to blame
 *
 * A file without any result to compare returns 0 with nr_results 0: the caller
 * decides that nothing was checked.
 *
 * Return: 0 if all results are equal; -EBADMSG for a difference; -EINVAL for
 * malformed text; -ENOENT without CONFORM_MACHINE; -ENOMEM; else the errno of
 * open or read.
 */
int conform_file(const char *path, const struct l2_spec *spec,
		 const struct v7s_config *pgtable, struct conform_result *ret,
		 char *why);

/* The same from memory; name stands for the file in messages. */
int conform_memory(const char *name, const char *text, size_t size,
		   const struct l2_spec *spec, const struct v7s_config *pgtable,
		   struct conform_result *ret, char *why);

#endif /* CONFORM_H */
