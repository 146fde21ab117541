// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading "strategy[:key=value[,key=value...]]": what is accepted, and the
 * exact words for what is not; by hand, and for every option there is.
 */
#include "mm_fixture.h"

#include <stdio.h>

#include "l2_strategy.h"

#define LONGEST 63
#define X16 "xxxxxxxxxxxxxxxx"

static const struct {
	const char *text;
	const char *why;
} bad[] = {
	{ "", "unknown strategy '' (see 'v7sbench list')" },
	{ ":", "unknown strategy '' (see 'v7sbench list')" },
	{ ":order=1", "unknown strategy '' (see 'v7sbench list')" },
	{ "slab", "unknown strategy 'slab' (see 'v7sbench list')" },
	{ "Page", "unknown strategy 'Page' (see 'v7sbench list')" },
	{ " page", "unknown strategy ' page' (see 'v7sbench list')" },
	{ "page ", "unknown strategy 'page ' (see 'v7sbench list')" },
	{ "page,null", "unknown strategy 'page,null' (see 'v7sbench list')" },
	{ "page:", "page: no option after ':'" },
	{ "page_frag:", "page_frag: no option after ':'" },
	{ "page:order=1", "page: unknown option 'order'" },
	{ "page_frag:Order=1", "page_frag: unknown option 'Order'" },
	{ "page_frag:orde=1", "page_frag: unknown option 'orde'" },
	{ "page_frag:=1", "page_frag: unknown option ''" },
	{ "page_frag:,", "page_frag: unknown option ''" },
	{ "page_frag:order=1,", "page_frag: unknown option ''" },
	{ "page_frag:,order=1", "page_frag: unknown option ''" },
	{ "page_frag::order=1", "page_frag: unknown option ':order'" },
	{ "page_frag:order", "page_frag: option 'order' needs a value" },
	{ "page_frag:order=", "page_frag: option 'order' needs a value" },
	{ "page_frag:order=,order=1",
	  "page_frag: option 'order' needs a value" },
	{ "page_frag:order=1,order=1",
	  "page_frag: option 'order' given twice" },
	{ "page_frag:order=1:mode=v3",
	  "page_frag: options are separated by ','" },
	{ "page_frag:order=:", "page_frag: options are separated by ','" },
	{ "page_frag:order=4", "page_frag: order=4 is not from 0 to 3" },
	{ "page_frag:order=-1", "page_frag: order=-1 is not from 0 to 3" },
	{ "page_frag:order=+1", "page_frag: order=+1 is not from 0 to 3" },
	{ "page_frag:order= 1", "page_frag: order= 1 is not from 0 to 3" },
	{ "page_frag:order=1 ", "page_frag: order=1  is not from 0 to 3" },
	{ "page_frag:order=1=2", "page_frag: order=1=2 is not from 0 to 3" },
	{ "page_frag:order=x", "page_frag: order=x is not from 0 to 3" },
	{ "page_frag:order=1.0", "page_frag: order=1.0 is not from 0 to 3" },
	{ "page_frag:order=0x", "page_frag: order=0x is not from 0 to 3" },
	{ "page_frag:order=18446744073709551617",
	  "page_frag: order=18446744073709551617 is not from 0 to 3" },
	{ "genalloc:tables=0",
	  "genalloc: tables=0 is neither auto nor from 1 to 16384" },
	{ "genalloc:tables=16385",
	  "genalloc: tables=16385 is neither auto nor from 1 to 16384" },
	{ "genalloc:tables=autos",
	  "genalloc: tables=autos is neither auto nor from 1 to 16384" },
	{ "genalloc:ondemand=1,when=late",
	  "genalloc: ondemand=1 takes memory when it is needed: leave when=late out" },
	{ "slab_dma32:order=4", "slab_dma32: order=4 is none of 0|1|2|3|auto" },
	{ "slab_dma32:kernel=5.10",
	  "slab_dma32: kernel=5.10 is none of 6.1|4.20" },
	{ "slab_dma32:debug=ZF",
	  "slab_dma32: debug=ZF is none of none|F|Z|FZ|P|FP|ZP|FZP|U|FU|ZU|FZU|PU|FPU|ZPU|FZPU" },
	{ "slab_dma32:merge=maybe",
	  "slab_dma32: merge=maybe is none of no|yes" },
	{ "slab_dma32:random=4294967296",
	  "slab_dma32: random=4294967296 is not from 0 to 4294967295" },
	{ "slab_dma32:impl=slob",
	  "slab_dma32: impl=slob is none of slub|slab" },
	{ "slab_dma32:impl=slab,order=0",
	  "slab_dma32: impl=slab computes its order: leave order=N out" },
	{ "slab_dma32:kernel=4.20,impl=slab",
	  "slab_dma32: impl=slab is that of 6.1: leave kernel=4.20 out" },
	{ "slab_dma32:impl=slab,random=1",
	  "slab_dma32: impl=slab is modelled without freelist randomisation: leave random=N out" },
	{ "slab_dma32:impl=slab,merge=no,debug=F",
	  "slab_dma32: impl=slab is modelled without debugging: leave debug=... out" },
	{ "slab_dma32:order=aut",
	  "slab_dma32: order=aut is none of 0|1|2|3|auto" },
	{ "slab_dma32:order=autos",
	  "slab_dma32: order=autos is none of 0|1|2|3|auto" },
	{ "slab_dma32:order=0|1",
	  "slab_dma32: order=0|1 is none of 0|1|2|3|auto" },
	{ "slab_dma32:order=|", "slab_dma32: order=| is none of 0|1|2|3|auto" },
	{ "slab_dma32:order=00",
	  "slab_dma32: order=00 is none of 0|1|2|3|auto" },
	{ "page:" X16 X16 X16 "xxxxxxxxxxx",
	  "strategy longer than 63: page:xxxxxxxxxxxxxxx..." },
};

