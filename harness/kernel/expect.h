/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What our models answer to the same run, and where a kernel's answer differs.
 */
#ifndef KERNEL_EXPECT_H
#define KERNEL_EXPECT_H

#include "script.h"

/**
 * kernel_expect() - replay a case on our models
 * @c:		cost is ignored: instructions of a model are counted elsewhere
 * @ret:	to be freed; written on success only; its costs are zero
 * @why:	KERNEL_WHY_SIZE bytes, written on failure
 *
 * Machine KERNEL_MACHINE with the case's number of CPUs, page table of 6.1,
 * path=kernel, strategies shared as the kernel does.
 *
 * Return: 0; as kernel_case_check(); -ENOMEM; -ENOSPC if the machine has no
 * room for the domains, pools included; -EINTR if the replay's stop flag is
 * set; else as trace_each() or a constructor.
 */
int kernel_expect(const struct kernel_case *c, struct kernel_answer *ret,
		  char *why);

enum kernel_verdict {
	KERNEL_AGREE,
	KERNEL_RETURNS, /* return codes or WARN_ONs differ */
	KERNEL_TABLES,	/* numbers of tables differ */
	KERNEL_STATE,	/* page tables at the end differ */
	KERNEL_LEAK,	/* the kernel lacks pages or tables when all is gone */
	KERNEL_HELD,	/* all but the pages held are equal */
	NR_KERNEL_VERDICTS
};

/* "agree", "returns", "tables", "state", "leak", "held", NULL. */
extern const char *const kernel_verdict_names[];

struct kernel_agreement {
	enum kernel_verdict verdict; /* the first of them that applies */
	size_t nr_points;	     /* compared */
	size_t nr_held_differ;	     /* of those */
	int64_t held_worst;	    /* kernel less model, the largest by size */
	uint64_t first_events;	    /* point of the first difference; or 0 */
	char what[KERNEL_WHY_SIZE]; /* it, in words; "" if they agree */
};

/* Compares two answers to the same case. 0, or -EINVAL if they are not: other
 * labels, points or numbers of domains. */
int kernel_agree(const struct kernel_answer *model,
		 const struct kernel_answer *kernel,
		 struct kernel_agreement *ret, char *why);

/* Compares a kernel's answers to vectors with those recorded: each line but
 * comments must be the same text. nr counts the equal ones. 0; -EBADMSG, then
 * why says which line. */
int kernel_agree_vectors(const char *name, const char *recorded, size_t size,
			 const char *answered, size_t answered_size,
			 uint64_t *ret_nr, char *why);

#endif /* KERNEL_EXPECT_H */
