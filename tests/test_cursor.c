// SPDX-License-Identifier: GPL-2.0-only
/*
 * The cursor: every event once and in order, whatever the length; an end in
 * the middle; sources that fail or are no longer what they were.
 */
#include "stream_fixture.h"

#include "team_fixture.h"
#include "trace_compare.h"
#include "trace_cursor.h"

#define BLOCK 16384u

/* All events, compared with the rule; the number of blocks. */
static unsigned go_through(const struct trace *trace, unsigned nr_domains)
{
	const struct trace_event *ev;
	struct trace_cursor *cur;
	unsigned nr_blocks = 0;
	uint64_t done = 0;
	size_t nr;

	assert_int_equal(trace_cursor_open(trace, &cur), 0);
	for (;;) {
		assert_int_equal(trace_cursor_next(cur, &ev, &nr), 0);
		if (!nr)
			break;
		for (size_t i = 0; i < nr; i++, done++) {
			struct trace_event expected;

			make_event(&expected, done, nr_domains);
			assert_true(events_equal(&ev[i], &expected));
			assert_int_equal(ev[i].line, expected.line);
		}
		nr_blocks++;
	}
	assert_int_equal(done, trace->nr_events);
	assert_int_equal(trace_cursor_next(cur, &ev, &nr), 0);
	assert_int_equal(nr, 0);
	trace_cursor_close(cur);
	return nr_blocks;
}

static void test_cursor__order(void **state)
{
	static const uint64_t length[] = { 1,
					   2,
					   BLOCK - 1,
					   BLOCK,
					   BLOCK + 1,
					   8 * BLOCK - 1,
					   8 * BLOCK,
					   8 * BLOCK + 1,
					   20 * BLOCK + 7 };
	struct trace trace;

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(length); i++) {
		unsigned nr_blocks =
			(unsigned)((length[i] + BLOCK - 1) / BLOCK);

		watchdog();
		open_made(length[i], 1, 0, &trace);
		assert_null(trace.event);
		assert_int_equal(go_through(&trace, 1), nr_blocks);
		assert_int_equal(go_through(&trace, 1), nr_blocks);
		trace_free(&trace);
	}
}

static void test_cursor__memory_is_one_block(void **state)
{
	struct trace trace;

	(void)state;
	open_made(20 * BLOCK + 7, 3, 20 * BLOCK + 7, &trace);
	assert_non_null(trace.event);
	assert_int_equal(go_through(&trace, 3), 1);
	trace_free(&trace);
}

/* The reader may be waiting for a block, at work, or at its end. */
static void test_cursor__early_close(void **state)
{
	struct trace trace;

	(void)state;
	open_made(20 * BLOCK, 2, 0, &trace);
	for (unsigned i = 0; i < 22; i++) {
		const struct trace_event *ev;
		struct trace_cursor *cur;
		size_t nr;

		watchdog();
		assert_int_equal(trace_cursor_open(&trace, &cur), 0);
		for (unsigned k = 0; k < i; k++)
			assert_int_equal(trace_cursor_next(cur, &ev, &nr), 0);
		trace_cursor_close(cur);
	}
	trace_cursor_close(NULL);
	trace_free(&trace);
}

/* Goes through what can be read; the error, and how far it got. */
static int go_until_error(const struct trace *trace, uint64_t *ret_done,
			  char *why)
{
	const struct trace_event *ev;
	struct trace_cursor *cur;
	size_t nr;
	int err;

	watchdog();
	*ret_done = 0;
	why[0] = '\0';
	assert_int_equal(trace_cursor_open(trace, &cur), 0);
	do {
		err = trace_cursor_next(cur, &ev, &nr);
		for (size_t i = 0; !err && i < nr; i++)
			assert_true(ev[i].domain < trace->nr_domains);
		*ret_done += err ? 0 : nr;
	} while (!err && nr);
	if (err) {
		assert_int_equal(trace_cursor_next(cur, &ev, &nr), err);
		snprintf(why, TRACE_WHY_SIZE, "%s", trace_cursor_why(cur));
	}
	trace_cursor_close(cur);
	return err;
}

static void test_cursor__source_fails(void **state)
{
	static const uint64_t at[] = { 0, 1, BLOCK, BLOCK + 1, 12 * BLOCK + 5 };
	char why[TRACE_WHY_SIZE];
	struct made_source *made;
	struct trace trace;
	uint64_t done;

	(void)state;
	made = open_made(13 * BLOCK, 1, 0, &trace);
	made->bad_reading = 2;
	made->err = -EIO;
	for (unsigned i = 0; i < ARRAY_SIZE(at); i++) {
		made->fail_at = at[i];
		assert_int_equal(go_until_error(&trace, &done, why), -EIO);
		assert_int_equal(done, at[i] / BLOCK * BLOCK);
		assert_string_equal(why, "made: out of order");
	}
	made->bad_reading = 0;
	assert_int_equal(go_until_error(&trace, &done, why), 0);
	assert_int_equal(done, 13 * BLOCK);
	trace_free(&trace);
}

