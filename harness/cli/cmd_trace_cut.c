// SPDX-License-Identifier: GPL-2.0-only
/*
 * v7sbench trace cut: part of a trace, by time and domain, that can be replayed
 * by itself.
 *
 * It begins with a map of each range that is mapped at that moment. Times are
 * seconds after the first event of the trace, or, with an @, of its clock.
 *
 * Cost: two passes, one to see whether anything is left. Memory: that of what
 * is mapped at once.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli_trace.h"
#include "live_map.h"
#include "trace_cursor.h"
#include "trace_input.h"

#define NS_PER_SECOND 1000000000u

enum { OPT_FROM = 0x730, OPT_TO, OPT_DOMAIN, OPT_BARE };

/* A moment: of the trace's clock, or from its first event. */
struct moment {
	bool given;
	bool absolute;
	uint64_t ns;
};

struct options {
	struct moment from, to;
	char *domains; /* names between commas; NULL: all */
	bool bare;
	const char *out;
	const char *trace;
};

static const struct argp_option options[] = {
	{ "from", OPT_FROM, "SECONDS", 0,
	  "Leave out events before SECONDS after the first, or, as @SECONDS, before that time of the trace's clock",
	  0 },
	{ "to", OPT_TO, "SECONDS", 0,
	  "Leave out events from then on, said in the same way", 0 },
	{ "domain", OPT_DOMAIN, "NAMES", 0,
	  "Leave out all domains but those named", 0 },
	{ "bare", OPT_BARE, NULL, 0, "Do not begin with what is mapped", 0 },
	{ "out", 'o', "FILE", 0,
	  "Write to FILE, as a whole or not at all; compressed if it ends in .zst",
	  0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

/* Digits, and up to nine behind a point. */
static bool parse_seconds(const char *text, uint64_t *ret)
{
	unsigned long long seconds;
	uint64_t ns = 0, unit = NS_PER_SECOND;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	seconds = strtoull(text, &end, 10);
	if (errno || seconds >= UINT64_MAX / NS_PER_SECOND)
		return false;
	if (*end == '.' && end[1])
		for (end++; *end >= '0' && *end <= '9' && unit > 1; end++) {
			unit /= 10;
			ns += (uint64_t)(*end - '0') * unit;
		}
	*ret = seconds * NS_PER_SECOND + ns;
	return !*end;
}

static void parse_moment(struct argp_state *state, const char *option,
			 const char *text, struct moment *ret)
{
	ret->given = true;
	ret->absolute = *text == '@';
	if (!parse_seconds(text + ret->absolute, &ret->ns))
		argp_error(state,
			   "%s: '%s' is no time such as 1.5 or @72.000123",
			   option, text);
}

static void check(const struct options *opts, struct argp_state *state)
{
	if (opts->from.given && opts->to.given &&
	    opts->from.absolute == opts->to.absolute &&
	    opts->from.ns >= opts->to.ns)
		argp_error(state, "--from is not before --to");
	if (opts->bare && !opts->from.given)
		argp_error(state, "--bare without --from: nothing is mapped");
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *opts = state->input;

	switch (key) {
	case OPT_FROM:
		parse_moment(state, "--from", arg, &opts->from);
		break;
	case OPT_TO:
		parse_moment(state, "--to", arg, &opts->to);
		break;
	case OPT_DOMAIN:
		if (!*arg)
			argp_error(state, "--domain: no name");
		opts->domains = arg;
		break;
	case OPT_BARE:
		opts->bare = true;
		break;
	case 'o':
		opts->out = arg;
		break;
	case ARGP_KEY_ARG:
		if (opts->trace)
			argp_error(state, "one trace at a time, please");
		opts->trace = arg;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which trace?");
		break;
	case ARGP_KEY_END:
		check(opts, state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "TRACE",
	.doc = "Prints part of a trace as text: a file, - for stdin, or the name of a workload. The part begins with a map of each range that is mapped by then."
	       "\vExit status: 0; 2 for a trace that cannot be used, or if nothing is left of it.",
};

struct cut {
	const struct options *opts;
	const struct trace *trace;
	bool *wanted; /* by domain */
	uint64_t from_ns, to_ns;
	bool started;
	struct live_map *live; /* until it has started */
	FILE *out;	       /* NULL: only count */
	uint64_t nr_cut;       /* events, without those of live ranges */
};

static int put(struct cut *cut, const struct trace_event *ev)
{
	return cut->out ? trace_write_events(cut->trace, ev, 1, cut->out) : 0;
}

static int put_live(void *ctx, const struct live_range *range)
{
	struct cut *cut = ctx;
	const struct trace_event ev = {
		.iova = range->start,
		.paddr = range->flags & TRACE_ANY ? 0 : range->paddr,
		.size = range->last - range->start + 1,
		.time_ns = cut->from_ns,
		.domain = range->domain,
		.cpu = range->cpu,
		.type = TRACE_MAP,
		.prot = range->prot,
		.flags = range->flags,
	};

	return put(cut, &ev);
}

/* Events before the part: what they leave mapped is all that counts. */
static int skip_event(struct cut *cut, const struct trace_event *ev)
{
	struct live_removed removed;
	int err;

	if (cut->opts->bare)
		return 0;
	err = live_map_remove(cut->live, ev, &removed);
	if (!err && ev->type == TRACE_MAP)
		err = live_map_add(cut->live, ev);
	return err;
}

static int do_event(struct cut *cut, const struct trace_event *ev)
{
	int err = 0;

	if (!cut->wanted[ev->domain])
		return 0;
	/* By their order: a later event may bear an earlier time. */
	if (!cut->started && ev->time_ns < cut->from_ns)
		return skip_event(cut, ev);
	if (!cut->started) {
		cut->started = true;
		err = live_map_each(cut->live, put_live, cut);
	}
	if (err || ev->time_ns >= cut->to_ns)
		return err;
	cut->nr_cut++;
	return put(cut, ev);
}

static uint64_t at(const struct moment *moment, uint64_t first, uint64_t def)
{
	if (!moment->given)
		return def;
	if (moment->absolute)
		return moment->ns;
	return moment->ns > UINT64_MAX - first ? UINT64_MAX
					       : first + moment->ns;
}

static void find_moments(struct cut *cut, uint64_t first)
{
	cut->from_ns = at(&cut->opts->from, first, 0);
	cut->to_ns = at(&cut->opts->to, first, UINT64_MAX);
}

static int do_block(void *ctx, const struct trace_event *ev, size_t nr,
		    uint64_t first)
{
	struct cut *cut = ctx;
	int err = 0;

	if (!first)
		find_moments(cut, ev[0].time_ns);
	for (size_t i = 0; !err && i < nr; i++)
		err = do_event(cut, &ev[i]);
	return err;
}

/* out NULL: only counts. As trace_write(). */
static int do_all(struct cut *cut, FILE *out, char *why)
{
	int err = live_map_create(cut->trace->nr_domains, &cut->live);

	*why = '\0';
	if (err)
		return err;
	cut->out = out;
	cut->started = false;
	cut->nr_cut = 0;
	err = trace_each(cut->trace, do_block, cut, why);
	live_map_destroy(cut->live);
	return err;
}

/* EXIT_FINE, or a line: a name that the trace has not. */
static int want_domains(struct cut *cut)
{
	const struct trace *trace = cut->trace;
	char *rest = cut->opts->domains, *name;
	unsigned i;

	for (i = 0; !rest && i < trace->nr_domains; i++)
		cut->wanted[i] = true;
	while ((name = strsep(&rest, ","))) {
		for (i = 0; i < trace->nr_domains; i++)
			if (!strcmp(trace->domain[i], name))
				break;
		if (i == trace->nr_domains)
			return cli_fail(EXIT_USAGE, "%s: no domain '%s'",
					cut->opts->trace, name);
		cut->wanted[i] = true;
	}
	return EXIT_FINE;
}

static int write_cut(void *ctx, FILE *out, char *why)
{
	struct cut *cut = ctx;

	*why = '\0';
	if (trace_write_lost(cut->trace, out))
		return -EIO;
	return do_all(cut, out, why);
}

static int cut_trace(struct cut *cut)
{
	const struct options *opts = cut->opts;
	char why[TRACE_WHY_SIZE];
	int err, status = want_domains(cut);

	if (status)
		return status;
	err = do_all(cut, NULL, why);
	if (err)
		return trace_input_failed(opts->trace, err, why);
	if (!cut->nr_cut)
		return cli_fail(EXIT_USAGE, "%s: no event is left",
				opts->trace);
	return trace_output_by(opts->trace, write_cut, cut, opts->out);
}

int cmd_trace_cut(int argc, char **argv)
{
	struct options opts = { 0 };
	struct trace trace = { 0 };
	struct cut cut = { .opts = &opts, .trace = &trace };
	int status;

	args_parse(&argp, argc, argv, &opts);
	status = trace_input_open(opts.trace, NULL, &trace);
	if (status)
		return status;
	cut.wanted = calloc(trace.nr_domains, sizeof(*cut.wanted));
	status = cut.wanted ? cut_trace(&cut)
			    : cli_fail(EXIT_FAILED, "out of memory");
	free(cut.wanted);
	trace_free(&trace);
	return status;
}
