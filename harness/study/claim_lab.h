/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the function of a claim works with. The first error sticks: later calls
 * do nothing and return zeros, and claim_run() returns it. So a function
 * reads like the claim.
 */
#ifndef CLAIM_LAB_H
#define CLAIM_LAB_H

#include "ager.h"
#include "claims.h"
#include "survive.h"

struct claim_lab {
	struct claim_result *result;
	const volatile sig_atomic_t *stop;
	int error;
	char *why;		     /* CLAIM_WHY_SIZE */
	struct memory_result memory; /* of the last replay */
};

/* Bytes that a strategy holds at a point, as `v7sbench phase` finds them. An
 * allocation that fails is an error. */
uint64_t lab_held(struct claim_lab *lab, const char *strategy, unsigned tables,
		  unsigned cpus, const char *pattern);

/* Whether an allocation fails at such a point. */
bool lab_fails(struct claim_lab *lab, unsigned ias, const char *strategy,
	       unsigned tables, const char *pattern);

/* lab_held() for that many bits of iova. */
uint64_t lab_held_ias(struct claim_lab *lab, unsigned ias, const char *strategy,
		      unsigned tables, const char *pattern);

/* What the memory pass of `v7sbench replay --quirk=mtk_ext` finds. */
const struct memory_result *
lab_replay(struct claim_lab *lab, const char *workload, const char *strategy);

/* The same with --frag, and with --dma32 if that is not 0. */
const struct memory_result *
lab_replay_aged(struct claim_lab *lab, const char *workload,
		const char *strategy, const char *frag, uint64_t dma32_free);

/* What `v7sbench survive --frag=AGE` finds. */
struct survive_result lab_survive(struct claim_lab *lab, const char *workload,
				  const char *strategy, const char *age);

/* What a fresh instance says of itself under that name. */
uint64_t lab_attr(struct claim_lab *lab, const char *strategy, unsigned cpus,
		  const char *name);

/* Adds a figure. unit: static text. */
__attribute__((format(printf, 4, 5))) void lab_figure(struct claim_lab *lab,
						      uint64_t value,
						      const char *unit,
						      const char *name, ...);

/* Confirmed if the claim holds wherever it was tried; refuted if nowhere; else
 * it holds only if what the text says. */
__attribute__((format(printf, 4, 5))) void
lab_verdict(struct claim_lab *lab, bool everywhere, bool nowhere,
	    const char *only_if, ...);

/* The same for a claim without conditions. */
void lab_holds(struct claim_lab *lab, bool holds);

#endif /* CLAIM_LAB_H */
