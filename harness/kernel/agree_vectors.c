// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel's answers to golden vectors against those recorded; see expect.h.
 *
 * Compared is text, byte by byte: our own reader of vectors (conform.h) stands
 * on neither side. Cost: linear in both. Concurrency: none.
 */
#include "expect.h"

#include <errno.h>

#include "lines.h"

#define SHOWN 160 /* of a line, in a message */

struct shown {
	char text[SHOWN + 1];
};

/* A kernel may have answered anything; a message is one line of ASCII. */
static struct shown show(const struct line *line)
{
	size_t len = line->len < SHOWN ? line->len : SHOWN;
	struct shown ret = { { 0 } };

	for (size_t i = 0; i < len; i++) {
		char c = line->text[i];

		ret.text[i] = c >= ' ' && c <= '~' ? c : '?';
	}
	return ret;
}

/* The next line that was recorded of a driver. */
static bool next_recorded(struct lines *lines, struct line *ret)
{
	while (lines_next(lines, ret))
		if (ret->len && *ret->text != '#')
			return true;
	return false;
}

/* The next line that a driver, and not the guest, has answered. */
static bool next_answered(struct lines *lines, struct line *ret)
{
	while (lines_next(lines, ret))
		if (!line_starts(ret, "say "))
			return true;
	return false;
}

int kernel_agree_vectors(const char *name, const char *recorded, size_t size,
			 const char *answered, size_t answered_size,
			 uint64_t *ret_nr, char *why)
{
	struct lines want = lines_of(recorded, size);
	struct lines have = lines_of(answered, answered_size);
	struct line a, b;
	uint64_t nr = 0;

	while (next_recorded(&want, &a)) {
		if (!next_answered(&have, &b)) {
			snprintf(
				why, KERNEL_WHY_SIZE,
				"%s:%u: recorded \"%s\", but answers end after line %u",
				name, want.nr, show(&a).text, have.nr);
			return -EBADMSG;
		}
		if (a.len != b.len || memcmp(a.text, b.text, a.len) != 0) {
			snprintf(
				why, KERNEL_WHY_SIZE,
				"%s:%u: recorded \"%s\", answered in line %u \"%s\"",
				name, want.nr, show(&a).text, have.nr,
				show(&b).text);
			return -EBADMSG;
		}
		nr++;
	}
	if (next_answered(&have, &b)) {
		snprintf(
			why, KERNEL_WHY_SIZE,
			"%s: nothing is recorded any more, answered in line %u \"%s\"",
			name, have.nr, show(&b).text);
		return -EBADMSG;
	}
	*ret_nr = nr;
	return 0;
}
