// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live ranges as a treap over (domain, start); see live_map.h.
 *
 * Nodes are numbers into one array, so that it may move when it grows; 0 is
 * none. Priorities are drawn from a fixed sequence: the same calls build the
 * same tree. Slots are counted where a range comes or goes, by looking whether
 * a neighbour is in its first slot or in its last.
 *
 * Cost: O(log n) expected for each range met; 56 bytes a range, 16 a map of
 * which something is left. Invariant: ranges do not overlap, no child's
 * priority is above its parent's, and the ranges of a map add up to its bytes.
 */
#include "live_map.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define FIRST_ROOM 256u

struct node {
	struct live_range range;
	uint32_t left, right; /* left also links free nodes */
	uint32_t priority;
	uint32_t origin;
};

/* A map event of which something is left. */
struct origin {
	uint64_t bytes;	 /* that are left; of a free one, the next such */
	uint64_t remove; /* the last call that took from it */
};

struct live_map {
	struct node *node;
	uint32_t nr_nodes, room; /* node[0] included, which is none */
	uint32_t free;
	uint32_t root;
	uint32_t drawn;	       /* state of the priorities */
	struct origin *origin; /* one for each node at most */
	uint32_t nr_origins;
	uint32_t free_origin;
	uint64_t nr_added, nr_removes;
	struct live_total total;
};

int live_map_create(struct live_map **ret)
{
	struct live_map *map = calloc(1, sizeof(*map));

	if (!map)
		return -ENOMEM;
	map->node = calloc(FIRST_ROOM, sizeof(*map->node));
	map->origin = calloc(FIRST_ROOM, sizeof(*map->origin));
	if (!map->node || !map->origin) {
		live_map_destroy(map);
		return -ENOMEM;
	}
	map->room = FIRST_ROOM;
	map->nr_nodes = map->nr_origins = 1;
	map->drawn = 1;
	*ret = map;
	return 0;
}

void live_map_destroy(struct live_map *map)
{
	if (map) {
		free(map->node);
		free(map->origin);
	}
	free(map);
}

struct live_total live_map_total(const struct live_map *map)
{
	return map->total;
}

/* For one more node, so that a call fails before it has changed anything. */
static int reserve(struct live_map *map)
{
	struct origin *origin;
	struct node *node;

	if (map->free || map->nr_nodes < map->room)
		return 0;
	if (map->room > UINT32_MAX / 2)
		return -ENOMEM;
	node = reallocarray(map->node, 2 * (size_t)map->room, sizeof(*node));
	if (!node)
		return -ENOMEM;
	map->node = node;
	origin = reallocarray(map->origin, 2 * (size_t)map->room,
			      sizeof(*origin));
	if (!origin)
		return -ENOMEM;
	map->origin = origin;
	map->room *= 2;
	return 0;
}

static uint32_t new_origin(struct live_map *map, uint64_t bytes)
{
	uint32_t id = map->free_origin;

	if (id)
		map->free_origin = (uint32_t)map->origin[id].bytes;
	else
		id = map->nr_origins++;
	map->origin[id] = (struct origin){ .bytes = bytes };
	return id;
}

static uint32_t new_node(struct live_map *map, const struct live_range *range,
			 uint32_t origin)
{
	uint32_t id = map->free;

	if (id)
		map->free = map->node[id].left;
	else
		id = map->nr_nodes++;
	map->drawn ^= map->drawn << 13;
	map->drawn ^= map->drawn >> 17;
	map->drawn ^= map->drawn << 5;
	map->node[id] = (struct node){
		.range = *range,
		.priority = map->drawn,
		.origin = origin,
	};
	return id;
}

static bool is_below(const struct live_range *range, unsigned domain,
		     uint64_t start)
{
	return range->domain != domain ? range->domain < domain
				       : range->start < start;
}

/* Ranges that start below to the left, others to the right. */
static void split(struct live_map *map, uint32_t id, unsigned domain,
		  uint64_t start, uint32_t *ret_left, uint32_t *ret_right)
{
	struct node *n = &map->node[id];

	if (!id) {
		*ret_left = *ret_right = 0;
	} else if (is_below(&n->range, domain, start)) {
		split(map, n->right, domain, start, &n->right, ret_right);
		*ret_left = id;
	} else {
		split(map, n->left, domain, start, ret_left, &n->left);
		*ret_right = id;
	}
}

/* All of left lies below all of right. */
static uint32_t join(struct live_map *map, uint32_t left, uint32_t right)
{
	struct node *l = &map->node[left], *r = &map->node[right];

	if (!left || !right)
		return left ? left : right;
	if (l->priority >= r->priority) {
		l->right = join(map, l->right, right);
		return left;
	}
	r->left = join(map, left, r->left);
	return right;
}

static void insert(struct live_map *map, const struct live_range *range,
		   uint32_t origin)
{
	uint32_t id = new_node(map, range, origin), *at = &map->root;

	while (*at && map->node[*at].priority > map->node[id].priority)
		at = is_below(&map->node[*at].range, range->domain,
			      range->start)
			     ? &map->node[*at].right
			     : &map->node[*at].left;
	split(map, *at, range->domain, range->start, &map->node[id].left,
	      &map->node[id].right);
	*at = id;
	map->total.ranges++;
}

static void erase(struct live_map *map, unsigned domain, uint64_t start)
{
	uint32_t *at = &map->root, id;

	while (is_below(&map->node[*at].range, domain, start) ||
	       map->node[*at].range.start != start ||
	       map->node[*at].range.domain != domain)
		at = is_below(&map->node[*at].range, domain, start)
			     ? &map->node[*at].right
			     : &map->node[*at].left;
	id = *at;
	*at = join(map, map->node[id].left, map->node[id].right);
	map->node[id].left = map->free;
	map->free = id;
	map->total.ranges--;
}

