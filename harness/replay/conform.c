// SPDX-License-Identifier: GPL-2.0-only
/*
 * Replay of golden vectors; conform.h says what they are.
 *
 * Models the recording harness around the real driver: one table at a time,
 * one CPU, allocations that fail on request. Does not model its memory: paddrs
 * of tables are masked in the vectors.
 *
 * Cost: a hash or dump walks the whole table; all else is the cost of the
 * operation. Invariant: table and l2 are both there or both NULL.
 * Concurrency: any number of replays, each with memory of its own.
 */
#include "conform.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conform_text.h"
#include "dump.h"
#include "l2_decorators.h"
#include "physmem.h"
#include "textfile.h"
#include "v7s.h"

#define CONFORM_CPU 0
#define MAX_KEYS 5
#define LOW_BITS 0xfffu /* of a ttbr: below the alignment of any table */

struct conform {
	struct conform_text text;
	const struct l2_spec *spec;
	const struct v7s_config *pgtable;
	struct physmem *pm;
	struct l2_strategy *l2;
	struct v7s *table;
	struct fault_attr fault;
	struct conform_result *ret;
};

__attribute__((format(printf, 2, 3))) static int
check_result(struct conform *c, const char *format, ...)
{
	char got[CONFORM_TEXT];
	va_list args;

	if (!c->text.expected)
		return conform_fail(&c->text, -EINVAL, "no => in the line");
	va_start(args, format);
	vsnprintf(got, sizeof(got), format, args);
	va_end(args);
	return conform_compare(&c->text, c->text.expected, got);
}

static uint64_t tables_alive(const struct conform *c)
{
	struct l2_usage usage;

	c->l2->ops->usage(c->l2, &usage);
	return usage.nr_tables;
}

static void drop_table(struct conform *c)
{
	v7s_destroy(c->table, CONFORM_CPU);
	l2_destroy(c->l2);
	c->table = NULL;
	c->l2 = NULL;
}

static int new_strategy(struct conform *c, bool high, struct l2_strategy **ret)
{
	struct l2_env env = {
		.pm = c->pm,
		.nr_cpus = physmem_profile(c->pm)->nr_cpus,
		.max_tables = 1u << (V7S_MAX_IAS - 20),
		.zone_gfp = high ? 0 : GFP_DMA32,
	};
	struct l2_strategy *inner;
	int err;

	err = l2_create(c->spec, &env, &inner);
	if (err < 0)
		return err;
	err = l2_fault_create(inner, &c->fault, ret);
	if (err < 0)
		l2_destroy(inner);
	return err;
}

/* The word for a ttbr that points into RAM with these low bits. */
static void describe_ttbr(const struct conform *c, uint32_t ttbr, char *ret,
			  size_t size)
{
	bool mtk = v7s_config(c->table)->quirks & V7S_QUIRK_MTK_EXT;
	phys_addr_t l1 = ttbr & ~LOW_BITS;
	uint32_t low = ttbr & LOW_BITS;

	if (mtk)
		l1 |= (phys_addr_t)low << 32;
	if (!physmem_valid(c->pm, l1))
		snprintf(ret, size, "0x%" PRIx32, ttbr);
	else if (mtk)
		snprintf(ret, size, "pgd|PA[34:32]");
	else
		snprintf(ret, size, "pgd+0x%" PRIx32, low);
}

static int op_cfg(struct conform *c, const uint64_t *value)
{
	struct v7s_config cfg = *c->pgtable;
	struct v7s_env env = { .pm = c->pm };
	struct v7s_regs regs;
	char ttbr[32];
	int err;

	cfg.ias = (unsigned)value[0];
	cfg.oas = (unsigned)value[1];
	cfg.quirks = (uint32_t)value[2];
	cfg.pgsizes = value[3];
	drop_table(c);
	err = new_strategy(c, cfg.quirks & V7S_QUIRK_MTK_TTBR_EXT, &c->l2);
	if (err < 0)
		return conform_fail(&c->text, err, "strategy %s: %s",
				    c->spec->label, strerror(-err));
	env.l2 = c->l2;
	err = v7s_create(&cfg, &env, CONFORM_CPU, &c->table);
	if (err == -ENOMEM)
		return conform_fail(&c->text, err,
				    "no memory for the level-1 table");
	if (err < 0) {
		drop_table(c);
		return check_result(c, "null");
	}
	c->ret->nr_tables++;
	v7s_regs(c->table, &regs);
	describe_ttbr(c, regs.ttbr, ttbr, sizeof(ttbr));
	return check_result(c,
			    "ok pgsizes=0x%" PRIx64 " tcr=0x%" PRIx32
			    " prrr=0x%" PRIx32 " nmrr=0x%" PRIx32 " ttbr=%s",
			    v7s_config(c->table)->pgsizes, regs.tcr, regs.prrr,
			    regs.nmrr, ttbr);
}

