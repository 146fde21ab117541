// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scripts for a real kernel: their text, what is refused, and that every
 * workload whose memory is known can be one.
 */
#include "inject.h"
#include "kernel_fixture.h"
#include "spec_fixture.h"
#include "stream_fixture.h"
#include "workload.h"

#include <inttypes.h>

static void check_script(const struct kernel_case *c, const char *expected)
{
	char *text;

	make_script(c, &text);
	assert_string_equal(text, expected);
	free(text);
}

static struct trace small_trace(void)
{
	struct trace trace = new_trace(2);
	struct trace_event ev = {
		.iova = 0x1000,
		.paddr = 0x123456000,
		.size = 0x1000,
		.cpu = 5,
		.type = TRACE_MAP,
		.prot = TRACE_PROT_WRITE,
	};

	add_map(&trace, 0, 0, 0x80000000, 0x40000000, 0x10000);
	add_map(&trace, 1, 3, 0x80000000, 0x1fffff000, 0x2000);
	add(&trace, &ev);
	add_unmap(&trace, 1, 2, 0x80000000, 0x1000);
	return trace;
}

static void test_script__text(void **state)
{
	struct l2_spec spec = spec_of("slab_dma32");
	struct trace trace = small_trace();
	struct replay_config replay = replay_plain;
	struct kernel_case c = {
		.label = "a/b:c=1",
		.spec = &spec,
		.trace = &trace,
		.replay = &replay,
		.every = 64,
	};

	(void)state;
	/* CPUs are folded to two; c only where they change. */
	check_script(&c, "strategy slab_dma32 tables=4096\n"
			 "run a/b:c=1 domains=2 ias=32 oas=32 quirks=0x0 "
			 "pgsizes=0x1111000 every=64 cost=none\n"
			 "m 0 0x80000000 0x40000000 0x10000 3\n"
			 "c 1\n"
			 "m 1 0x80000000 0x1fffff000 0x2000 3\n"
			 "m 0 0x1000 0x123456000 0x1000 2\n"
			 "c 0\n"
			 "u 1 0x80000000 0x1000\n"
			 "end\n");
	/* Of all CPUs of the machine; addresses folded, the second so that it
	 * does not reach over the top; a pool as large as the page table. */
	spec = spec_of("genalloc");
	replay = replay_mtk;
	replay.rebase_paddr = true;
	replay.pgtable.oas = 32;
	replay.nr_cpus = 8;
	c.cost = KERNEL_COST_TABLES;
	c.every = 1;
	c.nr_events = 3;
	check_script(&c, "strategy genalloc tables=16384\n"
			 "run a/b:c=1 domains=2 ias=34 oas=32 quirks=0xa "
			 "pgsizes=0x1111000 every=1 cost=tables\n"
			 "m 0 0x80000000 0x40000000 0x10000 3\n"
			 "c 3\n"
			 "m 1 0x80000000 0xfefff000 0x2000 3\n"
			 "c 5\n"
			 "m 0 0x1000 0x23456000 0x1000 2\n"
			 "end\n");
	replay.nr_cpus = 1;
	c.cost = KERNEL_COST_EVENTS;
	c.nr_events = 1;
	check_script(&c, "strategy genalloc tables=16384\n"
			 "run a/b:c=1 domains=2 ias=34 oas=32 quirks=0xa "
			 "pgsizes=0x1111000 every=1 cost=events\n"
			 "m 0 0x80000000 0x40000000 0x10000 3\n"
			 "end\n");
	trace_free(&trace);
}

static void test_script__nr_cpus(void **state)
{
	struct replay_config replay = replay_mtk;
	struct kernel_case c = { .replay = &replay };

	(void)state;
	replay.profile = &machine_small;
	assert_int_equal(kernel_nr_cpus(&c),
			 machine_profile_find(KERNEL_MACHINE)->nr_cpus);
	replay.nr_cpus = 3;
	assert_int_equal(kernel_nr_cpus(&c), 3);
}

/* The same whether the events are in memory or read from their source, and cut
 * anywhere. */
static void test_script__from_source(void **state)
{
	static const uint64_t cuts[] = { 0, 1, 4095, 4096, 4097, 9999, 20000 };
	struct l2_spec spec = spec_of("page");
	struct kernel_case c = {
		.label = "x",
		.spec = &spec,
		.replay = &replay_plain,
		.every = 100,
	};
	struct trace whole, parts;

	(void)state;
	open_made(10000, 3, SIZE_MAX, &whole);
	open_made(10000, 3, 0, &parts);
	assert_non_null(whole.event);
	assert_null(parts.event);
	for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
		char *text;

		c.nr_events = cuts[i];
		c.trace = &whole;
		make_script(&c, &text);
		c.trace = &parts;
		check_script(&c, text);
		free(text);
	}
	trace_free(&whole);
	trace_free(&parts);
}

