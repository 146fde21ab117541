// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes scripts for a real kernel; see script.h.
 *
 * Models nothing. An event is written as the replay would do it: paddr rebased,
 * CPUs folded to those that there are. Left out: times, which a kernel has of
 * its own, and what the module does by default.
 * Cost: a line an event. Concurrency: none shared.
 */
#include "script.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "lines.h"
#include "system.h"
#include "trace_cursor.h"

/* Of a pool for vectors, whose page tables are of any size: as conform.h. */
#define VECTOR_TABLES (1u << (V7S_MAX_IAS - 20))

#define ENOUGH 1 /* ends the walk where the case does */

const char *const kernel_strategies[] = {
	"slab_dma32", "genalloc", "page_frag", "page", "pte_frag", NULL,
};

static const char *const cost_names[] = {
	[KERNEL_COST_NONE] = "none",
	[KERNEL_COST_TABLES] = "tables",
	[KERNEL_COST_EVENTS] = "events",
};

const char *kernel_strategy_fits(const struct l2_spec *spec)
{
	const struct l2_option *opt = spec->ops->options;
	const char *const *name = kernel_strategies;

	while (*name && strcmp(*name, spec->ops->name) != 0)
		name++;
	if (!*name)
		return "no kernel has it";
	for (size_t i = 0; opt && opt[i].key; i++)
		if (spec->value[i] != opt[i].def)
			return "its options are of the model, not of a kernel";
	return NULL;
}

unsigned kernel_nr_cpus(const struct kernel_case *c)
{
	struct replay_config cfg = *c->replay;

	cfg.profile = machine_profile_find(KERNEL_MACHINE);
	return replay_nr_cpus(&cfg);
}

static bool is_label(const char *label)
{
	size_t len = strlen(label);

	for (const char *p = label; *p; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return len && len < KERNEL_LABEL;
}

int kernel_case_check(const struct kernel_case *c, char *why)
{
	const char *unfit = kernel_strategy_fits(c->spec);

	if (!is_label(c->label))
		snprintf(
			why, KERNEL_WHY_SIZE,
			"\"%.100s\" is no label: at most %d characters without blanks",
			c->label, KERNEL_LABEL - 1);
	else if (unfit)
		snprintf(why, KERNEL_WHY_SIZE, "%s: %s", c->spec->label, unfit);
	else if (c->trace->nr_any)
		snprintf(
			why, KERNEL_WHY_SIZE,
			"%s: the machine is to choose its memory, which a real one would choose otherwise",
			c->label);
	else if (!c->every)
		snprintf(why, KERNEL_WHY_SIZE, "%s: a point every 0 events",
			 c->label);
	else
		return 0;
	return -EINVAL;
}

struct walk {
	const struct kernel_case *c;
	kernel_event_fn fn;
	void *ctx;
};

static int walk_block(void *ctx, const struct trace_event *ev, size_t nr,
		      uint64_t first)
{
	const struct walk *walk = ctx;
	const struct kernel_case *c = walk->c;
	const volatile sig_atomic_t *stop = c->replay->stop;
	int err = 0;

	for (size_t i = 0; i < nr && !err; i++) {
		if (c->nr_events && first + i == c->nr_events)
			return ENOUGH;
		if (stop && *stop)
			return -EINTR;
		err = walk->fn(walk->ctx, &ev[i]);
	}
	return err;
}

int kernel_case_each(const struct kernel_case *c, kernel_event_fn fn, void *ctx,
		     char *why)
{
	struct walk walk = { c, fn, ctx };
	int err;

	*why = '\0';
	err = trace_each(c->trace, walk_block, &walk, why);
	if (err == ENOUGH)
		return 0;
	if (err && !*why)
		snprintf(why, KERNEL_WHY_SIZE, "%s: %s", c->label,
			 strerror(-err));
	return err;
}

struct writing {
	const struct kernel_case *c;
	FILE *out;
	uint64_t paddr_mask;
	unsigned nr_cpus, cpu;
};

static int write_event(void *ctx, const struct trace_event *ev)
{
	struct writing *w = ctx;
	unsigned cpu = ev->cpu % w->nr_cpus;
	int done = 0;

	if (cpu != w->cpu)
		done = fprintf(w->out, "c %u\n", cpu);
	w->cpu = cpu;
	if (done >= 0 && ev->type == TRACE_MAP)
		done = fprintf(
			w->out,
			"m %u 0x%" PRIx64 " 0x%" PRIx64 " 0x%" PRIx64 " %d\n",
			ev->domain, ev->iova,
			system_rebase(w->paddr_mask, ev->paddr, ev->size),
			ev->size, system_prot(ev));
	else if (done >= 0)
		done = fprintf(w->out, "u %u 0x%" PRIx64 " 0x%" PRIx64 "\n",
			       ev->domain, ev->iova, ev->size);
	return done < 0 ? -EIO : 0;
}

static int write_head(const struct kernel_case *c, FILE *out)
{
	const struct v7s_config *pt = &c->replay->pgtable;
	int done = fprintf(out,
			   "strategy %s tables=%u\n"
			   "run %s domains=%u ias=%u oas=%u quirks=0x%" PRIx32
			   " pgsizes=0x%" PRIx64 " every=%" PRIu64 " cost=%s\n",
			   c->spec->ops->name, system_max_tables(c->replay),
			   c->label, c->trace->nr_domains, pt->ias, pt->oas,
			   pt->quirks, pt->pgsizes, c->every,
			   cost_names[c->cost]);

	return done < 0 ? -EIO : 0;
}

int kernel_script_run(const struct kernel_case *c, FILE *out, char *why)
{
	struct writing w = {
		.c = c,
		.out = out,
		.paddr_mask = system_paddr_mask(c->replay),
		.nr_cpus = kernel_nr_cpus(c),
	};
	int err = kernel_case_check(c, why);

	if (err)
		return err;
	err = write_head(c, out);
	if (!err)
		err = kernel_case_each(c, write_event, &w, why);
	if (!err && fputs("end\n", out) < 0)
		err = -EIO;
	if (ferror(out))
		snprintf(why, KERNEL_WHY_SIZE, "script of %s: %s", c->label,
			 strerror(EIO));
	return err;
}

/* A dump's own lines are answers. */
static bool is_input(const struct line *line)
{
	return line->len && !strchr("# \t\r", *line->text) &&
	       !line_starts(line, "end-dump");
}

int kernel_script_vectors(const char *strategy, const char *text, size_t size,
			  FILE *out)
{
	struct lines lines = lines_of(text, size);
	struct line line;

	fprintf(out, "strategy %s tables=%u\n", strategy, VECTOR_TABLES);
	while (lines_next(&lines, &line)) {
		const char *arrow = memmem(line.text, line.len, "=>", 2);
		size_t len = arrow ? (size_t)(arrow - line.text) : line.len;

		if (!is_input(&line))
			continue;
		while (len && strchr(" \t\r", line.text[len - 1]))
			len--;
		fwrite(line.text, 1, len, out);
		putc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}
