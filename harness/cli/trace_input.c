// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the commands of v7sbench trace read and write; see trace_input.h.
 */
#include "trace_input.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "load.h"
#include "zstd_stream.h"

enum { OPT_TAKE = 0x700, OPT_JOIN };

static const struct argp_option options[] = {
	{ "take", OPT_TAKE, "LINES", 0,
	  "Of a file with both kinds take tracepoints or kprobes (tracepoints)",
	  0 },
	{ "join", OPT_JOIN, NULL, 0,
	  "Take tracepoints, each with the domain of its kprobe", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	static const char *const words[] = { "tracepoints", "kprobes", NULL };
	struct take_options *take = state->input;

	if (key != OPT_TAKE && key != OPT_JOIN)
		return ARGP_ERR_UNKNOWN;
	if (take->given)
		argp_error(state, "one of --take and --join, once");
	take->given = true;
	if (key == OPT_JOIN)
		take->take = TRACE_JOIN;
	else
		take->take = args_word(state, "--take", arg, words)
				     ? TRACE_PROBES
				     : TRACE_POINTS;
	return 0;
}

const struct argp take_argp = { .options = options, .parser = parse };

int trace_input_failed(const char *arg, int err, const char *why)
{
	enum exit_status status = cli_input_status(err);

	return *why ? cli_fail(status, "%s", why)
		    : cli_fail(status, "%s: %s", arg, strerror(-err));
}

int trace_input_open(const char *arg, const struct take_options *take,
		     struct trace *ret)
{
	char why[TRACE_WHY_SIZE];
	int err = cli_open_trace(arg, take ? take->take : TRACE_AUTO,
				 TRACE_KEEP_EVENTS, ret, why);

	if (!err && take && take->take == TRACE_JOIN && !ret->nr_probes)
		cli_warn("%s: no kprobe in it, nothing to join with", arg);
	return err ? cli_fail(cli_input_status(err), "%s", why) : EXIT_FINE;
}

int trace_input_stat(const struct trace *trace, struct trace_stat *ret)
{
	char why[TRACE_WHY_SIZE];
	int err = trace_stat_run(trace, ret, why);

	return err ? cli_fail(cli_input_status(err), "%s", why) : EXIT_FINE;
}

#define AMBIGUOUS                                                       \
	"%s:%" PRIu32 ": map over a live iova, %" PRIu64                \
	" in all: the trace seems to be of several domains, which the " \
	"tracepoint does not tell apart; record them with kprobes:\n"   \
	"p:dmap   __iommu_map   domain=$arg1:x64 iova=$arg2:x64 "       \
	"paddr=$arg3:x64 size=$arg4:u64 prot=$arg5:x32\n"               \
	"p:dunmap __iommu_unmap domain=$arg1:x64 iova=$arg2:x64 "       \
	"size=$arg3:u64\n"                                              \
	"see TRACE-YOUR-DEVICE"

void trace_input_ambiguous(const char *arg, uint32_t line, uint64_t nr)
{
	cli_warn(AMBIGUOUS, arg, line, nr);
}

int trace_input_refuse_ambiguous(const char *arg, uint32_t line, uint64_t nr,
				 const char *option)
{
	return cli_fail(EXIT_USAGE, AMBIGUOUS ", or use %s", arg, line, nr,
			option);
}

struct output {
	const char *arg;
	const char *path;
	trace_output_fn write;
	void *ctx;
};

static bool wants_zstd(const char *path)
{
	size_t len = path ? strlen(path) : 0;

	return len >= 4 && !strcmp(path + len - 4, ".zst");
}

static int write_compressed(const struct output *o, FILE *to, char *why)
{
	FILE *stream = zstd_stream_open(to);
	int err;

	if (!stream)
		return -ENOMEM;
	err = o->write(o->ctx, stream, why);
	if (fclose(stream) && !err)
		err = -EIO;
	return err;
}

static int write_any(void *ctx, FILE *out)
{
	const struct output *o = ctx;
	char why[TRACE_WHY_SIZE] = "";
	int err = wants_zstd(o->path) ? write_compressed(o, out, why)
				      : o->write(o->ctx, out, why);

	if (!err)
		return EXIT_FINE;
	/* A file's own error is told by who commits it. */
	if (err == -EIO && !*why && ferror(out))
		return o->path ? EXIT_FINE : cli_stdout_failed();
	return trace_input_failed(o->arg, err, why);
}

int trace_output_by(const char *arg, trace_output_fn write, void *ctx,
		    const char *path)
{
	struct output o = { arg, path, write, ctx };

	return cli_to_file(path, write_any, &o);
}

static int write_trace(void *ctx, FILE *out, char *why)
{
	return trace_write(ctx, out, why);
}

int trace_output(const char *arg, const struct trace *trace, const char *path)
{
	return trace_output_by(arg, write_trace, (void *)trace, path);
}