static void check_refused(const struct kernel_case *c, const char *why)
{
	struct kernel_answer answer;
	char got[KERNEL_WHY_SIZE] = "", *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(kernel_script_run(c, out, got), -EINVAL);
	assert_string_equal(got, why);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(size, 0);
	free(text);
	got[0] = '\0';
	assert_int_equal(kernel_expect(c, &answer, got), -EINVAL);
	assert_string_equal(got, why);
}

static void test_script__refused(void **state)
{
	static const char *const labels[] = { "", "a b", "a\n", "\t", "\x7f" };
	char longest[KERNEL_LABEL + 1], why[KERNEL_WHY_SIZE];
	struct trace trace = small_trace();
	struct l2_spec spec = spec_of("page");
	struct kernel_case c = {
		.spec = &spec,
		.trace = &trace,
		.replay = &replay_mtk,
		.every = 1,
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(labels); i++) {
		c.label = labels[i];
		snprintf(
			why, sizeof(why),
			"\"%s\" is no label: at most 127 characters without blanks",
			labels[i]);
		check_refused(&c, why);
	}
	memset(longest, 'x', sizeof(longest));
	longest[KERNEL_LABEL] = '\0';
	c.label = longest;
	assert_int_equal(kernel_case_check(&c, why), -EINVAL);
	longest[KERNEL_LABEL - 1] = '\0';
	assert_int_equal(kernel_case_check(&c, why), 0);
	c.label = "x";
	c.every = 0;
	check_refused(&c, "x: a point every 0 events");
	c.every = 1;
	spec = spec_of("page_frag:order=0");
	check_refused(
		&c,
		"page_frag:order=0: its options are of the model, not of a kernel");
	spec = spec_of("null");
	check_refused(&c, "null: no kernel has it");
	spec = spec_of("page");
	trace.event[0].flags = TRACE_ANY;
	trace.nr_any = 1;
	check_refused(
		&c,
		"x: the machine is to choose its memory, which a real one would choose otherwise");
	trace_free(&trace);
}

static unsigned nr_fit;

static void check_fits(const char *text)
{
	struct l2_spec spec = spec_of(text);
	const char *const *name = kernel_strategies;
	bool is_default = true;

	while (*name && strcmp(*name, spec.ops->name))
		name++;
	for (size_t i = 0; spec.ops->options && spec.ops->options[i].key; i++)
		is_default &= spec.value[i] == spec.ops->options[i].def;
	assert_int_equal(!kernel_strategy_fits(&spec), *name && is_default);
	nr_fit += *name && !strchr(text, ':');
}

static void test_script__strategies(void **state)
{
	unsigned nr;

	(void)state;
	nr_fit = 0;
	nr = for_each_spec(check_fits);
	assert_int_equal(nr_fit, 5);
	assert_true(nr > 40);
}

/* Reads a script back, with the CPU of each event; their number. */
static unsigned check_events(const char *text, const struct kernel_case *c)
{
	const struct trace_event *ev = c->trace->event;
	unsigned nr_cpus = kernel_nr_cpus(c), cpu = 0, nr = 0;
	const char *line = strchr(strchr(text, '\n') + 1, '\n') + 1;

	for (; strcmp(line, "end\n"); line = strchr(line, '\n') + 1) {
		uint64_t iova, paddr, size;
		unsigned domain;
		int prot;

		if (sscanf(line, "c %u\n", &cpu) == 1)
			continue;
		if (ev->type == TRACE_MAP) {
			assert_int_equal(sscanf(line,
						"m %u %" SCNx64 " %" SCNx64
						" %" SCNx64 " %d\n",
						&domain, &iova, &paddr, &size,
						&prot),
					 5);
			assert_int_equal(paddr, ev->paddr);
			assert_int_equal(prot, ev->prot);
		} else {
			assert_int_equal(
				sscanf(line, "u %u %" SCNx64 " %" SCNx64 "\n",
				       &domain, &iova, &size),
				3);
		}
		assert_int_equal(domain, ev->domain);
		assert_int_equal(iova, ev->iova);
		assert_int_equal(size, ev->size);
		assert_int_equal(cpu, ev->cpu % nr_cpus);
		ev++;
		nr++;
	}
	return nr;
}

/* As short as its parameters let it be, but of some hundred events. */
static void open_short(const struct workload_ops *wl, struct trace *ret)
{
	struct workload_spec spec;
	char why[TRACE_WHY_SIZE];
	int err;

	workload_defaults(wl, &spec);
	for (size_t i = 0; wl->param && wl->param[i].key; i++)
		spec.config.value[i] = wl->param[i].min;
	err = workload_open(&spec, SIZE_MAX, ret, why);
	if (!err && ret->nr_events < 300) {
		trace_free(ret);
		err = workload_load(wl, ret, why);
	}
	if (err)
		fail_msg("%s", why);
	assert_true(ret->nr_events >= 300);
}