static const struct {
	const char *text;
	const char *name;
	uint64_t value; /* of the first option */
} good[] = {
	{ "page", "page", 0 },
	{ "null", "null", 0 },
	{ "slab_dma32", "slab_dma32", 4 },
	{ "slab_dma32:order=auto", "slab_dma32", 4 },
	{ "slab_dma32:order=0", "slab_dma32", 0 },
	{ "slab_dma32:order=3", "slab_dma32", 3 },
	{ "slab_dma32:impl=slub,order=3", "slab_dma32", 3 },
	{ "slab_dma32:impl=slab", "slab_dma32", 4 },
	{ "slab_dma32:impl=slab,order=auto,kernel=6.1,random=0,debug=none",
	  "slab_dma32", 4 },
	{ "page_frag", "page_frag", 3 },
	{ "page_frag:order=0", "page_frag", 0 },
	{ "page_frag:order=3", "page_frag", 3 },
	{ "genalloc", "genalloc", 0 },
	{ "genalloc:tables=auto", "genalloc", 0 },
	{ "genalloc:tables=1", "genalloc", 1 },
	{ "genalloc:tables=4096", "genalloc", 4096 },
	{ "genalloc:tables=0x10", "genalloc", 16 },
	{ "genalloc:tables=010", "genalloc", 10 },
};

/* Refused with these words, and nothing written to the spec. */
static void assert_refused(const char *text, const char *expected)
{
	struct l2_spec spec, untouched;
	char why[160] = "";

	memset(&spec, 0xa5, sizeof(spec));
	untouched = spec;
	assert_int_equal(l2_spec_parse(text, &spec, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, expected);
	assert_memory_equal(&spec, &untouched, sizeof(spec));
}

static void test_spec__refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_refused(bad[i].text, bad[i].why);
}

static void test_spec__accepts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		struct l2_spec spec;
		char why[160] = "untouched";

		assert_int_equal(l2_spec_parse(good[i].text, &spec, why,
					       sizeof(why)),
				 0);
		assert_string_equal(spec.ops->name, good[i].name);
		assert_string_equal(spec.label, good[i].text);
		assert_int_equal(spec.value[0], good[i].value);
		assert_string_equal(why, "untouched");
	}
}

