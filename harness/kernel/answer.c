// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what a kernel answered to runs; see answer.h, and README.md beside it
 * for the lines.
 *
 * Strict, since nobody writes answers by hand: every field of a line is there,
 * in that order, and lines are in the order in which the module writes them.
 * Whether figures make sense is for the comparison to say (agree.c).
 * Cost: linear in the text, and memory too: what is kept grows with the lines
 * that are there, not with what a number in them promises.
 * Invariant: of an open run the last one of answers->run is not finished.
 * Concurrency: none shared.
 */
#include "answer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "conform_text.h"
#include "lines.h"
#include "trace.h"

#define MAX_LINE 512

const char *const kernel_class_names[] = {
	[KERNEL_ALLOC] = "alloc", [KERNEL_FREE] = "free",
	[KERNEL_MAP] = "map",	  [KERNEL_MAP_TABLE] = "map_table",
	[KERNEL_UNMAP] = "unmap", [KERNEL_UNMAP_TABLE] = "unmap_table",
	[KERNEL_TIMER] = "timer", [NR_KERNEL_CLASSES] = NULL,
};

struct reader {
	const char *name;
	struct lines lines;
	char copy[MAX_LINE]; /* of the line, cut into words */
	char *rest;	     /* of it: words not looked at yet */
	struct kernel_answers *ret;
	size_t max_runs, max_said, max_points, max_states;
	bool open;	       /* a run has no end yet */
	unsigned nr_domains;   /* that it promised */
	unsigned classes_seen; /* a bit each */
	char *why;
};

void kernel_answer_free(struct kernel_answer *answer)
{
	free(answer->point);
	free(answer->state);
	memset(answer, 0, sizeof(*answer));
}

void kernel_answers_free(struct kernel_answers *answers)
{
	for (size_t i = 0; i < answers->nr_runs; i++)
		kernel_answer_free(&answers->run[i]);
	free(answers->run);
	free(answers->said);
	memset(answers, 0, sizeof(*answers));
}

__attribute__((format(printf, 3, 4))) static int
refuse(struct reader *r, int err, const char *format, ...)
{
	va_list args;
	int used = snprintf(r->why, KERNEL_WHY_SIZE, "%s:%u: ", r->name,
			    r->lines.nr);

	if (used < 0 || used >= KERNEL_WHY_SIZE)
		return err;
	va_start(args, format);
	vsnprintf(r->why + used, KERNEL_WHY_SIZE - (size_t)used, format, args);
	va_end(args);
	return err;
}

static struct kernel_answer *open_run(const struct reader *r)
{
	return &r->ret->run[r->ret->nr_runs - 1];
}

/* Room for one more of nr; *max is what there is room for. */
static int grow(struct reader *r, void **array, size_t nr, size_t *max,
		size_t size)
{
	size_t more = *max ? 2 * *max : 4;
	void *larger;

	if (nr < *max)
		return 0;
	larger = reallocarray(*array, more, size);
	if (!larger)
		return refuse(r, -ENOMEM, "%s", strerror(ENOMEM));
	*array = larger;
	*max = more;
	return 0;
}

/* The next word; NULL at the end of the line. Two blanks have an empty one
 * between them. */
static char *next_word(struct reader *r)
{
	return r->rest ? strsep(&r->rest, " ") : NULL;
}

static int read_word(struct reader *r, const char *what, const char *word,
		     char *ret)
{
	if (!word || !*word)
		return refuse(r, -EINVAL, "no %s", what);
	if (strlen(word) >= KERNEL_LABEL)
		return refuse(r, -EINVAL, "%s is longer than %d bytes", what,
			      KERNEL_LABEL - 1);
	memcpy(ret, word, strlen(word) + 1);
	return 0;
}

static int read_number(struct reader *r, const char *what, const char *word,
		       uint64_t *ret)
{
	if (!word)
		return refuse(r, -EINVAL, "no %s", what);
	if (!conform_number(word, ret))
		return refuse(r, -EINVAL, "%s is no number of 64 bits: \"%s\"",
			      what, word);
	return 0;
}

/* The value of the next word, which must be key=value. */
static int next_field(struct reader *r, const char *key, const char **ret)
{
	const char *word = next_word(r);
	size_t len = strlen(key);

	if (!word)
		return refuse(r, -EINVAL, "no %s=", key);
	if (strncmp(word, key, len) != 0 || word[len] != '=')
		return refuse(r, -EINVAL, "%s= expected, not \"%s\"", key,
			      word);
	*ret = word + len + 1;
	return 0;
}

static int next_number(struct reader *r, const char *key, uint64_t *ret)
{
	const char *word = NULL;
	int err = next_field(r, key, &word);

	return err ? err : read_number(r, key, word, ret);
}

