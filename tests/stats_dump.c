// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the statistics say of given values, for stats_oracle.py: each line of
 * stdin is "stats" or "latency" and values; one line of numbers answers it.
 */
#include "latency.h"
#include "stats.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VALUES 2000000

static int dump_stats(char *text, double *value)
{
	struct stats_summary s;
	size_t n = 0;
	char *end;

	for (; n < MAX_VALUES; text = end) {
		value[n] = strtod(text, &end);
		if (end == text)
			break;
		n++;
	}
	if (stats_summarise(value, n, &s))
		return 1;
	printf("%zu %.17g %.17g %.17g %.17g %.17g %.17g %.17g", s.n, s.min,
	       s.max, s.mean, s.median, s.mad, s.q1, s.q3);
	if (s.has_interval)
		printf(" %.17g %.17g %.17g", s.interval.low, s.interval.high,
		       s.interval.coverage);
	putchar('\n');
	return 0;
}

static int dump_latency(char *text, struct latency *lat)
{
	static const unsigned ps[] = { 0, 5000, 9000, 9900, 9990, 10000 };
	uint64_t ns;
	char *end;
	size_t i;

	latency_reset(lat);
	for (;; text = end) {
		ns = strtoull(text, &end, 10);
		if (end == text)
			break;
		latency_add(lat, ns);
	}
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64, latency_count(lat),
	       lat->sum_ns, lat->max_ns);
	for (i = 0; i < sizeof(ps) / sizeof(ps[0]); i++) {
		if (latency_quantile(lat, ps[i], &ns))
			return 1;
		printf(" %" PRIu64, ns);
	}
	putchar('\n');
	return 0;
}

int main(void)
{
	double *value = calloc(MAX_VALUES, sizeof(*value));
	struct latency *lat = latency_create();
	char *line = NULL;
	size_t size = 0;
	int rc = !value || !lat;

	while (!rc && getline(&line, &size, stdin) > 0) {
		if (!strncmp(line, "stats", 5))
			rc = dump_stats(line + 5, value);
		else if (!strncmp(line, "latency", 7))
			rc = dump_latency(line + 7, lat);
		else
			rc = 1;
	}
	free(line);
	free(value);
	latency_destroy(lat);
	return fflush(stdout) || rc;
}
