/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One line of progress with the time left, on a terminal; nothing at all
 * elsewhere. Redrawn at most PROGRESS_HZ times a second.
 *
 *	progress_begin(&p, stderr, total)
 *	progress_step(&p, "page_frag camera", weight)	before each step
 *	progress_end(&p)				clears the line
 *
 * Before writing anything else to that terminal, progress_clear().
 */
#ifndef PROGRESS_H
#define PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PROGRESS_HZ 10
#define PROGRESS_LABEL 64

/* Zeroed, all calls are fine and do nothing. */
struct progress {
	FILE *out;
	bool active;	  /* out is a terminal */
	uint64_t total;	  /* weight of all steps */
	uint64_t done;	  /* weight of the steps that ended */
	uint64_t running; /* weight of the step at work */
	uint64_t start_ns;
	uint64_t drawn_ns; /* when last redrawn; 0 never */
	char label[PROGRESS_LABEL];
};

/* total: in any unit, that of the weights; expected time is a good one. */
void progress_begin(struct progress *p, FILE *out, uint64_t total);

/* The step before is done; one of that weight begins. The label is copied,
 * cut where too long. */
void progress_step(struct progress *p, const char *label, uint64_t weight);

/* Clears the line; the next step draws it again. */
void progress_clear(struct progress *p);

/* Clears the line and ends the drawing. */
void progress_end(struct progress *p);

/* What the line says: "[ 42%] 00:12 left  label", cut to size - 1 bytes. The
 * time left is a straight line from what is done; --:-- while that is 0. */
void progress_format(const struct progress *p, uint64_t elapsed_ns, char *ret,
		     size_t size);

#endif /* PROGRESS_H */