/* Pages, which may have become fewer. */
static int next_pages(struct reader *r, const char *key, int64_t *ret)
{
	const char *word = NULL;
	uint64_t value = 0;
	bool negative;
	int err = next_field(r, key, &word);

	if (err)
		return err;
	negative = *word == '-';
	err = read_number(r, key, word + negative, &value);
	if (!err && value > INT64_MAX)
		err = refuse(r, -EINVAL, "%s is out of range: \"%s\"", key,
			     word);
	if (!err)
		*ret = negative ? -(int64_t)value : (int64_t)value;
	return err;
}

static int end_of_line(struct reader *r)
{
	const char *word = next_word(r);

	return word ? refuse(r, -EINVAL, "more than there should be: \"%s\"",
			     word)
		    : 0;
}

static int read_say(struct reader *r)
{
	struct kernel_answers *ret = r->ret;
	void *said = ret->said;
	int err =
		grow(r, &said, ret->nr_said, &r->max_said, sizeof(*ret->said));

	ret->said = said;
	if (!err)
		err = read_word(r, "text", r->rest, ret->said[ret->nr_said]);
	if (!err)
		ret->nr_said++;
	return err;
}

static int read_run_fields(struct reader *r, struct kernel_answer *run)
{
	const char *strategy = NULL;
	uint64_t nr_domains = 0;
	int err = read_word(r, "label", next_word(r), run->label);

	if (!err)
		err = next_field(r, "strategy", &strategy);
	if (!err)
		err = read_word(r, "strategy", strategy, run->strategy);
	if (!err)
		err = next_number(r, "domains", &nr_domains);
	if (!err && (!nr_domains || nr_domains > TRACE_MAX_DOMAINS))
		err = refuse(r, -EINVAL, "domains is not from 1 to %d",
			     TRACE_MAX_DOMAINS);
	if (!err)
		err = next_pages(r, "held", &run->held_open);
	r->nr_domains = (unsigned)nr_domains;
	return err;
}

static int read_run(struct reader *r)
{
	struct kernel_answers *ret = r->ret;
	void *runs = ret->run;
	int err;

	if (r->open)
		return refuse(r, -EINVAL, "run %.100s has no end",
			      open_run(r)->label);
	err = grow(r, &runs, ret->nr_runs, &r->max_runs, sizeof(*ret->run));
	ret->run = runs;
	if (err)
		return err;
	memset(&ret->run[ret->nr_runs], 0, sizeof(*ret->run));
	err = read_run_fields(r, &ret->run[ret->nr_runs]);
	if (err)
		return err;
	ret->nr_runs++;
	r->open = true;
	r->classes_seen = 0;
	r->max_points = 0;
	r->max_states = 0;
	return 0;
}

static int read_point_fields(struct reader *r, struct kernel_point *p)
{
	int err = read_number(r, "number of events", next_word(r), &p->events);

	if (!err)
		err = next_number(r, "ret", &p->ret);
	if (!err)
		err = next_number(r, "allocs", &p->allocs);
	if (!err)
		err = next_number(r, "frees", &p->frees);
	if (!err)
		err = next_number(r, "live", &p->live);
	if (!err)
		err = next_number(r, "warns", &p->warns);
	if (!err)
		err = next_pages(r, "held", &p->held);
	return err;
}

static int read_at(struct reader *r)
{
	struct kernel_answer *run = open_run(r);
	struct kernel_point point = { 0 };
	void *points = run->point;
	int err = read_point_fields(r, &point);

	if (err)
		return err;
	if (run->nr_domains || r->classes_seen)
		return refuse(r, -EINVAL, "at after the state of the end");
	if (run->nr_points &&
	    point.events <= run->point[run->nr_points - 1].events)
		return refuse(r, -EINVAL, "not after the at before it");
	err = grow(r, &points, run->nr_points, &r->max_points, sizeof(point));
	run->point = points;
	if (!err)
		run->point[run->nr_points++] = point;
	return err;
}

static int read_domain(struct reader *r)
{
	struct kernel_answer *run = open_run(r);
	struct kernel_state state = { 0 };
	void *states = run->state;
	uint64_t domain = 0;
	int err = read_number(r, "domain", next_word(r), &domain);

	if (!err && (domain != run->nr_domains || domain >= r->nr_domains))
		err = refuse(r, -EINVAL, "not the domain that comes next");
	if (!err)
		err = next_number(r, "l1_nonzero", &state.l1_nonzero);
	if (!err)
		err = next_number(r, "l2_tables", &state.l2_tables);
	if (!err)
		err = next_number(r, "l2_nonzero", &state.l2_nonzero);
	if (!err)
		err = next_number(r, "fnv1a64", &state.fnv1a64);
	if (err)
		return err;
	err = grow(r, &states, run->nr_domains, &r->max_states, sizeof(state));
	run->state = states;
	if (!err)
		run->state[run->nr_domains++] = state;
	return err;
}

