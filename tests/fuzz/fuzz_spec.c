// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of the strategy options: any text is a strategy with its
 * options or is refused with a reason. What is accepted has the form
 * name[:key=value[,key=value...]], values in range that do
 * not exclude each other, and works.
 */
#include <errno.h>

#include "fuzz_machine.h"

static const struct l2_option *find_key(const struct l2_strategy_ops *ops,
					const char *key, size_t len)
{
	const struct l2_option *opt = ops->options;

	for (; opt && opt->key; opt++)
		if (strlen(opt->key) == len && !memcmp(opt->key, key, len))
			return opt;
	return NULL;
}

/* The grammar of l2_spec_parse(), told once more. */
static void check_form(const struct l2_spec *spec)
{
	const char *text = spec->label;
	size_t len = strcspn(text, ":");
	unsigned seen = 0;

	CHECK(len == strlen(spec->ops->name));
	CHECK(!memcmp(text, spec->ops->name, len));
	while (text[len]) {
		const struct l2_option *opt;
		size_t key;

		text += len + 1;
		len = strcspn(text, ",");
		key = strcspn(text, "=");
		CHECK(key + 1 < len);
		opt = find_key(spec->ops, text, key);
		CHECK(opt);
		CHECK(!(seen & 1u << (opt - spec->ops->options)));
		seen |= 1u << (opt - spec->ops->options);
	}
}

static void check_values(const struct l2_spec *spec)
{
	const struct l2_option *opt = spec->ops->options;
	unsigned row = 0;

	for (; opt && opt->key; opt++, row++) {
		uint64_t value = spec->value[row];

		CHECK(value < fuzz_nr_words(opt) ||
		      (value >= opt->min && value <= opt->max));
	}
}

static bool has_large_number(const struct l2_spec *spec)
{
	const struct l2_option *opt = spec->ops->options;
	unsigned row = 0;

	for (; opt && opt->key; opt++, row++)
		if (spec->value[row] > FUZZ_MAX_NUMBER)
			return true;
	return false;
}

static void try_strategy(const struct l2_spec *spec)
{
	struct l2_env env = { .nr_cpus = 1,
			      .max_tables = 4096,
			      .zone_gfp = GFP_DMA32 };
	struct l2_strategy *l2;
	struct l2_table table;
	const char *why;
	int err;

	CHECK(!physmem_create(&fuzz_machine, &env.pm));
	err = l2_create(spec, &env, &l2);
	if (!err) {
		err = l2_alloc_zeroed(l2, 0, GFP_KERNEL, &table);
		if (!err) {
			memset(table.va, 0xff, L2_TABLE_SIZE);
			l2_free(l2, 0, &table);
		}
		CHECK(!l2->ops->check(l2, &why));
		fuzz_destroy(env.pm, l2);
	}
	/* Numbers can ask for more than this machine has. */
	CHECK(!err || (err == -ENOMEM && has_large_number(spec)));
	fuzz_machine_close(env.pm);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct l2_spec spec, untouched;
	char *text = malloc(size + 1);
	char why[64];
	int err;

	CHECK(text);
	memcpy(text, data, size);
	text[size] = '\0';
	memset(&spec, 0xa5, sizeof(spec));
	untouched = spec;
	memset(why, 0xa5, sizeof(why));
	err = l2_spec_parse(text, &spec, why, sizeof(why));
	if (err) {
		CHECK(err == -EINVAL && *why && memchr(why, 0, sizeof(why)));
		CHECK(!memcmp(&spec, &untouched, sizeof(spec)));
	} else {
		CHECK(!strcmp(spec.label, text));
		check_form(&spec);
		check_values(&spec);
		try_strategy(&spec);
	}
	free(text);
	return 0;
}