/* The longest label fits; what is said is cut to the room for it. */
static void test_spec__lengths(void **state)
{
	char text[LONGEST + 2], why[16];
	struct l2_spec spec;

	(void)state;
	memset(text, 'x', sizeof(text));
	text[LONGEST] = '\0';
	assert_int_equal(l2_spec_parse(text, &spec, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "unknown strateg");
	text[LONGEST] = 'x';
	text[LONGEST + 1] = '\0';
	assert_int_equal(l2_spec_parse(text, &spec, why, sizeof(why)), -EINVAL);
	assert_string_equal(why, "strategy longer");
}

/* "name:key=value" is refused with "name: " and what the format gives. */
__attribute__((format(printf, 3, 4))) static void
assert_option_refused(const char *name, const char *option, const char *fmt,
		      ...)
{
	char text[128], why[160];
	int n = snprintf(why, sizeof(why), "%s: ", name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why + n, sizeof(why) - (size_t)n, fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s:%s", name, option);
	assert_refused(text, why);
}

static void refuse_value(const char *name, const struct l2_option *opt,
			 const char *value)
{
	char option[64];

	snprintf(option, sizeof(option), "%s=%s", opt->key, value);
	if (opt->choices && opt->max)
		assert_option_refused(name, option,
				      "%s is neither %s nor from %llu to %llu",
				      option, opt->choices,
				      (unsigned long long)opt->min,
				      (unsigned long long)opt->max);
	else if (opt->choices)
		assert_option_refused(name, option, "%s is none of %s", option,
				      opt->choices);
	else
		assert_option_refused(name, option,
				      "%s is not from %llu to %llu", option,
				      (unsigned long long)opt->min,
				      (unsigned long long)opt->max);
}

static void accept_value(const char *name, const struct l2_option *opt,
			 size_t row, const char *value, uint64_t expected)
{
	struct l2_spec spec;
	char text[128], why[160] = "";

	snprintf(text, sizeof(text), "%s:%s=%s", name, opt->key, value);
	if (l2_spec_parse(text, &spec, why, sizeof(why)))
		fail_msg("%s", why);
	assert_int_equal(spec.value[row], expected);
}

static void try_numbers(const char *name, const struct l2_option *opt,
			size_t row)
{
	char value[24];

	snprintf(value, sizeof(value), "%llu", (unsigned long long)opt->min);
	accept_value(name, opt, row, value, opt->min);
	snprintf(value, sizeof(value), "%llu", (unsigned long long)opt->max);
	accept_value(name, opt, row, value, opt->max);
	if (opt->max < UINT64_MAX) {
		snprintf(value, sizeof(value), "%llu",
			 (unsigned long long)opt->max + 1);
		refuse_value(name, opt, value);
	}
	if (opt->min > 0) {
		snprintf(value, sizeof(value), "%llu",
			 (unsigned long long)opt->min - 1);
		refuse_value(name, opt, value);
	}
}

static void try_choices(const char *name, const struct l2_option *opt,
			size_t row)
{
	const char *word = opt->choices;

	for (uint64_t i = 0;; i++) {
		char value[24];
		size_t n = strcspn(word, "|");

		assert_true(n > 0 && n < sizeof(value));
		memcpy(value, word, n);
		value[n] = '\0';
		accept_value(name, opt, row, value, i);
		if (!word[n])
			return;
		word += n + 1;
	}
}

static void try_option(const char *name, const struct l2_option *opt,
		       size_t row)
{
	char option[64];

	assert_option_refused(name, opt->key, "option '%s' needs a value",
			      opt->key);
	snprintf(option, sizeof(option), "%s=", opt->key);
	assert_option_refused(name, option, "option '%s' needs a value",
			      opt->key);
	refuse_value(name, opt, "no_such_word");
	refuse_value(name, opt, "-1");
	refuse_value(name, opt, "99999999999999999999");
	if (opt->choices)
		try_choices(name, opt, row);
	if (!opt->choices || opt->max)
		try_numbers(name, opt, row);
}

static void test_spec__every_option(void **state)
{
	const struct l2_strategy_ops *const *ops;
	unsigned nr_options = 0;

	(void)state;
	for (ops = l2_strategies; *ops; ops++) {
		const struct l2_option *opt = (*ops)->options;
		struct l2_spec spec;
		size_t row;
		char why[160];

		assert_option_refused((*ops)->name, "no_such_key=1",
				      "unknown option 'no_such_key'");
		assert_int_equal(l2_spec_parse((*ops)->name, &spec, why,
					       sizeof(why)),
				 0);
		for (row = 0; opt && opt[row].key; row++, nr_options++) {
			assert_int_equal(spec.value[row], opt[row].def);
			try_option((*ops)->name, &opt[row], row);
		}
	}
	assert_true(nr_options >= 7);
}

/* What an instance is for can depend on its options. */
static void test_spec__scope(void **state)
{
	static const struct {
		const char *text;
		enum l2_scope scope;
	} table[] = {
		{ "slab_dma32", L2_SHARED },
		{ "slab_dma32:merge=yes", L2_SHARED },
		{ "slab_dma32:merge=no", L2_PER_DOMAIN },
		{ "slab_dma32:kernel=4.20,random=3,order=0", L2_SHARED },
		/* Checks alone leave the layout, and so the merging. */
		{ "slab_dma32:debug=F", L2_SHARED },
		{ "slab_dma32:debug=F,merge=no", L2_PER_DOMAIN },
		{ "slab_dma32:debug=Z", L2_PER_DOMAIN },
		{ "slab_dma32:debug=P,merge=yes", L2_PER_DOMAIN },
		{ "slab_dma32:debug=U", L2_PER_DOMAIN },
		{ "slab_dma32:debug=FZPU", L2_PER_DOMAIN },
		{ "slab_dma32:impl=slab", L2_SHARED },
		{ "slab_dma32:impl=slab,merge=no", L2_PER_DOMAIN },
		{ "genalloc", L2_PER_DOMAIN },
		{ "pte_frag", L2_SHARED },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		struct l2_spec spec;
		char why[160];

		assert_int_equal(l2_spec_parse(table[i].text, &spec, why,
					       sizeof(why)),
				 0);
		assert_int_equal(l2_spec_scope(&spec), table[i].scope);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spec__refuses),
		cmocka_unit_test(test_spec__accepts),
		cmocka_unit_test(test_spec__lengths),
		cmocka_unit_test(test_spec__every_option),
		cmocka_unit_test(test_spec__scope),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
