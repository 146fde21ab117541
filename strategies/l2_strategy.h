/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interface behind which every way to allocate level-2 tables stands.
 *
 * A strategy hands out l2_tables: L2_TABLE_SIZE bytes, aligned to their size,
 * from simulated memory, below 4 GiB if the environment asks for DMA32. Four
 * operations act (create, destroy, alloc, free), three only observe (usage,
 * attrs, check). All seven are mandatory; there are no stubs and no capability
 * bits. (conflict is none of them: it looks at options, not at an instance.)
 *
 * Who clears a table: a caller that needs it zeroed passes __GFP_ZERO. If the
 * instance says zeroes, alloc() then returns it zeroed; if not, memory comes
 * back as it was left and the caller clears it. l2_alloc_zeroed() does that.
 * This difference is part of what is measured, so it stays visible.
 *
 * Adding a strategy
 *   1. copy skeleton.c to my_strategy.c and fill it in;
 *   2. add 'my_strategy' to the list in strategies/meson.build.
 * The registry, the tests, `v7sbench list`, the CSV and the plots follow.
 *
 * Measuring, checking and failing are decorators over this same table
 * (l2_decorators.h), so that a measured path contains none of them.
 *
 * Concurrency: if the environment says threads, alloc and free may run at the
 * same time, each thread with simulated CPUs of its own; a strategy then
 * follows its kernel's rules (what is a CPU's takes no lock, what is shared
 * does). If not, locks cost nothing. All else: nobody else in the instance, nor
 * on CPU 0, for which create and destroy take and return pages.
 */
#ifndef L2_STRATEGY_H
#define L2_STRATEGY_H

#include "mm_types.h"

struct physmem;
struct l2_strategy;

#define L2_TABLE_SHIFT 10
#define L2_TABLE_SIZE 1024u

/* The only bytes of a freed table that its strategy may write: a link, at
 * the instance's link_offset; in the middle, as in SLUB, unless the model knows
 * better. All others keep what the last owner left, until the page goes back.
 * That is how a write after free shows. */
#define L2_LINK_OFFSET (L2_TABLE_SIZE / 2)
#define L2_LINK_SIZE 8u

/* An allocated table: the same byte seen by the host and by the IOMMU. */
struct l2_table {
	void *va;
	phys_addr_t paddr;
};

/* Why an allocation failed. */
enum l2_failure {
	L2_FAIL_NOMEM,	   /* the page allocator had nothing: -ENOMEM */
	L2_FAIL_EXHAUSTED, /* a fixed pool is full: -ENOSPC */
	L2_FAIL_RANGE,	   /* memory came, but not below the limit: -ERANGE */
	L2_NR_FAILURES
};

struct l2_usage {
	uint64_t nr_tables;  /* handed out and not yet freed */
	uint64_t pages_held; /* taken from the page allocator, not returned */
	uint64_t metadata_bytes; /* beside those pages: bitmaps, descriptors */
	uint64_t nr_refills;	 /* blocks taken from the page allocator */
	uint64_t nr_fallbacks;	 /* refills of a smaller order than wanted */
	uint64_t nr_failures[L2_NR_FAILURES];
};

/* Where tables come from; the same for all instances of one run. */
struct l2_env {
	struct physmem *pm;
	unsigned nr_cpus;    /* simulated CPUs, at least 1 */
	unsigned max_tables; /* that one domain can need: a level-1 entry each */
	gfp_t zone_gfp;	     /* GFP_DMA32, or 0 where tables may lie anywhere */
	unsigned nr_domains; /* that the instance is for; 0: one */
	bool threads;	     /* several host threads will use it; pm must have
			      * been told too: physmem_set_threads() */
};

/* Attributes of an instance, to be read by people: a slab cache has those of
 * its folder in the kernel's /sys/kernel/slab, or of its line in
 * /proc/slabinfo, under the same names. */
#define L2_MAX_ATTRS 64

struct l2_attrs {
	char id[32]; /* what the kernel would call it; may be empty */
	unsigned nr;
	struct {
		const char *name; /* static */
		uint64_t value;
	} row[L2_MAX_ATTRS];
};

#define L2_MAX_OPTIONS 8

/* An option of a strategy: an integer in a range, or one word of a list, or
 * either of them, min being no smaller than the number of words then. */
struct l2_option {
	const char *key;
	const char *help;
	const char *choices; /* "a|b|c", value is the index; or NULL */
	uint64_t min, max;   /* for numbers; max 0 with choices: words only */
	uint64_t def;
};

/* How far one instance reaches in the kernel. */
enum l2_scope {
	L2_PER_DOMAIN, /* the page table owns it */
	L2_SHARED,     /* one for the system: slab caches merge */
};

