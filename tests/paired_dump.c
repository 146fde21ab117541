// SPDX-License-Identifier: GPL-2.0-only
/*
 * What paired.h says of given values, for paired_oracle.py: each line of stdin
 * is a threshold, a floor and values; one line of numbers answers it.
 */
#include "paired.h"

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
	double value[PAIRED_MAX + 2];
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (!rc && getline(&line, &size, stdin) > 0) {
		struct paired_result r;
		char *text = line, *end;
		size_t n = 0;

		for (; n < PAIRED_MAX + 2; text = end) {
			value[n] = strtod(text, &end);
			if (end == text)
				break;
			n++;
		}
		rc = n < 3 || paired_judge(value + 2, n - 2, &r);
		if (rc)
			break;
		printf("%zu %.17g %.17g %d %.17g %.17g %.17g %s\n", r.n,
		       r.log_ratio, r.p, r.has_interval, r.low, r.high,
		       r.coverage,
		       paired_verdict_names[paired_verdict(&r, value[0],
							   value[1])]);
	}
	free(line);
	return fflush(stdout) || rc;
}
