// SPDX-License-Identifier: GPL-2.0-only
/*
 * Strategies by name, and their options: "page_frag:order=0". One place
 * decides what a missing, repeated, unknown or out-of-range value is; an
 * implementation only ever sees checked numbers.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "l2_strategy.h"

const struct l2_strategy_ops *l2_strategy_find(const char *name)
{
	const struct l2_strategy_ops *const *ops;

	for (ops = l2_strategies; *ops; ops++)
		if (!strcmp((*ops)->name, name))
			return *ops;
	return NULL;
}

__attribute__((format(printf, 3, 4))) static int
refuse(char *why, size_t why_size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, why_size, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

/* Index of word in "a|b|c", or -1. */
static int choice_index(const char *choices, const char *word)
{
	size_t len = strlen(word);
	int i = 0;

	for (;; i++) {
		size_t n = strcspn(choices, "|");

		if (n == len && !memcmp(choices, word, n))
			return i;
		if (!choices[n])
			return -1;
		choices += n + 1;
	}
}

static int parse_value(const struct l2_option *opt, const char *text,
		       uint64_t *ret)
{
	char *end;

	if (opt->choices) {
		int i = choice_index(opt->choices, text);

		if (i >= 0) {
			*ret = (uint64_t)i;
			return 0;
		}
		if (!opt->max)
			return -EINVAL;
	}
	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (errno || *end || *ret < opt->min || *ret > opt->max)
		return -EINVAL;
	return 0;
}

static const struct l2_option *find_option(const struct l2_strategy_ops *ops,
					   const char *key)
{
	const struct l2_option *opt = ops->options;

	for (; opt && opt->key; opt++)
		if (!strcmp(opt->key, key))
			return opt;
	return NULL;
}

static int refuse_value(const char *name, const struct l2_option *opt,
			const char *value, char *why, size_t why_size)
{
	unsigned long long min = opt->min, max = opt->max;

	if (!opt->choices)
		return refuse(why, why_size,
			      "%s: %s=%s is not from %llu to %llu", name,
			      opt->key, value, min, max);
	if (!max)
		return refuse(why, why_size, "%s: %s=%s is none of %s", name,
			      opt->key, value, opt->choices);
	return refuse(why, why_size,
		      "%s: %s=%s is neither %s nor from %llu to %llu", name,
		      opt->key, value, opt->choices, min, max);
}

/* One "key=value" into spec; seen has a bit per row of options. */
static int parse_option(struct l2_spec *spec, char *text, unsigned *seen,
			char *why, size_t why_size)
{
	const char *name = spec->ops->name;
	char *value = strchr(text, '=');
	const struct l2_option *opt;
	unsigned row;

	if (value)
		*value++ = '\0';
	opt = find_option(spec->ops, text);
	if (!opt)
		return refuse(why, why_size, "%s: unknown option '%s'", name,
			      text);
	if (!value || !*value)
		return refuse(why, why_size, "%s: option '%s' needs a value",
			      name, text);
	if (strchr(value, ':'))
		return refuse(why, why_size, "%s: options are separated by ','",
			      name);
	row = (unsigned)(opt - spec->ops->options);
	if (*seen & 1u << row)
		return refuse(why, why_size, "%s: option '%s' given twice",
			      name, text);
	*seen |= 1u << row;
	if (!parse_value(opt, value, &spec->value[row]))
		return 0;
	return refuse_value(name, opt, value, why, why_size);
}

static const char *conflict(const struct l2_spec *spec)
{
	return spec->ops->conflict ? spec->ops->conflict(spec->value) : NULL;
}

int l2_spec_parse(const char *text, struct l2_spec *ret_spec, char *why,
		  size_t why_size)
{
	struct l2_spec spec = { 0 };
	char copy[sizeof(spec.label)], *options;
	const struct l2_option *opt;
	unsigned seen = 0, row = 0;

	if (strlen(text) >= sizeof(copy))
		return refuse(why, why_size,
			      "strategy longer than %zu: %.20s...",
			      sizeof(copy) - 1, text);
	strcpy(spec.label, text);
	strcpy(copy, text);
	options = strchr(copy, ':');
	if (options)
		*options++ = '\0';
	spec.ops = l2_strategy_find(copy);
	if (!spec.ops)
		return refuse(why, why_size,
			      "unknown strategy '%s' (see 'v7sbench list')",
			      copy);
	for (opt = spec.ops->options; opt && opt->key; opt++)
		spec.value[row++] = opt->def;
	if (options && !*options)
		return refuse(why, why_size, "%s: no option after ':'", copy);
	while (options) {
		char *item = strsep(&options, ",");
		int err = parse_option(&spec, item, &seen, why, why_size);

		if (err)
			return err;
	}
	if (conflict(&spec))
		return refuse(why, why_size, "%s: %s", copy, conflict(&spec));
	*ret_spec = spec;
	return 0;
}

const char *l2_spec_one_thread(const struct l2_spec *spec)
{
	return spec->ops->one_thread ? spec->ops->one_thread(spec->value)
				     : NULL;
}

enum l2_scope l2_spec_scope(const struct l2_spec *spec)
{
	return spec->ops->scope_of ? spec->ops->scope_of(spec->value)
				   : spec->ops->scope;
}

int l2_create(const struct l2_spec *spec, const struct l2_env *env,
	      struct l2_strategy **ret)
{
	return conflict(spec) ? -EINVAL
			      : spec->ops->create(env, spec->value, ret);
}

void l2_destroy(struct l2_strategy *l2)
{
	if (l2)
		l2->ops->destroy(l2);
}

int l2_alloc_zeroed(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		    struct l2_table *ret)
{
	int err = l2->ops->alloc(l2, cpu, gfp | __GFP_ZERO, ret);

	if (!err && !l2->zeroes)
		clear_memory(ret->va, L2_TABLE_SIZE);
	return err;
}
