// SPDX-License-Identifier: GPL-2.0-only
/*
 * Options of the programs; see args.h. argp tells of --help after each error;
 * nothing in its interface leaves that out, but a parser may choose the stream
 * that errors go to.
 */
#include "args.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Passes to stderr the lines that start with name, as argp's messages do. */
struct errors {
	const char *name;
	bool in_line, ours;
};

static ssize_t pass_errors(void *cookie, const char *text, size_t size)
{
	struct errors *errors = cookie;
	size_t name = strlen(errors->name), done = 0;

	while (done < size) {
		const char *line = text + done;
		const char *end = memchr(line, '\n', size - done);
		size_t n = end ? (size_t)(end - line) + 1 : size - done;

		if (!errors->in_line)
			errors->ours = n > name &&
				       !memcmp(line, errors->name, name);
		if (errors->ours)
			fwrite(line, 1, n, stderr);
		errors->in_line = !end;
		done += n;
	}
	return (ssize_t)size;
}

struct parse {
	FILE *stream;
	void *input;
};

static error_t start(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	(void)arg;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	if (parse->stream)
		state->err_stream = parse->stream;
	state->child_inputs[0] = parse->input;
	return 0;
}

void args_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	const struct argp_child children[] = {
		{ argp, 0, NULL, 0 },
		{ NULL, 0, NULL, 0 },
	};
	const struct argp root = { .parser = start, .children = children };
	const char *slash = strrchr(argv[0], '/');
	struct errors errors = { .name = slash ? slash + 1 : argv[0] };
	struct parse parse = {
		.stream = fopencookie(
			&errors, "w",
			(cookie_io_functions_t){ .write = pass_errors }),
		.input = input,
	};

	if (parse.stream)
		setvbuf(parse.stream, NULL, _IOLBF, BUFSIZ);
	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&root, argc, argv, 0, NULL, &parse);
	if (parse.stream)
		fclose(parse.stream);
}

unsigned long long args_number(struct argp_state *state, const char *option,
			       const char *text, unsigned long long min,
			       unsigned long long max)
{
	unsigned long long n;
	char *end;

	errno = 0;
	n = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (*text < '0' || *text > '9' || *end || errno || n < min || n > max)
		argp_error(state, "%s: '%s' is no number from %llu to %llu",
			   option, text, min, max);
	return n;
}

#define SIZE_SHIFT_MAX 44 /* 16 TiB: more than any machine here */

unsigned long long args_size(struct argp_state *state, const char *option,
			     const char *text)
{
	static const char unit[] = "KMG";
	unsigned long long n;
	unsigned shift = 0;
	const char *u;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	u = *end ? strchr(unit, *end) : NULL;
	if (u)
		shift = 10 * (unsigned)(u - unit + 1);
	if (*text < '0' || *text > '9' || errno || (*end && (!u || end[1])) ||
	    n > 1ull << (SIZE_SHIFT_MAX - shift))
		argp_error(
			state,
			"%s: '%s' is no size (digits, then nothing or K, M, G)",
			option, text);
	return n << shift;
}

unsigned args_word(struct argp_state *state, const char *option,
		   const char *text, const char *const *words)
{
	char list[160] = "";
	unsigned i;

	for (i = 0; words[i]; i++) {
		if (!strcmp(text, words[i]))
			return i;
		strncat(list, i ? ", " : "", sizeof(list) - strlen(list) - 1);
		strncat(list, words[i], sizeof(list) - strlen(list) - 1);
	}
	argp_error(state, "%s: '%s' is none of %s", option, text, list);
	return 0;
}

/* Length of the first item of a list. */
static size_t item_length(const char *text)
{
	size_t len = strcspn(text, ",");

	while (text[len]) {
		const char *next = text + len + 1;
		size_t n = strcspn(next, ",");

		if (!memchr(next, '=', n) || memchr(next, ':', n))
			break;
		len += 1 + n;
	}
	return len;
}

void args_items(struct argp_state *state, const char *option, const char *text,
		void (*add)(void *ctx, struct argp_state *state,
			    const char *item),
		void *ctx)
{
	char item[ARGS_ITEM_SIZE];

	if (!*text)
		argp_error(state, "%s is empty", option);
	while (*text) {
		size_t len = item_length(text);

		if (*text == ',')
			argp_error(state, "%s: empty name before '%s'", option,
				   text);
		if (len >= sizeof(item))
			argp_error(state, "%s: too long: %s", option, text);
		memcpy(item, text, len);
		item[len] = '\0';
		add(ctx, state, item);
		text += len;
		if (*text == ',' && !*++text)
			argp_error(state, "%s ends in a comma", option);
	}
}