/* What map and unmap both report: result, then what the call did. */
static int check_call(struct conform *c, const char *result,
		      const struct v7s_stats *before)
{
	const struct v7s_stats *now = v7s_stats(c->table);

	return check_result(c,
			    "%s warn=%" PRIu64 " alloc=%" PRIu64
			    " free=%" PRIu64 " tlb_add=%" PRIu64
			    " tlb_walk=%" PRIu64 " live=%" PRIu64,
			    result, now->warns - before->warns,
			    now->l2_allocs - before->l2_allocs,
			    now->l2_frees - before->l2_frees,
			    now->tlb_add - before->tlb_add,
			    now->tlb_walk - before->tlb_walk, tables_alive(c));
}

static int op_map(struct conform *c, const uint64_t *value)
{
	struct v7s_stats before = *v7s_stats(c->table);
	struct v7s_op op = {
		.iova = value[0],
		.paddr = value[1],
		.pgsize = value[2],
		.pgcount = value[3],
		.prot = (int)value[4],
		.gfp = GFP_ATOMIC,
		.cpu = CONFORM_CPU,
	};
	char result[64];
	size_t mapped;
	int err;

	err = v7s_map_pages(c->table, &op, &mapped);
	snprintf(result, sizeof(result), "ret=%d mapped=0x%zx", err, mapped);
	return check_call(c, result, &before);
}

static int op_unmap(struct conform *c, const uint64_t *value)
{
	struct v7s_stats before = *v7s_stats(c->table);
	struct v7s_op op = {
		.iova = value[0],
		.pgsize = value[1],
		.pgcount = value[2],
		.cpu = CONFORM_CPU,
	};
	char result[64];

	snprintf(result, sizeof(result), "ret=0x%zx",
		 v7s_unmap_pages(c->table, &op));
	return check_call(c, result, &before);
}

static int op_phys(struct conform *c, const uint64_t *value)
{
	return check_result(c, "pa=0x%" PRIx64,
			    v7s_iova_to_phys(c->table, value[0]));
}

static int op_inject(struct conform *c, const uint64_t *value)
{
	c->fault = (struct fault_attr){ .nth = value[0] };
	return c->text.expected ? check_result(c, "ok") : 0;
}

struct comparing {
	struct conform *c;
	int err;
};

static void compare_line(void *ctx, const char *got)
{
	struct comparing *comparing = ctx;
	struct conform *c = comparing->c;
	int err = comparing->err;

	if (err < 0)
		return;
	err = conform_next_line(&c->text);
	if (!err)
		err = conform_fail(&c->text, -EINVAL,
				   "file ends inside of a dump");
	else if (err > 0)
		err = strcmp(c->text.line_text, got)
			      ? conform_differ(&c->text, c->text.line_text, got)
			      : 0;
	c->ret->nr_results += !err;
	comparing->err = err;
}

static int dump_state(struct conform *c, bool compare_lines, char *ret,
		      size_t size)
{
	struct comparing comparing = { .c = c };
	struct dump_summary sums;

	dump_table(c->table, compare_lines ? compare_line : NULL, &comparing,
		   &sums);
	snprintf(ret, size,
		 "l1_nonzero=%" PRIu64 " l2_tables=%" PRIu64
		 " l2_nonzero=%" PRIu64 " fnv1a64=0x%016" PRIx64,
		 sums.l1_nonzero, sums.l2_tables, sums.l2_nonzero,
		 sums.fnv1a64);
	return comparing.err;
}

static int op_hash(struct conform *c, const uint64_t *value)
{
	char got[CONFORM_TEXT];

	(void)value;
	dump_state(c, false, got, sizeof(got));
	return check_result(c, "%s", got);
}

static int op_dump(struct conform *c, const uint64_t *value)
{
	static const char word[] = "end-dump ";
	char got[CONFORM_TEXT];
	int err;

	(void)value;
	if (!c->text.expected || *c->text.expected)
		return conform_fail(&c->text, -EINVAL,
				    "a dump starts with \"dump =>\"");
	err = dump_state(c, true, got, sizeof(got));
	if (err < 0)
		return err;
	err = conform_next_line(&c->text);
	if (err < 0)
		return err;
	if (!err)
		return conform_fail(&c->text, -EINVAL,
				    "file ends inside of a dump");
	if (strncmp(c->text.line_text, word, strlen(word)) != 0)
		return conform_differ(&c->text, c->text.line_text, "end-dump");
	return conform_compare(&c->text, c->text.line_text + strlen(word), got);
}

static int op_close(struct conform *c, const uint64_t *value)
{
	uint64_t before = tables_alive(c);
	uint64_t live;

	(void)value;
	v7s_destroy(c->table, CONFORM_CPU);
	c->table = NULL;
	live = tables_alive(c);
	drop_table(c);
	return check_result(c, "alloc=0 free=%" PRIu64 " live=%" PRIu64,
			    before - live, live);
}

struct conform_key {
	const char *name;
	uint64_t max;
};

struct conform_op {
	const char *name;
	bool needs_table;
	int (*run)(struct conform *c, const uint64_t *value);
	struct conform_key key[MAX_KEYS]; /* all of them, in any order */
};

#define ANY UINT64_MAX