static void test_script__every_workload(void **state)
{
	unsigned nr_scripts = 0, nr_workloads = 0;

	(void)state;
	for (unsigned i = 0; workloads[i]; i++) {
		struct trace trace;

		open_short(workloads[i], &trace);
		for (unsigned k = 0; kernel_strategies[k] && !trace.nr_any;
		     k++, nr_scripts++) {
			struct l2_spec spec = spec_of(kernel_strategies[k]);
			struct kernel_case c = {
				.label = workloads[i]->name,
				.spec = &spec,
				.trace = &trace,
				.replay = &replay_mtk,
				.nr_events = 296 + k,
				.every = 100,
			};
			char *text;

			make_script(&c, &text);
			assert_int_equal(check_events(text, &c), 296 + k);
			free(text);
		}
		nr_workloads += !trace.nr_any;
		trace_free(&trace);
	}
	assert_int_equal(nr_scripts, 5 * nr_workloads);
	assert_true(nr_workloads >= 15);
}

static void check_vectors(const char *text, const char *expected)
{
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	assert_int_equal(kernel_script_vectors("page", text, strlen(text), out),
			 0);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(got, expected);
	free(got);
}

static void test_script__vectors(void **state)
{
	(void)state;
	check_vectors("# map => none\n\ncfg ias=32 => ok tcr=0x0\n"
		      "inject k=1 => ok\ndump =>\n"
		      "  L1[0x0000] table+0x001\n"
		      "end-dump l1_nonzero=1\nhash => l1_nonzero=1",
		      "strategy page tables=16384\ncfg ias=32\ninject k=1\n"
		      "dump\nhash\n");
	check_vectors("", "strategy page tables=16384\n");
	check_vectors("close", "strategy page tables=16384\nclose\n");
}

static void test_script__full_disk(void **state)
{
	struct l2_spec spec = spec_of("page");
	struct trace trace = small_trace();
	struct kernel_case c = {
		.label = "x",
		.spec = &spec,
		.trace = &trace,
		.replay = &replay_mtk,
		.every = 1,
	};
	char why[KERNEL_WHY_SIZE] = "";
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	setvbuf(out, NULL, _IONBF, 0);
	assert_int_equal(kernel_script_run(&c, out, why), -EIO);
	assert_string_equal(why, "script of x: Input/output error");
	assert_int_equal(kernel_script_vectors("page", "a\n", 2, out), -EIO);
	fclose(out);
	trace_free(&trace);
}

static int leave(void *ctx, const struct trace_event *ev)
{
	(void)ev;
	return ++*(unsigned *)ctx == 3 ? -EXDEV : 0;
}

static void test_script__walk_ends(void **state)
{
	volatile sig_atomic_t stop = 0;
	struct replay_config replay = replay_mtk;
	struct trace trace = small_trace(), broken;
	struct made_source *made;
	struct kernel_case c = {
		.label = "x",
		.trace = &trace,
		.replay = &replay,
	};
	char why[KERNEL_WHY_SIZE] = "old";
	unsigned nr = 0;

	(void)state;
	replay.stop = &stop;
	assert_int_equal(kernel_case_each(&c, leave, &nr, why), -EXDEV);
	assert_int_equal(nr, 3);
	assert_string_equal(why, "x: Invalid cross-device link");
	stop = 1;
	assert_int_equal(kernel_case_each(&c, leave, &nr, why), -EINTR);
	assert_int_equal(nr, 3);
	stop = 0;
	made = open_made(5000, 1, 0, &broken);
	made->bad_reading = made->nr_readings + 1;
	made->err = -EILSEQ;
	made->fail_at = 4990;
	c.trace = &broken;
	assert_int_equal(kernel_case_each(&c, leave, &nr, why), -EILSEQ);
	assert_string_equal(why, "made: out of order");
	trace_free(&broken);
	trace_free(&trace);
}

static void test_script__no_memory(void **state)
{
	struct l2_spec spec = spec_of("page");
	struct kernel_case c = {
		.label = "x",
		.spec = &spec,
		.replay = &replay_mtk,
		.every = 100,
	};
	FILE *out = fopen("/dev/null", "w");
	char why[KERNEL_WHY_SIZE];
	struct trace trace;
	unsigned nr = 0;
	int err = -ENOMEM;

	(void)state;
	open_made(10000, 1, 0, &trace);
	c.trace = &trace;
	while (err) {
		inject_arm(INJECT_FAIL, ++nr, ENOMEM, 0);
		err = kernel_script_run(&c, out, why);
		inject_disarm();
		if (err)
			assert_int_equal(err, -ENOMEM);
		assert_true(nr < 100);
	}
	assert_true(nr > 1);
	fclose(out);
	trace_free(&trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_script__text),
		cmocka_unit_test(test_script__nr_cpus),
		cmocka_unit_test(test_script__from_source),
		cmocka_unit_test(test_script__refused),
		cmocka_unit_test(test_script__strategies),
		cmocka_unit_test(test_script__every_workload),
		cmocka_unit_test(test_script__vectors),
		cmocka_unit_test(test_script__full_disk),
		cmocka_unit_test(test_script__walk_ends),
		cmocka_unit_test(test_script__no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
