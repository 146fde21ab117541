// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of items with settings, as options take them.
 */
#include "mm_fixture.h"

#include <fcntl.h>
#include <stdio.h>

#include "args.h"

/* What came of a list: items, each ended by a "|". */
struct seen {
	char items[400];
};

static void see(void *ctx, struct argp_state *state, const char *item)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->items);

	(void)state;
	snprintf(seen->items + len, sizeof(seen->items) - len, "%s|", item);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	if (key != ARGP_KEY_ARG)
		return ARGP_ERR_UNKNOWN;
	args_items(state, "--list", arg, see, state->input);
	return 0;
}

static void read_list(const char *text, struct seen *ret)
{
	static const struct argp argp = { .parser = parse };
	char name[] = "test";
	char *arg = strdup(text);
	char *argv[] = { name, arg, NULL };

	assert_non_null(arg);
	ret->items[0] = '\0';
	args_parse(&argp, 2, argv, ret);
	free(arg);
}

static void test_args__items(void **state)
{
	static const struct {
		const char *text, *items;
	} list[] = {
		{ "a", "a|" },
		{ "a,b", "a|b|" },
		{ "a:x=1", "a:x=1|" },
		{ "a:x=1,y=2", "a:x=1,y=2|" },
		{ "a,b:x=1,y=2,c", "a|b:x=1,y=2|c|" },
		{ "a:x=1,b:y=2", "a:x=1|b:y=2|" },
		{ "a:x=1,y=,z", "a:x=1,y=|z|" },
		/* Whoever parses the item says what is wrong with it. */
		{ "a,x=1", "a,x=1|" },
		{ "x=1,a", "x=1|a|" },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(list); i++) {
		struct seen seen;

		read_list(list[i].text, &seen);
		assert_string_equal(seen.items, list[i].items);
	}
}

static void test_args__longest_item(void **state)
{
	char text[ARGS_ITEM_SIZE];
	struct seen seen;

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	read_list(text, &seen);
	assert_int_equal(strlen(seen.items), ARGS_ITEM_SIZE);
}

/* The status with which a list ends the program. */
static int status_of(const char *text)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		struct seen seen;

		close(STDERR_FILENO);
		open("/dev/null", O_WRONLY);
		read_list(text, &seen);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_args__bad_lists(void **state)
{
	char text[ARGS_ITEM_SIZE + 1];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(status_of("a,b"), 0);
	assert_int_equal(status_of(""), EXIT_USAGE);
	assert_int_equal(status_of(","), EXIT_USAGE);
	assert_int_equal(status_of(",a"), EXIT_USAGE);
	assert_int_equal(status_of("a,,b"), EXIT_USAGE);
	assert_int_equal(status_of("a,"), EXIT_USAGE);
	assert_int_equal(status_of("a:x=1,"), EXIT_USAGE);
	assert_int_equal(status_of(text), EXIT_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_args__items),
		cmocka_unit_test(test_args__longest_item),
		cmocka_unit_test(test_args__bad_lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
