// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scripts for boards, and their answers; see kernel_board.h.
 */
#include "kernel_board.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kernel_boot.h"

struct script {
	const struct kernel_work *work;
	size_t nr;
};

static int write_script(void *ctx, FILE *out)
{
	const struct script *s = ctx;

	return kernel_work_script(s->work, s->nr, out);
}

int kernel_board_script(const struct kernel_options *opts,
			const struct kernel_work *work, size_t nr)
{
	struct script s = { work, nr };
	bool to_stdout = !strcmp(opts->script, "-");

	return cli_to_file(to_stdout ? NULL : opts->script, write_script, &s);
}

static void print_point(const struct kernel_point *p)
{
	printf("at %" PRIu64 " ret=0x%" PRIx64 " allocs=%" PRIu64
	       " frees=%" PRIu64 " live=%" PRIu64 " warns=%" PRIu64
	       " held=%" PRId64 "\n",
	       p->events, p->ret, p->allocs, p->frees, p->live, p->warns,
	       p->held);
}

static void print_answer(const struct kernel_answer *a)
{
	printf("run %s strategy=%s domains=%u held=%" PRId64 "\n", a->label,
	       a->strategy, a->nr_domains, a->held_open);
	for (size_t i = 0; i < a->nr_points; i++)
		print_point(&a->point[i]);
	for (unsigned i = 0; i < a->nr_domains; i++)
		printf("domain %u l1_nonzero=%" PRIu64 " l2_tables=%" PRIu64
		       " l2_nonzero=%" PRIu64 " fnv1a64=0x%016" PRIx64 "\n",
		       i, a->state[i].l1_nonzero, a->state[i].l2_tables,
		       a->state[i].l2_nonzero, a->state[i].fnv1a64);
	printf("end %s live=%" PRIu64 " held=%" PRId64 "\n", a->label,
	       a->live_closed, a->held_closed);
}

int kernel_board_model(struct kernel_work *work, size_t nr)
{
	for (size_t i = 0; i < nr; i++) {
		int err = kernel_work_expect(&work[i]);

		if (err == -EINTR)
			return err;
		if (err)
			return cli_fail(EXIT_FAILED, "out of memory");
		if (!work[i].expected)
			return cli_fail(EXIT_FAILED, "%s, %s: %s",
					work[i].workload, work[i].c.spec->label,
					work[i].reason);
		print_answer(&work[i].model);
		kernel_answer_free(&work[i].model);
	}
	return EXIT_FINE;
}

int kernel_board_answers(const struct kernel_options *opts,
			 struct kernel_work *work, size_t nr)
{
	char why[KERNEL_WHY_SIZE], *text;
	size_t size;
	int err = kernel_read_file(opts->answers, &text, &size, why);

	if (err)
		return cli_fail(cli_input_status(err), "%s", why);
	err = kernel_work_take(work, nr, opts->answers, text, size, why);
	free(text);
	if (err)
		return cli_fail(err == -EREMOTEIO || err == -ENODEV
					? EXIT_FAILED
					: cli_input_status(err),
				"%s", why);
	for (size_t i = 0; i < nr; i++) {
		err = kernel_work_expect(&work[i]);
		if (err == -EINTR)
			return err;
		if (err)
			return cli_fail(EXIT_FAILED, "out of memory");
	}
	return EXIT_FINE;
}
