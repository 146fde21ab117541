// SPDX-License-Identifier: GPL-2.0-only
/*
 * Workloads by name: the one list of recorded and generated traces.
 *
 * A trace is made anew at each load; nothing is cached. Cost: that of
 * trace_load() or of the generator. Invariant: the caller's trace is written
 * only when it is whole.
 */
#include "workload.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "emit.h"

const struct workload_ops *workload_find(const char *name)
{
	for (size_t i = 0; workloads[i]; i++)
		if (!strcmp(workloads[i]->name, name))
			return workloads[i];
	return NULL;
}

const char *workload_dir(void)
{
	const char *dir = getenv("V7SBENCH_TRACES");

	return dir && *dir ? dir : WORKLOAD_DIR;
}

/* A generator as a source. */
struct generated {
	struct trace_source base;
	struct workload_spec spec;
};

static int generated_read(struct trace_source *src, struct trace *info,
			  struct trace_sink *sink, char *why)
{
	struct generated *g = (struct generated *)src;
	struct emitter out = { .info = info, .sink = sink };
	int err = g->spec.ops->generate(&g->spec.config, &out);

	if (!err)
		err = sink->take(sink);
	if (err)
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", src->name,
			 out.why ? out.why : strerror(-err));
	info->nr_points = out.nr;
	return err;
}

static void generated_close(struct trace_source *src)
{
	free(src);
}

static const struct trace_source_ops generated_ops = {
	.read = generated_read,
	.close = generated_close,
};

static int open_generated(const struct workload_spec *spec,
			  struct trace_source **ret, char *why)
{
	struct generated *g = calloc(1, sizeof(*g));

	if (!g) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", spec->label,
			 strerror(ENOMEM));
		return -ENOMEM;
	}
	g->spec = *spec;
	g->base.ops = &generated_ops;
	g->base.name = g->spec.label;
	g->base.take = TRACE_POINTS;
	*ret = &g->base;
	return 0;
}

static int open_file(const char *file, struct trace_source **ret, char *why)
{
	char path[PATH_MAX];
	int len;

	len = snprintf(path, sizeof(path), "%s/%s", workload_dir(), file);
	if (len < 0 || (size_t)len >= sizeof(path)) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", file,
			 strerror(ENAMETOOLONG));
		return -ENAMETOOLONG;
	}
	return trace_source_file(path, ret, why);
}

int workload_open(const struct workload_spec *spec, size_t keep,
		  struct trace *ret, char *why)
{
	struct trace_source *src;
	int err = spec->ops->generate ? open_generated(spec, &src, why)
				      : open_file(spec->ops->file, &src, why);

	return err ? err : trace_open(src, keep, ret, why);
}

int workload_load(const struct workload_ops *wl, struct trace *ret, char *why)
{
	struct workload_spec spec;

	workload_defaults(wl, &spec);
	return workload_open(&spec, SIZE_MAX, ret, why);
}
