// SPDX-License-Identifier: GPL-2.0-only
/*
 * See likeness.h. What likeness_of() gives:
 *
 *	{ "schema_version": 2, "program": { "compiler": ... },
 *	  "machine": { "cpu_model": ... }, "models": { "page": "Linux ..." },
 *	  "workloads": { "boot": { "profile": "mt8173", "ias": "32" ... } } }
 *
 * Not compared: what a run reads at the moment (load, governor), revisions of
 * the program, which are what one compares, and numbers of repetitions.
 */
#include "likeness.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const char *const program[] = { "compiler", "cflags", "sanitize",
				       "assert_level", NULL };
static const char *const machine[] = { "cpu_model", "machine", "cpus_online",
				       NULL };
/* Columns of a cell that are the same for all strategies on a workload. */
static const char *const model[] = { "profile",	 "frag",   "zone_bytes",
				     "age_seed", "share",  "ias",
				     "oas",	 "quirks", "kernel",
				     "split",	 "path",   "coherent",
				     "rebased",	 NULL };

/* Members of an object that are there. */
static json_t *pick(const json_t *from, const char *const *name)
{
	json_t *ret = json_object();

	for (; ret && *name; name++) {
		json_t *item = json_object_get(from, *name);

		if (item && json_object_set(ret, *name, item)) {
			json_decref(ret);
			return NULL;
		}
	}
	return ret;
}

/* Takes item. False without memory; then obj is gone. */
static bool put(json_t **obj, const char *key, json_t *item)
{
	if (!json_object_set_new(*obj, key, item))
		return true;
	json_decref(*obj);
	*obj = NULL;
	return false;
}

static json_t *models_of(const json_t *root)
{
	const json_t *list =
		json_object_get(json_object_get(root, "plan"), "strategies");
	json_t *ret = json_object(), *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		const char *label =
			json_string_value(json_object_get(item, "label"));
		json_t *models = json_object_get(item, "models");

		if (label && models && !put(&ret, label, json_incref(models)))
			break;
	}
	return ret;
}

static json_t *workloads_of(const json_t *root)
{
	json_t *ret = json_object(), *cell;
	size_t i;

	json_array_foreach(json_object_get(root, "cells"), i, cell)
	{
		const char *name =
			json_string_value(json_object_get(cell, "workload"));

		if (name && !json_object_get(ret, name) &&
		    !put(&ret, name, pick(cell, model)))
			break;
	}
	return ret;
}

/* Members of what likeness_of() gives; NULL ends. */
static const char *const parts[] = { "schema_version", "program",   "machine",
				     "models",	       "workloads", NULL };

static bool is_likeness(const json_t *root)
{
	return json_is_object(json_object_get(root, "machine")) &&
	       json_is_object(json_object_get(root, "program")) &&
	       json_is_object(json_object_get(root, "models")) &&
	       json_is_object(json_object_get(root, "workloads"));
}

static json_t *describe(const json_t *root)
{
	const json_t *env = json_object_get(root, "environment");

	if (is_likeness(root))
		return pick(root, parts);
	return json_pack("{s:O, s:o, s:o, s:o, s:o}", "schema_version",
			 json_object_get(root, "schema_version"), "program",
			 pick(env, program), "machine", pick(env, machine),
			 "models", models_of(root), "workloads",
			 workloads_of(root));
}

int likeness_of(const json_t *root, json_t **ret, char *why)
{
	json_t *likeness;

	if (!json_is_integer(json_object_get(root, "schema_version")))
		return why_set(why, -EINVAL, "no number 'schema_version'");
	if (!is_likeness(root) &&
	    !json_is_object(json_object_get(root, "environment")))
		return why_set(why, -EINVAL, "no object 'environment'");
	likeness = describe(root);
	if (!likeness)
		return why_set(why, -ENOMEM, "out of memory");
	*ret = likeness;
	return 0;
}

/* Two likenesses, and whom to tell. */
struct comparing {
	const json_t *before, *after;
	void (*differs)(void *ctx, const char *line);
	void *ctx;
	int nr;
};

#define TEXT_SIZE 200

static const char *text_of(const json_t *value, char *buf)
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value))
		snprintf(buf, TEXT_SIZE, "%lld",
			 (long long)json_integer_value(value));
	else
		snprintf(buf, TEXT_SIZE, value ? "something else" : "not told");
	return buf;
}

/* True if it differs and was told. */
static bool compare_value(struct comparing *c, const char *name,
			  const json_t *was, const json_t *is,
			  const char *where)
{
	char line[3 * TEXT_SIZE], buf[2][TEXT_SIZE];

	if (was == is || json_equal(was, is))
		return false;
	snprintf(line, sizeof(line), "%.90s was %.199s, is %.199s%s%.90s", name,
		 text_of(was, buf[0]), text_of(is, buf[1]),
		 where ? " with " : "", where ? where : "");
	c->differs(c->ctx, line);
	c->nr++;
	return true;
}

static void compare_members(struct comparing *c, const char *part,
			    const char *const *name)
{
	const json_t *before = json_object_get(c->before, part);
	const json_t *after = json_object_get(c->after, part);

	for (; *name; name++)
		compare_value(c, *name, json_object_get(before, *name),
			      json_object_get(after, *name), NULL);
}

static void compare_models(struct comparing *c)
{
	json_t *after = json_object_get(c->after, "models"), *was;
	const char *label;
	char name[TEXT_SIZE];

	json_object_foreach(json_object_get(c->before, "models"), label, was)
	{
		const json_t *is = json_object_get(after, label);

		snprintf(name, sizeof(name), "what %.80s models", label);
		if (is)
			compare_value(c, name, was, is, NULL);
	}
}

/* One line a column: most often all workloads differ alike. */
static void compare_columns(struct comparing *c)
{
	json_t *before = json_object_get(c->before, "workloads"), *was;
	json_t *after = json_object_get(c->after, "workloads");
	const char *const *name, *workload;

	for (name = model; *name; name++) {
		json_object_foreach(before, workload, was)
		{
			const json_t *is = json_object_get(after, workload);

			if (is &&
			    compare_value(c, *name, json_object_get(was, *name),
					  json_object_get(is, *name), workload))
				break;
		}
	}
}

static void compare_classes(struct comparing *c, unsigned classes)
{
	if (classes & 1u << LIKENESS_SCHEMA)
		compare_value(c, "schema_version",
			      json_object_get(c->before, "schema_version"),
			      json_object_get(c->after, "schema_version"),
			      NULL);
	if (classes & 1u << LIKENESS_MODEL) {
		compare_models(c);
		compare_columns(c);
	}
	if (classes & 1u << LIKENESS_PROGRAM)
		compare_members(c, "program", program);
	if (classes & 1u << LIKENESS_MACHINE)
		compare_members(c, "machine", machine);
}

int likeness_compare(const json_t *before, const json_t *after,
		     unsigned classes,
		     void (*differs)(void *ctx, const char *line), void *ctx,
		     char *why)
{
	struct comparing c = { .differs = differs, .ctx = ctx };
	json_t *was, *is;
	int err = likeness_of(before, &was, why);

	if (err)
		return err;
	err = likeness_of(after, &is, why);
	if (!err) {
		c.before = was;
		c.after = is;
		compare_classes(&c, classes);
		json_decref(is);
	}
	json_decref(was);
	return err ? err : c.nr;
}
