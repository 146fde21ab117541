/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The options that say what the page table is: shared by all that have one.
 */
#ifndef PGTABLE_OPTIONS_H
#define PGTABLE_OPTIONS_H

#include "cli.h"
#include "v7s.h"

/* For .children of a struct argp; the first child's input is a struct
 * v7s_config. */
extern const struct argp_child pgtable_children[];

/* The same without the format (--quirk, --ias): whose driver it is. */
extern const struct argp_child pgtable_driver_children[];

/* The plain format, 32 bits, Linux 6.1. */
void pgtable_options_init(struct v7s_config *cfg);

/* The options that give cfg, each with a blank before it. */
void pgtable_options_print(const struct v7s_config *cfg, FILE *out);

/* "unfit:3,dma-error:1+" of --inject into ret, or ends with one line. */
void pgtable_parse_faults(struct argp_state *state, const char *text,
			  struct v7s_faults *ret);

/* The options that give them, each with a blank before it. */
void pgtable_print_faults(const struct v7s_faults *faults, FILE *out);

#endif /* PGTABLE_OPTIONS_H */
