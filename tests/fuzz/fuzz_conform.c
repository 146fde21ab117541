// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of golden vectors: any text is replayed up to its end, its first
 * difference or its first malformed line, and the result says which, the same
 * on both paths of the page table.
 *
 * Needs -Wl,--wrap=machine_profile_find: the machine of the vectors would take
 * most of the time.
 */
#include <errno.h>

#include "conform_text.h"
#include "fuzz_machine.h"
#include "v7s_config.h"

const struct machine_profile *__wrap_machine_profile_find(const char *name);

const struct machine_profile *__wrap_machine_profile_find(const char *name)
{
	CHECK(!strcmp(name, CONFORM_MACHINE));
	return &fuzz_machine;
}

static bool ended(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

/* A line is what conform_next_line() promises; a result equals itself. */
static void check_line(struct conform_text *text)
{
	uint64_t nr_results = text->ret->nr_results;
	size_t len = strlen(text->line_text);
	uint64_t number;
	int err;

	CHECK(len < CONFORM_TEXT && text->line_text[0] != '#');
	CHECK(!len || !strchr(" \t\r\n", text->line_text[len - 1]));
	if (conform_number(text->line_text, &number))
		CHECK(len && text->line_text[0] >= '0' &&
		      text->line_text[0] <= '9');
	conform_cut_line(text);
	CHECK(text->input == text->line_text);
	CHECK(!strstr(text->input, "=>"));
	if (!text->expected)
		return;
	CHECK(text->expected <= text->line_text + len);
	err = conform_compare(text, text->expected, "");
	CHECK(err == -EBADMSG || err == -EINVAL);
	CHECK(text->ret->nr_results == nr_results);
}

static unsigned check_lines(const char *data, size_t size)
{
	char why[CONFORM_WHY_SIZE] = "";
	struct conform_result result = { 0 };
	struct conform_text text = {
		.name = "f",
		.next = data,
		.end = data + size,
		.ret = &result,
		.why = why,
	};
	unsigned nr_lines = 0;
	int err;

	while ((err = conform_next_line(&text)) > 0) {
		CHECK(text.line == ++nr_lines);
		check_line(&text);
	}
	if (!err)
		CHECK(text.next == text.end);
	else
		CHECK(err == -EINVAL && !strncmp(why, "f:", 2));
	return text.line;
}

static void check_result(int err, const struct conform_result *result,
			 const char *why, unsigned nr_lines)
{
	CHECK(err == 0 || err == -EBADMSG || err == -EINVAL || err == -ENOMEM);
	CHECK((err == -EBADMSG) == (result->line != 0));
	CHECK(result->line <= nr_lines);
	CHECK(ended(result->expected, sizeof(result->expected)));
	CHECK(ended(result->got, sizeof(result->got)));
	CHECK(result->nr_ops <= nr_lines && result->nr_results <= nr_lines);
	CHECK(result->nr_tables <= result->nr_ops);
	if (err == -EBADMSG)
		CHECK(strcmp(result->expected, result->got) != 0);
	if (err)
		CHECK(!strncmp(why, "f:", 2) && ended(why, CONFORM_WHY_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct v7s_config batch = { .path = V7S_PATH_BATCH };
	struct v7s_config kernel = { .path = V7S_PATH_KERNEL };
	struct conform_result result, other;
	char why[CONFORM_WHY_SIZE] = "";
	struct l2_spec spec;
	unsigned nr_lines;
	int err;

	nr_lines = check_lines((const char *)data, size);
	CHECK(!l2_spec_parse("pte_frag", &spec, why, sizeof(why)));
	err = conform_memory("f", (const char *)data, size, &spec, &kernel,
			     &result, why);
	check_result(err, &result, why, nr_lines);
	CHECK(conform_memory("f", (const char *)data, size, &spec, &batch,
			     &other, why) == err);
	CHECK(!memcmp(&other, &result, sizeof(result)));
	return 0;
}
