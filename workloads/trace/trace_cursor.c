// SPDX-License-Identifier: GPL-2.0-only
/*
 * A ring of blocks between the thread that reads a source and the caller.
 *
 * The reader waits for a free block, the caller for a full one; a block is its
 * holder's alone, so the lock is taken twice per block and never per event.
 *
 * Memory: NR_BLOCKS x BLOCK events of 48 bytes, 6 MiB. Invariant: blocks are
 * handed over in order, each once. Concurrency: one caller, one reader.
 */
#include "trace_cursor.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NR_BLOCKS 8u
#define BLOCK ((size_t)16384)

struct block {
	struct trace_event *event;
	size_t nr;
};

struct trace_cursor {
	const struct trace *trace;
	bool done; /* of one in memory */
	/* For one that is not: */
	struct trace_sink sink;
	struct trace info; /* what this reading finds */
	struct block block[NR_BLOCKS];
	uint64_t nr_full;  /* blocks filled, ever */
	uint64_t nr_taken; /* blocks that the caller has done with */
	bool held;	   /* block nr_taken is with the caller */
	bool ended;	   /* the reader has nothing more */
	bool stop;	   /* nor is it to have */
	int err;
	uint64_t nr_events;
	pthread_t reader;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char why[TRACE_WHY_SIZE];
};

static struct block *block_at(struct trace_cursor *cur, uint64_t nr)
{
	return &cur->block[nr % NR_BLOCKS];
}

/* Is it still what was opened, as far as it has been read? Events are used
 * before the end is seen, and index by domain. */
static bool unchanged(const struct trace_cursor *cur)
{
	const struct trace *is = &cur->info, *was = cur->trace;

	return is->nr_domains <= was->nr_domains &&
	       cur->nr_events <= was->nr_events &&
	       (!is->nr_domains ||
		!memcmp(is->domain, was->domain,
			is->nr_domains * sizeof(is->domain[0])));
}

/* The reader's: hands over what is written, and waits for a free block. */
static int hand_over(struct trace_sink *sink)
{
	struct trace_cursor *cur =
		(struct trace_cursor *)((char *)sink -
					offsetof(struct trace_cursor, sink));
	struct block *block = block_at(cur, cur->nr_full);
	int err;

	if (sink->at == sink->from)
		return 0;
	block->nr = (size_t)(sink->at - sink->from);
	cur->nr_events += block->nr;
	if (!unchanged(cur))
		return -ESTALE;
	pthread_mutex_lock(&cur->lock);
	cur->nr_full++;
	pthread_cond_broadcast(&cur->changed);
	while (cur->nr_full - cur->nr_taken == NR_BLOCKS && !cur->stop)
		pthread_cond_wait(&cur->changed, &cur->lock);
	err = cur->stop ? -ECANCELED : 0;
	pthread_mutex_unlock(&cur->lock);
	sink->from = sink->at = block_at(cur, cur->nr_full)->event;
	sink->end = sink->at + BLOCK;
	return err;
}

static void *read_ahead(void *arg)
{
	struct trace_cursor *cur = arg;
	struct trace_source *src = cur->trace->source;
	int err = trace_source_read(src, &cur->info, &cur->sink, cur->why);

	if (!err && (cur->nr_events != cur->trace->nr_events ||
		     cur->info.nr_domains != cur->trace->nr_domains))
		err = -ESTALE;
	if (err == -ESTALE)
		snprintf(cur->why, sizeof(cur->why),
			 "%s: changed while it was read", src->name);
	trace_free(&cur->info);
	pthread_mutex_lock(&cur->lock);
	cur->err = err;
	cur->ended = true;
	pthread_cond_broadcast(&cur->changed);
	pthread_mutex_unlock(&cur->lock);
	return NULL;
}

static int start_reading(struct trace_cursor *cur)
{
	struct trace_event *all = calloc(NR_BLOCKS * BLOCK, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < NR_BLOCKS; i++)
		cur->block[i].event = all + i * BLOCK;
	cur->sink = (struct trace_sink){ all, all, all + BLOCK, hand_over };
	pthread_mutex_init(&cur->lock, NULL);
	pthread_cond_init(&cur->changed, NULL);
	if (!pthread_create(&cur->reader, NULL, read_ahead, cur))
		return 0;
	pthread_cond_destroy(&cur->changed);
	pthread_mutex_destroy(&cur->lock);
	free(all);
	return -EAGAIN;
}

int trace_cursor_open(const struct trace *trace, struct trace_cursor **ret)
{
	struct trace_cursor *cur = calloc(1, sizeof(*cur));
	int err = 0;

	if (!cur)
		return -ENOMEM;
	cur->trace = trace;
	if (!trace->event && trace->source)
		err = start_reading(cur);
	if (err)
		free(cur);
	else
		*ret = cur;
	return err;
}

static int next_block(struct trace_cursor *cur, const struct trace_event **ret,
		      size_t *ret_nr)
{
	int err = 0;

	pthread_mutex_lock(&cur->lock);
	if (cur->held) {
		cur->nr_taken++;
		cur->held = false;
		pthread_cond_broadcast(&cur->changed);
	}
	while (cur->nr_full == cur->nr_taken && !cur->ended)
		pthread_cond_wait(&cur->changed, &cur->lock);
	*ret_nr = 0;
	if (cur->nr_full != cur->nr_taken) {
		cur->held = true;
		*ret = block_at(cur, cur->nr_taken)->event;
		*ret_nr = block_at(cur, cur->nr_taken)->nr;
	} else {
		err = cur->err;
	}
	pthread_mutex_unlock(&cur->lock);
	return err;
}

int trace_cursor_next(struct trace_cursor *cur, const struct trace_event **ret,
		      size_t *ret_nr)
{
	const struct trace *trace = cur->trace;

	if (!trace->event && trace->source)
		return next_block(cur, ret, ret_nr);
	*ret = trace->event;
	*ret_nr = cur->done ? 0 : trace->nr_events;
	cur->done = true;
	return 0;
}

const char *trace_cursor_why(const struct trace_cursor *cur)
{
	return cur->why;
}

void trace_cursor_close(struct trace_cursor *cur)
{
	if (cur && cur->block[0].event) {
		pthread_mutex_lock(&cur->lock);
		cur->stop = true;
		pthread_cond_broadcast(&cur->changed);
		pthread_mutex_unlock(&cur->lock);
		pthread_join(cur->reader, NULL);
		pthread_cond_destroy(&cur->changed);
		pthread_mutex_destroy(&cur->lock);
		free(cur->block[0].event);
	}
	free(cur);
}

int trace_each(const struct trace *trace, trace_block_fn fn, void *ctx,
	       char *why)
{
	const struct trace_event *ev;
	struct trace_cursor *cur;
	uint64_t first = 0;
	size_t nr;
	int err = trace_cursor_open(trace, &cur);

	*why = '\0';
	if (err) {
		snprintf(why, TRACE_WHY_SIZE, "reading ahead: %s",
			 strerror(-err));
		return err;
	}
	for (;; first += nr) {
		err = trace_cursor_next(cur, &ev, &nr);
		if (err)
			snprintf(why, TRACE_WHY_SIZE, "%s",
				 trace_cursor_why(cur));
		else if (nr)
			err = fn(ctx, ev, nr, first);
		if (err || !nr)
			break;
	}
	trace_cursor_close(cur);
	return err;
}
