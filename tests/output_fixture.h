/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the suites of harness/output share. Include after cmocka.h.
 */
#ifndef OUTPUT_FIXTURE_H
#define OUTPUT_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* An open stream into memory; check_memory() closes it. */
struct memory {
	char *text;
	size_t size;
	FILE *out;
};

static inline FILE *open_memory(struct memory *m)
{
	m->out = open_memstream(&m->text, &m->size);
	assert_non_null(m->out);
	return m->out;
}

static inline void check_memory(struct memory *m, const char *expected)
{
	assert_int_equal(fclose(m->out), 0);
	assert_string_equal(m->text, expected);
	free(m->text);
}

#endif /* OUTPUT_FIXTURE_H */
