// SPDX-License-Identifier: GPL-2.0-only
/*
 * argp_parse() whose errors are one line. argp tells of --help after each;
 * nothing in its interface leaves that out, but a parser may choose the stream
 * that errors go to.
 */
#include <stdio.h>
#include <string.h>

#include "cli.h"

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

void cli_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	const struct argp_child children[] = {
		{ argp, 0, NULL, 0 },
		{ NULL, 0, NULL, 0 },
	};
	const struct argp root = { .parser = start, .children = children };
	struct errors errors = { .name = argv[0] };
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
