/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the benchmark programs have in common: what they say of the machine
 * before their rows, and how they end.
 */
#ifndef BENCH_PROGRAM_H
#define BENCH_PROGRAM_H

/* Quantile of a cell over its slices: not the minimum, which one odd reading
 * decides. */
#define LOW_QUANTILE 0.05

/* On stderr, if this build or machine should not be measured. */
void program_warn(const char *program);

/* On stdout: machine, compiler, and the start of a line about the clock, which
 * is the caller's to end. */
void program_print_machine(unsigned nr_slices);

/* The exit status after all is printed: EXIT_FAILED, and a line, if stdout
 * could not be written. */
int program_end(const char *program);

#endif /* BENCH_PROGRAM_H */
