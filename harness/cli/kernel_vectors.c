// SPDX-License-Identifier: GPL-2.0-only
/*
 * Golden vectors put to a real kernel; see kernel_vectors.h.
 *
 * A script has all files, each after a line that says which, so that an error
 * in one does not spoil the next. Invariant: a row has lines or a reason.
 */
#include "kernel_vectors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

#define MEMORY_MB 2048
#define MARK "say vectors "

struct kernel_vector_file {
	const char *name;
	char *text;
	size_t size;
};

static int read_all(const struct kernel_options *opts, struct kernel_vectors *v)
{
	char why[OUTPUT_WHY_SIZE];

	for (unsigned i = 0; i < opts->nr_vectors; i++) {
		struct kernel_vector_file *f = &v->file[i];
		int err = kernel_read_file(opts->vector[i], &f->text, &f->size,
					   why);

		if (err)
			return cli_fail(cli_input_status(err), "%s", why);
		f->name = cli_trace_name(opts->vector[i]);
		if (!memmem(f->text, f->size, " => ", 4))
			return cli_fail(EXIT_USAGE, "%s: no result to compare",
					opts->vector[i]);
	}
	return EXIT_FINE;
}

int kernel_vectors_open(const struct kernel_options *opts,
			struct kernel_vectors *ret)
{
	size_t nr = (size_t)opts->nr_vectors * opts->plan.plan.nr_specs;

	ret->file = calloc(opts->nr_vectors + 1, sizeof(*ret->file));
	ret->row = calloc(nr + 1, sizeof(*ret->row));
	ret->text = calloc(nr + 1, sizeof(*ret->text));
	if (!ret->file || !ret->row || !ret->text)
		return cli_fail(EXIT_FAILED, "out of memory");
	ret->nr_rows = nr;
	return read_all(opts, ret);
}

void kernel_vectors_close(const struct kernel_options *opts,
			  struct kernel_vectors *vectors)
{
	for (unsigned i = 0; vectors->file && i < opts->nr_vectors; i++)
		free(vectors->file[i].text);
	free(vectors->file);
	free(vectors->row);
	free(vectors->text);
	*vectors = (struct kernel_vectors){ 0 };
}

static int start(struct kernel_host *host, const struct kernel_vectors *v,
		 unsigned spec, struct kernel_boot *ret)
{
	const struct kernel_options *opts = host->opts;
	const struct kernel_machine machine = { 1, MEMORY_MB, false };
	char script[KERNEL_PATH_SIZE], why[OUTPUT_WHY_SIZE];
	int err = 0;
	FILE *out;

	kernel_host_name(host, "script", script);
	out = fopen(script, "we");
	if (!out)
		return cli_fail(EXIT_FAILED, "%s: %s", script, strerror(errno));
	for (unsigned i = 0; i < opts->nr_vectors && !err; i++) {
		fprintf(out, MARK "%u\n", i);
		err = kernel_script_vectors(opts->plan.spec[spec].ops->name,
					    v->file[i].text, v->file[i].size,
					    out);
	}
	if (fclose(out) || err)
		return cli_fail(EXIT_FAILED, "%s: cannot be written", script);
	if (kernel_boot_start(host, script, &machine, ret, why))
		return cli_fail(EXIT_FAILED, "%s", why);
	return EXIT_FINE;
}

/* The answers to a file, to the next line that is said. False if there are
 * none. */
static bool answers_to(const char *text, unsigned file, const char **ret,
		       size_t *ret_size)
{
	char mark[64];
	const char *end;

	snprintf(mark, sizeof(mark), "\n" MARK "%u\n", file);
	*ret = strstr(text, mark);
	if (!*ret)
		return false;
	*ret += strlen(mark);
	end = strncmp(*ret, "say ", 4) ? strstr(*ret, "\nsay ") : *ret - 1;
	*ret_size = end ? (size_t)(end + 1 - *ret) : strlen(*ret);
	return true;
}

/* err: what came of the boot, why then says it. */
static void compare(struct kernel_host *host, struct kernel_vectors *v,
		    unsigned spec, int err, const char *text, const char *why)
{
	const struct kernel_options *opts = host->opts;

	for (unsigned i = 0; i < opts->nr_vectors; i++) {
		size_t at = (size_t)spec * opts->nr_vectors + i, size;
		struct kernel_vector_row *row = &v->row[at];
		const char *answers;

		*row = (struct kernel_vector_row){
			.source = host->source,
			.strategy = opts->plan.spec[spec].label,
			.file = v->file[i].name,
			.differ = "",
			.reason = "",
		};
		if (err)
			row->reason = strcpy(v->text[at], why);
		else if (!answers_to(text, i, &answers, &size))
			row->reason = "no answers to this file";
		else if (kernel_agree_vectors(row->file, v->file[i].text,
					      v->file[i].size, answers, size,
					      &row->nr_lines, v->text[at]))
			row->differ = v->text[at];
	}
}

static int end(struct kernel_host *host, struct kernel_vectors *v,
	       unsigned spec, struct kernel_boot *boot)
{
	char why[KERNEL_WHY_SIZE], *text = NULL;
	size_t size;
	int err = kernel_boot_end(host, boot, &text, &size, why);

	if (err == -EINTR)
		return err;
	if (err == -ENOSYS)
		return cli_fail(EXIT_SKIP, "%s: './bootstrap kernel-check'",
				why);
	if (!err && strncmp(text, "say selftest 0\n", 15)) {
		err = -ENODEV;
		snprintf(why, sizeof(why),
			 "the driver failed its own test in this boot");
	}
	compare(host, v, spec, err, text, why);
	free(text);
	return EXIT_FINE;
}

int kernel_vectors_run(struct kernel_host *host, struct kernel_vectors *vectors)
{
	unsigned nr = host->opts->plan.plan.nr_specs;
	struct kernel_boot boot[2] = { { .answers = "" } };
	int status = EXIT_FINE;

	for (unsigned i = 0; i < nr && !status; i += 2) {
		for (unsigned k = 0; k < 2 && i + k < nr && !status; k++)
			status = start(host, vectors, i + k, &boot[k]);
		for (unsigned k = 0; k < 2 && i + k < nr && !status; k++)
			status = end(host, vectors, i + k, &boot[k]);
	}
	for (unsigned k = 0; k < 2; k++)
		kernel_boot_stop(host, &boot[k]);
	return status;
}
