// SPDX-License-Identifier: GPL-2.0-only
/*
 * run --resume: is what stands in the folder the same measurement, and which of
 * its units are finished?
 *
 * Exact figures are not taken over: they are made again, and what units did is
 * compared with them.
 */
#include "run_session.h"

#include <stdlib.h>
#include <string.h>

/* A value in few words; to be freed. */
static char *brief(const json_t *value)
{
	const json_t *label = json_object_get(value, "label");
	char *text = value ? json_dumps(label ? label : value,
					JSON_ENCODE_ANY | JSON_COMPACT)
			   : strdup("nothing");

	if (text && strlen(text) > 60)
		strcpy(text + 57, "...");
	return text;
}

static int differ(const char *out, const char *name, const json_t *was,
		  const json_t *is)
{
	char *old = brief(was), *new = brief(is);
	int status = cli_fail(
		EXIT_USAGE,
		"--resume: %s is of another measurement: %s was %s, is %s", out,
		name, old ? old : "?", new ? new : "?");

	free(old);
	free(new);
	return status;
}

/* Of lists the first element that differs is named. */
static int compare_member(const char *out, const char *name, const json_t *was,
			  const json_t *is)
{
	size_t nr = json_array_size(was), more = json_array_size(is), i;

	if (was && is && json_equal(was, is))
		return EXIT_FINE;
	if (!json_is_array(was) || !json_is_array(is))
		return differ(out, name, was, is);
	for (i = 0; i < nr && i < more; i++)
		if (!json_equal(json_array_get(was, i), json_array_get(is, i)))
			break;
	return differ(out, name, json_array_get(was, i), json_array_get(is, i));
}

/* Options come last: they say the rest again. */
static int compare_plan(const char *out, const json_t *was, const json_t *is)
{
	const char *key;
	json_t *value;
	int status = EXIT_FINE;

	json_object_foreach((json_t *)is, key, value)
	{
		if (!status && strcmp(key, "options"))
			status = compare_member(
				out, key, json_object_get(was, key), value);
	}
	if (status)
		return status;
	return compare_member(out, "option", json_object_get(was, "options"),
			      json_object_get(is, "options"));
}

struct environment_check {
	const char *out;
	const json_t *was;
	int status;
};

static void compare_environment(void *ctx, const char *name, const char *text)
{
	struct environment_check *check = ctx;
	json_t *is = json_string(text);

	if (!check->status && strcmp(name, "load_1min"))
		check->status =
			compare_member(check->out, name,
				       json_object_get(check->was, name), is);
	json_decref(is);
}

static int same_measurement(const struct run_session *s, const json_t *root)
{
	const char *out = s->opts->out;
	struct environment_check check = {
		.out = out,
		.was = json_object_get(root, "environment"),
	};
	json_t *plan;

	if (!json_is_false(json_object_get(root, "complete")))
		return cli_fail(EXIT_USAGE,
				"--resume: %s is complete, nothing is left",
				out);
	plan = run_session_plan(s);
	if (!plan)
		return cli_fail(EXIT_FAILED, "out of memory");
	check.status = compare_plan(out, json_object_get(root, "plan"), plan);
	json_decref(plan);
	environment_each(&s->env, compare_environment, &check);
	return check.status;
}

static int mark_done(struct run_session *s, const char *file,
		     const json_t *root)
{
	const json_t *done = json_object_get(
		json_object_get(root, "measurement"), "units_done");

	for (unsigned w = 0; w < s->opts->nr_workloads; w++) {
		const json_t *list = json_object_get(done, s->label[w]);
		size_t i;

		for (i = 0; i < json_array_size(list); i++) {
			json_int_t p =
				json_integer_value(json_array_get(list, i));
			struct unit *unit =
				p > 0 && p <= s->opts->nr_processes
					? units_find(&s->units, w, (unsigned)p)
					: NULL;

			if (!unit || unit->done)
				return cli_fail(EXIT_USAGE,
						"%s: units_done of %s is wrong",
						file, s->label[w]);
			unit->done = true;
		}
	}
	return EXIT_FINE;
}

/* Rows of units that are not finished would be counted twice. */
int run_resume_check(struct run_session *s)
{
	char file[4096], why[OUTPUT_WHY_SIZE];

	snprintf(file, sizeof(file), "%s/samples.csv", s->opts->out);
	for (unsigned i = 0; i < s->units.nr; i++) {
		const struct unit *unit = &s->units.unit[i];
		unsigned k;

		if (unit->done &&
		    unit_check(s->opts, unit,
			       run_session_exact(s, unit->workload), s->obs,
			       why))
			return cli_fail(EXIT_USAGE, "%s: %s", file, why);
		for (k = 0; !unit->done && k < s->opts->plan.plan.nr_specs; k++)
			if (observations_of(s->obs, unit->workload, k,
					    OBSERVATIONS_ALONE, "exact_check",
					    unit->process, NULL, NULL))
				return cli_fail(
					EXIT_USAGE,
					"%s: %s, process %u: not finished, but there",
					file, s->label[unit->workload],
					unit->process);
	}
	return EXIT_FINE;
}

static int read_samples(struct run_session *s)
{
	char file[4096], why[OUTPUT_WHY_SIZE];
	struct csv_table table;
	int err;

	snprintf(file, sizeof(file), "%s/samples.csv", s->opts->out);
	err = csv_table_read(file, &table, why);
	if (err)
		return cli_fail(EXIT_USAGE, "%s", why);
	err = observations_read(s->obs, file, &table, why);
	csv_table_fini(&table);
	if (err)
		return cli_fail(EXIT_USAGE, "%s", why);
	return EXIT_FINE;
}

int run_resume(struct run_session *s)
{
	char file[4096];
	json_error_t error;
	json_t *root;
	int status;

	snprintf(file, sizeof(file), "%s/result.json", s->opts->out);
	root = json_load_file(file, 0, &error);
	if (!root && error.line < 1)
		return cli_fail(EXIT_USAGE, "--resume: no result in %s: %s",
				s->opts->out, error.text);
	if (!root)
		return cli_fail(EXIT_USAGE, "%s:%d: %s", file, error.line,
				error.text);
	status = same_measurement(s, root);
	if (!status)
		status = mark_done(s, file, root);
	json_decref(root);
	return status ? status : read_samples(s);
}