struct l2_strategy_ops {
	const char *name;
	const char *summary; /* one line */
	const char *models;  /* kernel version and file, or library */
	enum l2_scope scope;
	enum l2_scope (*scope_of)(const uint64_t *value); /* where it depends
							   * on options; or
							   * NULL */
	bool baseline;		 /* measures the harness: shown, never ranked */
	unsigned insn_noise_ppm; /* by how much a library that it calls may
				  * take other instructions for the same: 0 for
				  * what is all ours */

	const struct l2_option *options; /* ended by a NULL key; or NULL */

	/* @conflict: why these values exclude each other, in a line for the
	 * user; NULL if they do not. Asked before create(). May be missing. */
	const char *(*conflict)(const uint64_t *value);

	/* @one_thread: why an instance of these values cannot be used by
	 * several threads, in a line for the user; NULL if it can. May be
	 * missing: it can. */
	const char *(*one_thread)(const uint64_t *value);

	/**
	 * @create: build an instance
	 * @value: one number per row of options, in that order
	 * Return: 0 and *ret; -ENOMEM.
	 */
	int (*create)(const struct l2_env *env, const uint64_t *value,
		      struct l2_strategy **ret);

	/* @destroy: return every page, tables alive or not, but for what a
	 * defective one leaks. NULL is fine. */
	void (*destroy)(struct l2_strategy *l2);

	/**
	 * @alloc: one table for simulated CPU cpu
	 * Return: 0 and *ret; -ENOMEM, -ENOSPC or -ERANGE (enum l2_failure,
	 * counted), with *ret untouched and nothing held that was not before
	 * beyond caches the model has.
	 */
	int (*alloc)(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		     struct l2_table *ret);

	/* @free: take back a table of this instance, on any CPU. */
	void (*free)(struct l2_strategy *l2, unsigned cpu,
		     const struct l2_table *table);

	/* @usage: O(1); may be called after every operation. */
	void (*usage)(const struct l2_strategy *l2, struct l2_usage *ret);

	/* @attrs: add what can be read of the instance to ret. */
	void (*attrs)(const struct l2_strategy *l2, struct l2_attrs *ret);

	/* @check: walk all state. 0, or -EUCLEAN and a static text. */
	int (*check)(const struct l2_strategy *l2, const char **ret_why);
};

/* First member of every implementation; recovered with container_of. */
struct l2_strategy {
	const struct l2_strategy_ops *ops; /* the registry's, or of one of the
					    * models that options choose */
	bool zeroes;	    /* honours __GFP_ZERO on every allocation */
	unsigned zero_size; /* bytes it clears for that; 0: L2_TABLE_SIZE */
	bool defective; /* claims zeroes and may not, and may leak at destroy:
			 * what a real patch did, and is here to be shown */
	unsigned link_offset; /* of L2_LINK_SIZE bytes that may be written in a
			       * freed table; L2_TABLE_SIZE or more: none */
};

/* All strategies in the order of the list, ended by NULL. Generated. */
extern const struct l2_strategy_ops *const l2_strategies[];

/* NULL when there is no strategy of that name. */
const struct l2_strategy_ops *l2_strategy_find(const char *name);

/* A strategy with its options: what "page_frag:order=0" means. */
struct l2_spec {
	const struct l2_strategy_ops *ops;
	uint64_t value[L2_MAX_OPTIONS];
	char label[64]; /* as written, for tables and files */
};

/**
 * l2_spec_parse() - read "name[:key=value[,key=value...]]"
 * @ret_spec:	written on success only
 * @why:	on failure, one line saying what is wrong (size why_size)
 *
 * Return: 0; -EINVAL for an unknown name, key or value, a missing or repeated
 * value, values that exclude each other, or a text too long for a label.
 */
int l2_spec_parse(const char *text, struct l2_spec *ret_spec, char *why,
		  size_t why_size);

/* Why several threads cannot use an instance of the spec; NULL if they can. */
const char *l2_spec_one_thread(const struct l2_spec *spec);

/* How far an instance of the spec reaches: by its options, or as ops say. */
enum l2_scope l2_spec_scope(const struct l2_spec *spec);

/* Calls ops->create with the values of the spec. 0; -ENOMEM; -EINVAL for
 * values that exclude each other, which l2_spec_parse() lets into no spec, and
 * for threads where l2_spec_one_thread() has an objection. */
int l2_create(const struct l2_spec *spec, const struct l2_env *env,
	      struct l2_strategy **ret);
void l2_destroy(struct l2_strategy *l2);

/* A zeroed table, whoever has to clear it. Errors as alloc(). */
int l2_alloc_zeroed(struct l2_strategy *l2, unsigned cpu, gfp_t gfp,
		    struct l2_table *ret);

static inline void l2_free(struct l2_strategy *l2, unsigned cpu,
			   const struct l2_table *table)
{
	l2->ops->free(l2, cpu, table);
}

#endif /* L2_STRATEGY_H */
