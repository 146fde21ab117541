// SPDX-License-Identifier: GPL-2.0-only
/*
 * Joining tracepoints and kprobes of the same calls, which is what is done
 * with the events of a source before they reach a sink.
 *
 * In Linux 6.1 (drivers/iommu/iommu.c) a kprobe on __iommu_map() or
 * __iommu_unmap() is hit where a call begins, the tracepoint where it ends, and
 * not at all if a map fails. So a tracepoint belongs to a kprobe before it with
 * the same addresses and size: the oldest of its CPU, or else the oldest, for
 * a task may have moved. A kprobe that waited for WINDOW others is given up:
 * its call failed, or its tracepoint was lost. Not done: kprobes that come
 * behind their tracepoints.
 *
 * Cost: none where nothing is joined; else a hash look-up and a copy per event.
 * Memory: WINDOW kprobes and BLOCK events. Invariant: waiting kprobes of a
 * bucket are linked from the oldest to the newest.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "trace.h"

#define WINDOW 1024u
#define BLOCK 1024u
#define NOBODY UINT32_MAX

/* Of one bucket: waiting kprobes as indices into waiting[], or NOBODY. */
struct bucket {
	uint32_t oldest, newest;
};

struct waiting {
	struct trace_event ev;
	uint32_t next; /* younger one of the same bucket */
	bool used;
};

struct join {
	struct trace_sink base;
	struct trace *info;	 /* of the caller */
	struct trace_sink *sink; /* of the caller */
	struct trace inner;	 /* with names that may never be used */
	uint64_t nr_probes;	 /* seen so far */
	struct bucket bucket[WINDOW];
	struct waiting waiting[WINDOW];
	struct trace_event block[BLOCK];
};

static bool same_call(const struct trace_event *a, const struct trace_event *b)
{
	return a->iova == b->iova && a->size == b->size &&
	       a->paddr == b->paddr && a->type == b->type;
}

static struct bucket *bucket_of(struct join *join, const struct trace_event *ev)
{
	uint64_t hash = ev->iova >> 12 ^ ev->size << 20 ^ ev->paddr << 9 ^
			(uint64_t)ev->type << 60;

	return &join->bucket[hash * 0x9e3779b97f4a7c15u >> 54];
}

/* Takes a kprobe out of its bucket; before: the one older than it. */
static void unlink_waiting(struct join *join, struct bucket *bucket,
			   uint32_t before, uint32_t id)
{
	uint32_t next = join->waiting[id].next;

	if (before == NOBODY)
		bucket->oldest = next;
	else
		join->waiting[before].next = next;
	if (bucket->newest == id)
		bucket->newest = before;
	join->waiting[id].used = false;
}

static void add_probe(struct join *join, const struct trace_event *ev)
{
	uint32_t id = (uint32_t)(join->nr_probes++ % WINDOW);
	struct waiting *w = &join->waiting[id];
	struct bucket *bucket;

	/* The oldest of all is the oldest of its bucket. */
	if (w->used) {
		unlink_waiting(join, bucket_of(join, &w->ev), NOBODY, id);
		join->info->unjoined_probes++;
	}
	*w = (struct waiting){ .ev = *ev, .next = NOBODY, .used = true };
	bucket = bucket_of(join, ev);
	if (bucket->oldest == NOBODY)
		bucket->oldest = id;
	else
		join->waiting[bucket->newest].next = id;
	bucket->newest = id;
}

/* The kprobe of a tracepoint, taken out; or NULL. */
static const struct trace_event *take_probe(struct join *join,
					    const struct trace_event *ev)
{
	struct bucket *bucket = bucket_of(join, ev);
	uint32_t found = NOBODY, before_found = NOBODY, before = NOBODY;

	for (uint32_t id = bucket->oldest; id != NOBODY;
	     before = id, id = join->waiting[id].next) {
		const struct trace_event *probe = &join->waiting[id].ev;

		if (!same_call(probe, ev))
			continue;
		if (found == NOBODY || probe->cpu == ev->cpu) {
			found = id;
			before_found = before;
		}
		if (probe->cpu == ev->cpu)
			break;
	}
	if (found == NOBODY)
		return NULL;
	unlink_waiting(join, bucket, before_found, found);
	return &join->waiting[found].ev;
}

static int put_point(struct join *join, const struct trace_event *ev)
{
	const struct trace_event *probe = take_probe(join, ev);
	struct trace_sink *sink = join->sink;
	uint16_t inner = probe ? probe->domain : ev->domain;
	int domain = trace_domain(join->info, join->inner.domain[inner]);

	if (domain < 0)
		return domain;
	if (!probe)
		join->info->unjoined_points++;
	*sink->at = *ev;
	sink->at->domain = (uint16_t)domain;
	sink->at++;
	return sink->at == sink->end ? sink->take(sink) : 0;
}

static int take(struct trace_sink *sink)
{
	struct join *join = (struct join *)sink;
	int err = 0;

	for (const struct trace_event *ev = sink->from; !err && ev < sink->at;
	     ev++) {
		if (ev->flags & TRACE_PROBE)
			add_probe(join, ev);
		else
			err = put_point(join, ev);
	}
	sink->at = sink->from;
	return err;
}

static struct join *new_join(struct trace *info, struct trace_sink *sink)
{
	struct join *join = calloc(1, sizeof(*join));

	if (!join)
		return NULL;
	join->base = (struct trace_sink){ join->block, join->block,
					  join->block + BLOCK, take };
	join->info = info;
	join->sink = sink;
	for (unsigned i = 0; i < WINDOW; i++)
		join->bucket[i] = (struct bucket){ NOBODY, NOBODY };
	return join;
}

static void sum_up(struct join *join)
{
	struct trace *info = join->info;

	for (unsigned i = 0; i < WINDOW; i++)
		info->unjoined_probes += join->waiting[i].used;
	info->nr_lost = join->inner.nr_lost;
	info->nr_other = join->inner.nr_other;
	info->nr_points = join->inner.nr_points;
	info->nr_probes = join->inner.nr_probes;
}

static int read_joined(struct trace_source *src, struct trace *info,
		       struct trace_sink *sink, char *why)
{
	struct join *join = new_join(info, sink);
	int err;

	if (!join) {
		snprintf(why, TRACE_WHY_SIZE, "%s: %s", src->name,
			 strerror(ENOMEM));
		return -ENOMEM;
	}
	err = src->ops->read(src, &join->inner, &join->base, why);
	if (!err) {
		sum_up(join);
		err = sink->take(sink);
	}
	trace_free(&join->inner);
	free(join);
	return err;
}

int trace_source_read(struct trace_source *src, struct trace *info,
		      struct trace_sink *sink, char *why)
{
	if (src->take == TRACE_JOIN)
		return read_joined(src, info, sink, why);
	return src->ops->read(src, info, sink, why);
}