static const struct conform_op conform_ops[] = {
	{ "cfg",
	  false,
	  op_cfg,
	  { { "ias", UINT32_MAX },
	    { "oas", UINT32_MAX },
	    { "quirks", UINT32_MAX },
	    { "pgsizes", ANY } } },
	{ "map",
	  true,
	  op_map,
	  { { "iova", ANY },
	    { "pa", ANY },
	    { "pgsz", ANY },
	    { "n", SIZE_MAX },
	    { "prot", INT32_MAX } } },
	{ "unmap",
	  true,
	  op_unmap,
	  { { "iova", ANY }, { "pgsz", ANY }, { "n", SIZE_MAX } } },
	{ "phys", true, op_phys, { { "iova", ANY } } },
	{ "inject", false, op_inject, { { "k", ANY } } },
	{ "hash", true, op_hash, { { NULL, 0 } } },
	{ "dump", true, op_dump, { { NULL, 0 } } },
	{ "close", true, op_close, { { NULL, 0 } } },
};

static const struct conform_op *find_op(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(conform_ops); i++)
		if (!strcmp(conform_ops[i].name, name))
			return &conform_ops[i];
	return NULL;
}

static unsigned nr_keys(const struct conform_op *op)
{
	unsigned nr = 0;

	while (nr < MAX_KEYS && op->key[nr].name)
		nr++;
	return nr;
}

static int parse_field(struct conform *c, const struct conform_op *op,
		       char *word, unsigned *seen, uint64_t *value)
{
	char *equals = strchr(word, '=');
	unsigned i = 0;

	if (!equals)
		return conform_fail(&c->text, -EINVAL, "no = in \"%s\"", word);
	*equals = '\0';
	while (i < nr_keys(op) && strcmp(op->key[i].name, word) != 0)
		i++;
	if (i == nr_keys(op))
		return conform_fail(&c->text, -EINVAL, "%s has no field %s",
				    op->name, word);
	if (*seen & 1u << i)
		return conform_fail(&c->text, -EINVAL, "%s is there twice",
				    word);
	if (!conform_number(equals + 1, &value[i]) || value[i] > op->key[i].max)
		return conform_fail(&c->text, -EINVAL, "bad number %s=%s", word,
				    equals + 1);
	*seen |= 1u << i;
	return 0;
}

static int replay_line(struct conform *c)
{
	uint64_t value[MAX_KEYS] = { 0 };
	const struct conform_op *op;
	unsigned seen = 0;
	char *save, *word;
	int err;

	conform_cut_line(&c->text);
	word = strtok_r(c->text.input, " \t", &save);
	if (!word)
		return conform_fail(&c->text, -EINVAL,
				    "no operation before =>");
	op = find_op(word);
	if (!op)
		return conform_fail(&c->text, -EINVAL,
				    "unknown operation \"%s\"", word);
	while ((word = strtok_r(NULL, " \t", &save))) {
		err = parse_field(c, op, word, &seen, value);
		if (err < 0)
			return err;
	}
	for (unsigned i = 0; i < nr_keys(op); i++)
		if (!(seen & 1u << i))
			return conform_fail(&c->text, -EINVAL, "%s without %s",
					    op->name, op->key[i].name);
	if (op->needs_table && !c->table)
		return conform_fail(&c->text, -EINVAL, "%s without a table",
				    op->name);
	c->ret->nr_ops++;
	return op->run(c, value);
}

static int replay(struct conform *c)
{
	int err;

	while ((err = conform_next_line(&c->text)) > 0) {
		if (c->text.line_text[0])
			err = replay_line(c);
		if (err < 0)
			break;
	}
	return err;
}

int conform_memory(const char *name, const char *text, size_t size,
		   const struct l2_spec *spec, const struct v7s_config *pgtable,
		   struct conform_result *ret, char *why)
{
	const struct machine_profile *machine;
	struct conform c = {
		.text = {
			.name = name,
			.next = text,
			.end = text + size,
			.ret = ret,
			.why = why,
		},
		.spec = spec,
		.pgtable = pgtable,
		.ret = ret,
	};
	int err;

	memset(ret, 0, sizeof(*ret));
	machine = machine_profile_find(CONFORM_MACHINE);
	if (!machine) {
		snprintf(why, CONFORM_WHY_SIZE, "%s: no machine profile %s",
			 name, CONFORM_MACHINE);
		return -ENOENT;
	}
	err = physmem_create(machine, &c.pm);
	if (err < 0) {
		snprintf(why, CONFORM_WHY_SIZE, "%s: simulated memory: %s",
			 name, strerror(-err));
		return err;
	}
	err = replay(&c);
	drop_table(&c);
	physmem_destroy(c.pm);
	return err;
}

int conform_file(const char *path, const struct l2_spec *spec,
		 const struct v7s_config *pgtable, struct conform_result *ret,
		 char *why)
{
	size_t size;
	char *text;
	int err;

	memset(ret, 0, sizeof(*ret));
	err = textfile_read(path, &text, &size, why);
	if (err < 0)
		return err;
	err = conform_memory(path, text, size, spec, pgtable, ret, why);
	free(text);
	return err;
}
