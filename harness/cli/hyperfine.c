// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs hyperfine and reads what it exports; see hyperfine.h.
 */
#include "hyperfine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "physmem.h"
#include "plan_options.h"

/* Puts text in quotes that hyperfine's own splitting undoes. */
static void put_quoted(FILE *out, const char *text)
{
	fputc('\'', out);
	for (; *text; text++)
		if (*text == '\'')
			fputs("'\"'\"'", out);
		else
			fputc(*text, out);
	fputc('\'', out);
}

static char *command_of(const struct hyperfine_job *job,
			const struct l2_spec *spec)
{
	char *plan = plan_options_format(job->opts, job->plan);
	char *text = NULL;
	size_t size;
	FILE *out = plan ? open_memstream(&text, &size) : NULL;

	if (out) {
		put_quoted(out, job->self);
		fprintf(out, " replay --bare --strategy=%s%s %s", spec->label,
			plan, job->workload);
		if (fclose(out)) {
			free(text);
			text = NULL;
		}
	}
	free(plan);
	return text;
}

static int run_hyperfine(const struct hyperfine_job *job, char *export,
			 char *why)
{
	unsigned nr = job->plan->nr_specs, i;
	char runs[16];
	const char *fixed[] = {
		job->program, "--shell=none", "--style=none",  "--warmup=1",
		"--runs",     runs,	      "--export-json", export,
	};
	size_t nr_fixed = ARRAY_SIZE(fixed);
	/* posix_spawn wants char *, and changes nothing. */
	char **argv = calloc(nr_fixed + nr + 1, sizeof(*argv));
	int err = 0;

	if (!argv)
		return why_set(why, -ENOMEM, "out of memory");
	snprintf(runs, sizeof(runs), "%d", HYPERFINE_RUNS);
	memcpy(argv, fixed, sizeof(fixed));
	for (i = 0; i < nr && !err; i++) {
		argv[nr_fixed + i] = command_of(job, &job->plan->spec[i]);
		if (!argv[nr_fixed + i])
			err = why_set(why, -ENOMEM, "out of memory");
	}
	if (!err)
		err = child_output(argv, NULL, NULL, why);
	for (i = 0; i < nr; i++)
		free(argv[nr_fixed + i]);
	free(argv);
	return err;
}

/* The times of the i-th command, or NULL if they are not what was asked for. */
static const json_t *times_of(const json_t *results, unsigned i)
{
	const json_t *times =
		json_object_get(json_array_get(results, i), "times");
	size_t k;

	if (json_array_size(times) != HYPERFINE_RUNS)
		return NULL;
	for (k = 0; k < HYPERFINE_RUNS; k++)
		if (!json_is_number(json_array_get(times, k)))
			return NULL;
	return times;
}

static int add_times(struct result *res, const struct hyperfine_job *job,
		     unsigned i, const json_t *times)
{
	struct sample s = {
		.source = "hyperfine",
		.strategy = job->plan->spec[i].label,
		.workload = job->workload,
		.metric = "process_s",
		.unit = "s",
		.count = 1,
		.versus = "",
	};
	int err = 0;

	for (s.rep = 1; s.rep <= HYPERFINE_RUNS && !err; s.rep++) {
		s.value = json_number_value(json_array_get(times, s.rep - 1));
		err = samples_put(result_samples(res), &s);
	}
	return err;
}

static int read_export(struct result *res, const struct hyperfine_job *job,
		       const char *export, char *why)
{
	json_error_t error;
	json_t *root = json_load_file(export, 0, &error);
	const json_t *results = json_object_get(root, "results");
	unsigned nr = job->plan->nr_specs, i;
	int err = 0;

	if (!root)
		return why_set(why, -EIO, "hyperfine's export: %s", error.text);
	/* All or none, so that strategies stay comparable. */
	for (i = 0; i < nr && !err; i++)
		if (json_array_size(results) != nr || !times_of(results, i))
			err = why_set(why, -EIO,
				      "hyperfine's export: not as expected");
	for (i = 0; i < nr && !err; i++) {
		err = add_times(res, job, i, times_of(results, i));
		if (err)
			why_errno(why, err, "samples.csv");
	}
	json_decref(root);
	return err;
}

int hyperfine_measure(struct result *res, const struct hyperfine_job *job,
		      char *why)
{
	const char *tmp = getenv("TMPDIR");
	char export[256];
	int fd, err;

	snprintf(export, sizeof(export), "%s/v7sbench-hyperfine-XXXXXX",
		 tmp && *tmp ? tmp : "/tmp");
	fd = mkstemp(export);
	if (fd < 0)
		return why_set(why, -EIO, "%s: %s", export, strerror(errno));
	close(fd);
	err = run_hyperfine(job, export, why);
	if (!err)
		err = read_export(res, job, export, why);
	unlink(export);
	return err;
}