static void test_cursor__source_changes(void **state)
{
	static const struct {
		uint64_t nr_events;
		unsigned nr_domains;
		char first_domain;
	} change[] = {
		{ 2, 2, 'a' },
		{ 3 * BLOCK - 1, 2, 'a' },
		{ 3 * BLOCK + 1, 2, 'a' },
		{ 30 * BLOCK, 2, 'a' },
		{ 3 * BLOCK, 1, 'a' },
		{ 3 * BLOCK, 3, 'a' },
		{ 3 * BLOCK, 2, 'b' },
	};
	char why[TRACE_WHY_SIZE];
	struct made_source *made;
	struct trace trace;
	uint64_t done;

	(void)state;
	made = open_made(3 * BLOCK, 2, 0, &trace);
	made->bad_reading = 2;
	assert_int_equal(go_until_error(&trace, &done, why), 0);
	for (unsigned i = 0; i < ARRAY_SIZE(change); i++) {
		made->bad_nr_events = change[i].nr_events;
		made->bad_nr_domains = change[i].nr_domains;
		made->first_domain = change[i].first_domain;
		assert_int_equal(go_until_error(&trace, &done, why), -ESTALE);
		assert_true(done <= trace.nr_events);
		assert_string_equal(why, "made: changed while it was read");
	}
	trace_free(&trace);
}

struct seen {
	uint64_t nr;
	uint64_t end_at; /* ends the walk behind that event; 0: never */
};

static int see(void *ctx, const struct trace_event *ev, size_t nr,
	       uint64_t first)
{
	struct seen *seen = ctx;
	struct trace_event expected;

	assert_int_equal(first, seen->nr);
	assert_true(nr > 0);
	make_event(&expected, first, 1);
	assert_true(events_equal(&ev[0], &expected));
	seen->nr += nr;
	return seen->end_at && seen->nr >= seen->end_at ? 7 : 0;
}

/* All; until the function has enough; until the source fails; not at all. */
static void test_cursor__each(void **state)
{
	char why[TRACE_WHY_SIZE] = "x";
	struct made_source *made;
	struct trace trace;

	(void)state;
	for (unsigned keep = 0; keep < 2; keep++) {
		uint64_t nr = 3 * BLOCK + 1;
		struct seen all = { 0 }, some = { .end_at = 1 };

		watchdog();
		made = open_made(nr, 1, keep ? nr : 0, &trace);
		assert_int_equal(trace_each(&trace, see, &all, why), 0);
		assert_string_equal(why, "");
		assert_int_equal(all.nr, nr);
		assert_int_equal(trace_each(&trace, see, &some, why), 7);
		assert_string_equal(why, "");
		assert_int_equal(some.nr, keep ? nr : BLOCK);
		if (!keep) {
			struct seen part = { 0 }, none = { 0 };

			made->bad_reading = 1;
			made->err = -EIO;
			made->fail_at = BLOCK;
			assert_int_equal(trace_each(&trace, see, &part, why),
					 -EIO);
			assert_string_equal(why, "made: out of order");
			assert_int_equal(part.nr, BLOCK);
			creates_left = 0;
			assert_int_equal(trace_each(&trace, see, &none, why),
					 -EAGAIN);
			assert_string_equal(why, "reading ahead: Resource "
						 "temporarily unavailable");
			assert_int_equal(none.nr, 0);
			creates_left = UINT32_MAX;
		}
		trace_free(&trace);
	}
}

static void test_cursor__no_thread(void **state)
{
	struct trace_cursor *cur = NULL;
	struct trace trace;

	(void)state;
	open_made(10, 1, 0, &trace);
	watchdog();
	creates_left = 0;
	assert_int_equal(trace_cursor_open(&trace, &cur), -EAGAIN);
	assert_null(cur);
	creates_left = UINT32_MAX;
	assert_int_equal(go_through(&trace, 1), 1);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cursor__order),
		cmocka_unit_test(test_cursor__memory_is_one_block),
		cmocka_unit_test(test_cursor__early_close),
		cmocka_unit_test(test_cursor__source_fails),
		cmocka_unit_test(test_cursor__source_changes),
		cmocka_unit_test(test_cursor__each),
		cmocka_unit_test(test_cursor__no_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
