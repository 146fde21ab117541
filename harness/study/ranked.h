/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which strategies are compared with others: neither those that only measure
 * the harness nor those that are defective on purpose.
 */
#ifndef RANKED_H
#define RANKED_H

#include "l2_strategy.h"

/* Looks at an instance, since options decide whether one is defective. One that
 * cannot be made is ranked: what is run with it says why. */
bool strategy_ranked(const struct l2_spec *spec);

/* Any of them. */
bool strategy_any_ranked(const struct l2_spec *spec, unsigned nr);

#endif /* RANKED_H */