/* The last range of the domain that starts below, or NULL. */
static struct live_range *before(struct live_map *map, unsigned domain,
				 uint64_t start)
{
	struct live_range *found = NULL;
	uint32_t id = map->root;

	while (id) {
		struct node *n = &map->node[id];

		if (is_below(&n->range, domain, start)) {
			found = &n->range;
			id = n->right;
		} else {
			id = n->left;
		}
	}
	return found && found->domain == domain ? found : NULL;
}

/* The first range of the domain that starts there or above, or NULL. */
static struct live_range *from(struct live_map *map, unsigned domain,
			       uint64_t start)
{
	struct live_range *found = NULL;
	uint32_t id = map->root;

	while (id) {
		struct node *n = &map->node[id];

		if (is_below(&n->range, domain, start)) {
			id = n->right;
		} else {
			found = &n->range;
			id = n->left;
		}
	}
	return found && found->domain == domain ? found : NULL;
}

/* The slots that only [start, last] is in, which is not in the map now. */
static uint64_t own_slots(struct live_map *map, unsigned domain, uint64_t start,
			  uint64_t last)
{
	uint64_t first = start >> LIVE_SLOT_SHIFT;
	uint64_t nr = (last >> LIVE_SLOT_SHIFT) - first + 1;
	const struct live_range *lower = before(map, domain, start);
	const struct live_range *upper = from(map, domain, start);

	if (lower && lower->last >> LIVE_SLOT_SHIFT == first) {
		nr--;
		first++;
	}
	if (nr && upper &&
	    upper->start >> LIVE_SLOT_SHIFT == last >> LIVE_SLOT_SHIFT)
		nr--;
	return nr;
}

/* The first range that the event meets, or NULL. */
static struct live_range *first_met(struct live_map *map,
				    const struct trace_event *ev)
{
	uint64_t last = ev->iova + (ev->size - 1);
	struct live_range *range = before(map, ev->domain, ev->iova);

	if (!range || range->last < ev->iova)
		range = from(map, ev->domain, ev->iova);
	return range && range->start <= last ? range : NULL;
}

static uint32_t origin_of(const struct live_range *range)
{
	const struct node *node = (const void *)((const char *)range -
						 offsetof(struct node, range));

	return node->origin;
}

/* Takes [start, last] out of a range that it lies in. There must be room for a
 * node. */
static void take_out(struct live_map *map, struct live_range *range,
		     uint64_t start, uint64_t last)
{
	uint32_t origin = origin_of(range);
	struct live_range rest = *range;
	unsigned domain = range->domain;

	rest.start = last + 1;
	rest.paddr += last + 1 - range->start;
	if (range->start == start && range->last == last) {
		erase(map, domain, start);
	} else if (range->start == start) {
		*range = rest;
	} else {
		bool upper = range->last > last;

		range->last = start - 1;
		if (upper)
			insert(map, &rest, origin);
	}
	map->total.bytes -= last - start + 1;
	map->total.slots -= own_slots(map, domain, start, last);
}

/* True if nothing is left of it. */
static bool take_bytes(struct live_map *map, uint32_t id, uint64_t bytes,
		       struct live_removed *removed)
{
	struct origin *origin = &map->origin[id];

	removed->bytes += bytes;
	removed->maps += origin->remove != map->nr_removes;
	origin->remove = map->nr_removes;
	origin->bytes -= bytes;
	if (origin->bytes)
		return false;
	origin->bytes = map->free_origin;
	map->free_origin = id;
	return true;
}

int live_map_remove(struct live_map *map, const struct trace_event *ev,
		    struct live_removed *ret)
{
	uint64_t ev_last = ev->iova + (ev->size - 1), nr_whole = 0;
	struct live_removed removed = { 0 };
	struct live_range *range;
	int err = reserve(map);

	if (err)
		return err;
	map->nr_removes++;
	while ((range = first_met(map, ev))) {
		uint64_t start = range->start;
		uint64_t last = range->last;

		if (start < ev->iova)
			start = ev->iova;
		if (last > ev_last)
			last = ev_last;
		nr_whole += take_bytes(map, origin_of(range), last - start + 1,
				       &removed);
		take_out(map, range, start, last);
	}
	removed.cut = removed.maps > nr_whole;
	*ret = removed;
	return 0;
}

int live_map_add(struct live_map *map, const struct trace_event *ev)
{
	const struct live_range range = {
		.start = ev->iova,
		.last = ev->iova + (ev->size - 1),
		.paddr = ev->paddr,
		.map = map->nr_added,
		.domain = ev->domain,
		.cpu = ev->cpu,
		.prot = ev->prot,
		.flags = ev->flags,
	};
	int err = reserve(map);

	if (err)
		return err;
	map->total.slots +=
		own_slots(map, range.domain, range.start, range.last);
	map->total.bytes += ev->size;
	map->nr_added++;
	insert(map, &range, new_origin(map, ev->size));
	return 0;
}

static int visit(const struct live_map *map, uint32_t id, live_fn fn, void *ctx)
{
	int err;

	if (!id)
		return 0;
	err = visit(map, map->node[id].left, fn, ctx);
	if (!err)
		err = fn(ctx, &map->node[id].range);
	return err ? err : visit(map, map->node[id].right, fn, ctx);
}

int live_map_each(const struct live_map *map, live_fn fn, void *ctx)
{
	return visit(map, map->root, fn, ctx);
}
