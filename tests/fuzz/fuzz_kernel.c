// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fuzz target of a real kernel's answers: any bytes are answers or are refused
 * with a reason. Answers are equal after they were written and read again,
 * agree with themselves, and can be compared with each other. The same bytes as
 * answers to vectors are equal to themselves or say which line is not.
 */
#include "fuzz_target.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "expect.h"

static void write_run(const struct kernel_answer *run, FILE *out)
{
	fprintf(out, "run %s strategy=%s domains=%u held=%" PRId64 "\n",
		run->label, run->strategy, run->nr_domains, run->held_open);
	for (size_t i = 0; i < run->nr_points; i++) {
		const struct kernel_point *p = &run->point[i];

		fprintf(out,
			"at %" PRIu64 " ret=%" PRIu64 " allocs=%" PRIu64
			" frees=%" PRIu64 " live=%" PRIu64 " warns=%" PRIu64
			" held=%" PRId64 "\n",
			p->events, p->ret, p->allocs, p->frees, p->live,
			p->warns, p->held);
	}
	for (unsigned i = 0; i < run->nr_domains; i++) {
		const struct kernel_state *s = &run->state[i];

		fprintf(out,
			"domain %u l1_nonzero=%" PRIu64 " l2_tables=%" PRIu64
			" l2_nonzero=%" PRIu64 " fnv1a64=%" PRIu64 "\n",
			i, s->l1_nonzero, s->l2_tables, s->l2_nonzero,
			s->fnv1a64);
	}
	for (unsigned i = 0; i < NR_KERNEL_CLASSES; i++) {
		const struct kernel_cost *c = &run->cost[i];

		fprintf(out,
			"cost %s n=%" PRIu64 " sum=%" PRIu64 " p50=%" PRIu64
			" max=%" PRIu64 "\n",
			kernel_class_names[i], c->n, c->sum, c->p50, c->max);
	}
	fprintf(out, "end %s live=%" PRIu64 " held=%" PRId64 "\n", run->label,
		run->live_closed, run->held_closed);
}

static void check_run(const struct kernel_answer *run)
{
	CHECK(*run->label && !strchr(run->label, ' '));
	CHECK(*run->strategy && !strchr(run->strategy, ' '));
	CHECK(run->nr_domains && run->nr_domains <= TRACE_MAX_DOMAINS);
	for (size_t i = 1; i < run->nr_points; i++)
		CHECK(run->point[i].events > run->point[i - 1].events);
}

static void check_same(const struct kernel_answer *a,
		       const struct kernel_answer *b)
{
	struct kernel_agreement agreement;
	char why[KERNEL_WHY_SIZE];

	CHECK(!kernel_agree(a, b, &agreement, why));
	CHECK(agreement.verdict == KERNEL_AGREE && !*agreement.what);
	CHECK(agreement.nr_points == a->nr_points);
	CHECK(!memcmp(a->cost, b->cost, sizeof(a->cost)));
	CHECK(a->held_open == b->held_open);
}

/* Runs that follow each other; a pair is most often of different cases. */
static void check_pair(const struct kernel_answer *a,
		       const struct kernel_answer *b)
{
	struct kernel_agreement agreement;
	char why[KERNEL_WHY_SIZE] = "";
	int err = kernel_agree(a, b, &agreement, why);

	CHECK(!err || (err == -EINVAL && *why));
	if (err)
		return;
	CHECK(agreement.verdict < NR_KERNEL_VERDICTS);
	CHECK(!*agreement.what == (agreement.verdict == KERNEL_AGREE));
	CHECK(agreement.nr_held_differ <= agreement.nr_points);
	CHECK(!agreement.nr_held_differ == !agreement.held_worst);
}

static void check_answers(const struct kernel_answers *answers)
{
	struct kernel_answers again;
	char why[KERNEL_WHY_SIZE];
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	CHECK(out);
	for (size_t i = 0; i < answers->nr_said; i++)
		fprintf(out, "say %s\n", answers->said[i]);
	for (size_t i = 0; i < answers->nr_runs; i++)
		write_run(&answers->run[i], out);
	CHECK(!fclose(out));
	CHECK(size);
	CHECK(!kernel_answers_parse("f", text, size, &again, why));
	CHECK(again.nr_said == answers->nr_said);
	CHECK(again.nr_runs == answers->nr_runs);
	for (size_t i = 0; i < answers->nr_said; i++)
		CHECK(!strcmp(again.said[i], answers->said[i]));
	for (size_t i = 0; i < answers->nr_runs; i++) {
		check_run(&answers->run[i]);
		check_same(&answers->run[i], &again.run[i]);
		if (i)
			check_pair(&answers->run[i - 1], &answers->run[i]);
	}
	kernel_answers_free(&again);
	free(text);
}

static void check_vectors(const char *text, size_t size)
{
	char why[KERNEL_WHY_SIZE] = "";
	uint64_t nr = 0;
	int err = kernel_agree_vectors("f", text, size, text, size, &nr, why);

	/* Comments, empty lines and what was said are on one side only. */
	CHECK(!err || (err == -EBADMSG && !memcmp(why, "f:", 2)));
	for (const char *p = why; *p; p++)
		CHECK(*p >= ' ' && *p <= '~');
	CHECK(!kernel_agree_vectors("f", "", 0, "say x\n", 6, &nr, why));
}

/* No input is lost or made up: so many lines, each shorter than it was. */
static void check_script(const char *text, size_t size)
{
	size_t script_size = 0, nr = 0, nr_script = 0;
	char *script = NULL;
	FILE *out = open_memstream(&script, &script_size);

	CHECK(out);
	CHECK(!kernel_script_vectors("page", text, size, out));
	CHECK(!fclose(out));
	for (size_t i = 0; i < size; i++)
		nr += text[i] == '\n' || i + 1 == size;
	for (size_t i = 0; i < script_size; i++)
		nr_script += script[i] == '\n';
	CHECK(nr_script <= nr + 1);
	free(script);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kernel_answers answers, untouched;
	char why[KERNEL_WHY_SIZE] = "";
	char *text = malloc(size + 1);
	int err;

	CHECK(text);
	/* Ended by no NUL, so that AddressSanitizer sees who reads on. */
	memcpy(text + 1, data, size);
	memset(&answers, 0xa5, sizeof(answers));
	untouched = answers;
	err = kernel_answers_parse("f", text + 1, size, &answers, why);
	if (err) {
		CHECK(err == -EINVAL || err == -EREMOTEIO);
		CHECK(!memcmp(why, "f:", 2) && strlen(why) > 3);
		CHECK(!memcmp(&answers, &untouched, sizeof(answers)));
	} else {
		check_answers(&answers);
		kernel_answers_free(&answers);
	}
	check_vectors(text + 1, size);
	check_script(text + 1, size);
	free(text);
	return 0;
}
