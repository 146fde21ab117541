/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Claims of the 2018 discussion, put to the models: what was said, by a rule
 * whether it holds, and the figures that decide.
 *
 * A claim is a row of claims[] and one function that runs the models; the
 * verdict follows from the figures by the rule in it, so that both change
 * together or not at all. All figures are exact: no times, and no strategy
 * that depends on a library's version.
 *
 * Adding one: write the function in a claims_*.c, declare it in claim_lab.h,
 * add the row in claims.c, and `ninja claims-update`.
 */
#ifndef CLAIMS_H
#define CLAIMS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum claim_verdict {
	CLAIM_CONFIRMED,
	CLAIM_REFUTED,
	CLAIM_ONLY_IF, /* holds under the condition of the result */
};

#define CLAIM_MAX_FIGURES 32
#define CLAIM_TEXT_SIZE 160

struct claim_figure {
	char name[CLAIM_TEXT_SIZE];
	uint64_t value;
	const char *unit; /* static */
};

struct claim_result {
	enum claim_verdict verdict;
	char condition[CLAIM_TEXT_SIZE]; /* CLAIM_ONLY_IF; else "" */
	unsigned nr_figures;
	struct claim_figure figure[CLAIM_MAX_FIGURES];
};

struct claim_lab;

#define CLAIM_MAX_COMMANDS 5

struct claim {
	const char *id;
	const char *text;	/* as stated, or close to it */
	const char *source;	/* who and where */
	const char *message_id; /* NULL: not at hand */
	bool remembered;	/* the wording is not the mail's */
	const char *rule;	/* what run() tests */
	const char *command[CLAIM_MAX_COMMANDS]; /* that show the figures */
	void (*run)(struct claim_lab *lab);
};

/* All claims, ended by a NULL id. */
extern const struct claim claims[];

/* NULL when there is no claim of that id. */
const struct claim *claim_find(const char *id);

#define CLAIM_WHY_SIZE 768

/**
 * claim_run() - put one claim to the models
 * @stop:	ends with -EINTR when set; may be NULL
 * @ret:	written on success only
 * @why:	CLAIM_WHY_SIZE bytes, written on failure
 *
 * Return: 0; -ENOMEM; -EUCLEAN for a broken structure; -EINTR; else why a
 * recorded trace cannot be read.
 */
int claim_run(const struct claim *claim, const volatile sig_atomic_t *stop,
	      struct claim_result *ret, char *why);

/* "confirmed", "refuted" or "holds only if". */
const char *claim_verdict_name(enum claim_verdict verdict);

#endif /* CLAIMS_H */