static int read_class(struct reader *r, unsigned *ret)
{
	const char *word = next_word(r);
	unsigned i = 0;

	while (word && i < NR_KERNEL_CLASSES &&
	       strcmp(word, kernel_class_names[i]) != 0)
		i++;
	if (!word || i == NR_KERNEL_CLASSES)
		return refuse(r, -EINVAL, "unknown class \"%s\"",
			      word ? word : "");
	if (r->classes_seen & 1u << i)
		return refuse(r, -EINVAL, "class %s is there twice", word);
	*ret = i;
	return 0;
}

static int read_cost(struct reader *r)
{
	struct kernel_cost cost = { 0 };
	unsigned class = 0;
	int err = read_class(r, &class);

	if (!err && open_run(r)->nr_domains < r->nr_domains)
		err = refuse(r, -EINVAL, "cost before the last domain");
	if (!err)
		err = next_number(r, "n", &cost.n);
	if (!err)
		err = next_number(r, "sum", &cost.sum);
	if (!err)
		err = next_number(r, "p50", &cost.p50);
	if (!err)
		err = next_number(r, "max", &cost.max);
	if (err)
		return err;
	r->classes_seen |= 1u << class;
	open_run(r)->cost[class] = cost;
	return 0;
}

static int read_end(struct reader *r)
{
	struct kernel_answer *run = open_run(r);
	const char *label = next_word(r);
	int err;

	if (!label || strcmp(label, run->label) != 0)
		return refuse(r, -EINVAL, "end of \"%s\" in run %.100s",
			      label ? label : "", run->label);
	if (run->nr_domains < r->nr_domains)
		return refuse(r, -EINVAL, "end after %u of %u domains",
			      run->nr_domains, r->nr_domains);
	err = next_number(r, "live", &run->live_closed);
	if (!err)
		err = next_pages(r, "held", &run->held_closed);
	r->open = err != 0;
	return err;
}

static int read_error(struct reader *r)
{
	return refuse(r, -EREMOTEIO, "the kernel says: error %s",
		      r->rest ? r->rest : "");
}

static const struct {
	const char *word;
	bool in_run; /* else anywhere */
	bool whole;  /* the rest of the line is its own */
	int (*read)(struct reader *r);
} answer_lines[] = {
	{ "say", false, true, read_say },
	{ "run", false, false, read_run },
	{ "at", true, false, read_at },
	{ "domain", true, false, read_domain },
	{ "cost", true, false, read_cost },
	{ "end", true, false, read_end },
	{ "error", false, true, read_error },
};

#define NR_LINES (sizeof(answer_lines) / sizeof(answer_lines[0]))

/* Characters that would not survive in a message are in no answer. */
static int copy_line(struct reader *r, const struct line *line)
{
	if (line->len >= MAX_LINE)
		return refuse(r, -EINVAL, "line is longer than %d bytes",
			      MAX_LINE - 1);
	for (size_t i = 0; i < line->len; i++)
		if (line->text[i] < ' ' || line->text[i] > '~')
			return refuse(r, -EINVAL, "byte 0x%02x in the line",
				      (unsigned char)line->text[i]);
	if (r->lines.next[-1] != '\n')
		return refuse(r, -EINVAL, "no newline at the end: cut off");
	memcpy(r->copy, line->text, line->len);
	r->copy[line->len] = '\0';
	r->rest = r->copy;
	return 0;
}

static int read_line(struct reader *r, const struct line *line)
{
	const char *word;
	size_t i = 0;
	int err = copy_line(r, line);

	if (err)
		return err;
	if (strstr(r->copy, " => ") && !line_starts(line, "say ") &&
	    !line_starts(line, "error "))
		return refuse(r, -EINVAL,
			      "the answer to a vector, not to a run");
	word = next_word(r);
	while (i < NR_LINES && strcmp(word, answer_lines[i].word) != 0)
		i++;
	if (i == NR_LINES)
		return refuse(r, -EINVAL, "no answer begins with \"%s\"", word);
	if (answer_lines[i].in_run && !r->open)
		return refuse(r, -EINVAL, "%s outside of a run", word);
	err = answer_lines[i].read(r);
	return err || answer_lines[i].whole ? err : end_of_line(r);
}

int kernel_answers_parse(const char *name, const char *text, size_t size,
			 struct kernel_answers *ret, char *why)
{
	struct kernel_answers answers = { 0 };
	struct reader r = {
		.name = name,
		.lines = lines_of(text, size),
		.ret = &answers,
		.why = why,
	};
	struct line line;
	int err = 0;

	while (!err && lines_next(&r.lines, &line))
		err = read_line(&r, &line);
	if (!err && !r.lines.nr) {
		snprintf(why, KERNEL_WHY_SIZE, "%s: no answer in it", name);
		err = -EINVAL;
	}
	if (!err && r.open)
		err = refuse(&r, -EINVAL, "run %.100s has no end",
			     open_run(&r)->label);
	if (err)
		kernel_answers_free(&answers);
	else
		*ret = answers;
	return err;
}
