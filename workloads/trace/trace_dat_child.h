/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the process that reads a trace.dat tells the one that started it: a
 * message per event, then one that says it has read all. Reasons for a failure
 * go to stderr, and its exit status is not 0.
 *
 * libtracecmd crashes on files that are damaged or cut off, so nothing that
 * comes through is taken on trust.
 */
#ifndef TRACE_DAT_CHILD_H
#define TRACE_DAT_CHILD_H

#include <stdint.h>

enum dat_key {
	DAT_IOVA,
	DAT_PADDR,
	DAT_SIZE,
	DAT_UNMAPPED,
	DAT_DOMAIN,
	DAT_PROT,
	NR_DAT_KEYS
};

enum dat_kind { DAT_MAP, DAT_UNMAP, DAT_DMAP, DAT_DUNMAP, DAT_END };

struct dat_message {
	uint32_t kind; /* enum dat_kind */
	uint32_t seen; /* a bit for each key that the event has */
	union {
		struct {
			uint64_t value[NR_DAT_KEYS];
			uint64_t time;
			uint32_t record; /* from 1 */
			uint32_t cpu;
		} event;
		struct {
			uint64_t nr_other; /* events of another kind */
			uint64_t nr_lost;
		} end;
	};
};

/* Reads the file and writes messages to out. The process ends in it. */
void dat_child(const char *path, int out) __attribute__((noreturn));

#endif /* TRACE_DAT_CHILD_H */
