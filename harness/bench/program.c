// SPDX-License-Identifier: GPL-2.0-only
/*
 * The beginning and the end of a benchmark program; see program.h.
 * Cost: a calibration of the clock, some ms. Concurrency: none.
 */
#include "program.h"

#include <stdio.h>

#include "args.h"
#include "clock.h"
#include "environment.h"

void program_warn(const char *program)
{
	struct environment env;
	const char *unfit;

	environment_read(&env);
	unfit = environment_unfit(&env);
	if (unfit)
		fprintf(stderr, "%s: warning: %s\n", program, unfit);
}

void program_print_machine(unsigned nr_slices)
{
	struct clock_info info;
	struct environment env;

	clock_calibrate(&info);
	environment_read(&env);
	printf("%s, %s, %s, %s %s\n", env.cpu_model, env.kernel, env.compiler,
	       env.buildtype, env.cflags);
	printf("clock: %.0f ns a reading, steps of %.0f ns; %u slices a cell, ",
	       info.cost_ns, info.quantum_ns, nr_slices);
}

int program_end(const char *program)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_FINE;
	fprintf(stderr, "%s: stdout cannot be written\n", program);
	return EXIT_FAILED;
}
