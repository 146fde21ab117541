// SPDX-License-Identifier: GPL-2.0-only
/*
 * Live ranges as pieces of a range map, and the maps that they are of; see
 * live_map.h.
 *
 * A piece's value is the number of its map, which has what pieces share.
 * Slots are counted where pieces come or go, by looking which slot was counted
 * before and whether the next piece above is in the last one.
 *
 * Cost: O(log n) expected for each range met; 40 bytes a range, 48 a map of
 * which something is left. Invariant: the pieces of a map add up to its bytes.
 */
#include "live_map.h"

#include <errno.h>
#include <stdlib.h>

#include "range_map.h"

#define FIRST_ROOM 256u

/* A map event of which something is left. */
struct origin {
	struct live_range range; /* as it was mapped */
	uint64_t bytes;	 /* that are left; of a free one, the next such */
	uint64_t remove; /* the last call that took from it */
};

struct live_map {
	struct range_map *pieces;
	unsigned nr_domains;
	struct origin *origin; /* origin[0] is none */
	uint32_t nr_origins, room;
	uint32_t free_origin;
	uint64_t nr_added, nr_removes;
	uint64_t bytes, slots;
};

int live_map_create(unsigned nr_domains, struct live_map **ret)
{
	struct live_map *map = calloc(1, sizeof(*map));

	if (!map)
		return -ENOMEM;
	map->origin = calloc(FIRST_ROOM, sizeof(*map->origin));
	if (!map->origin || range_map_create(nr_domains, &map->pieces)) {
		live_map_destroy(map);
		return -ENOMEM;
	}
	map->nr_domains = nr_domains;
	map->room = FIRST_ROOM;
	map->nr_origins = 1;
	*ret = map;
	return 0;
}

void live_map_destroy(struct live_map *map)
{
	if (map) {
		range_map_destroy(map->pieces);
		free(map->origin);
	}
	free(map);
}

struct live_total live_map_total(const struct live_map *map)
{
	return (struct live_total){
		.bytes = map->bytes,
		.slots = map->slots,
		.ranges = range_map_nr(map->pieces),
	};
}

/* Slots that pieces of a domain are in, which are met in ascending order. */
struct slots {
	uint64_t nr;
	uint64_t last; /* the last slot looked at, if any */
	bool any;
};

static uint64_t slot_of(uint64_t iova)
{
	return iova >> LIVE_SLOT_SHIFT;
}

/* Below: a piece whose slots are somebody's anyway. */
static struct slots slots_above(const struct range_piece *below)
{
	struct slots s = { .any = below };

	if (below)
		s.last = slot_of(below->last);
	return s;
}

static void slots_add(struct slots *s, uint64_t start, uint64_t last)
{
	uint64_t first = slot_of(start);

	if (s->any && s->last == first)
		first++;
	s->nr += slot_of(last) + 1 - first;
	s->last = slot_of(last);
	s->any = true;
}

/* Without the one that the next piece above is in too. */
static uint64_t slots_below(const struct slots *s,
			    const struct range_piece *above)
{
	return s->nr - (s->nr && above && slot_of(above->start) == s->last);
}

/* What a removal finds and takes. */
struct removal {
	struct live_map *map;
	struct live_removed removed;
	struct slots slots;
	uint64_t nr_whole; /* maps of which nothing is left */
};

static void take(void *ctx, struct range_piece *piece)
{
	struct removal *r = ctx;
	struct live_map *map = r->map;
	struct origin *origin = &map->origin[piece->value.mapped];
	uint64_t bytes = piece->last - piece->start + 1;

	slots_add(&r->slots, piece->start, piece->last);
	r->removed.bytes += bytes;
	r->removed.maps += origin->remove != map->nr_removes;
	origin->remove = map->nr_removes;
	origin->bytes -= bytes;
	if (origin->bytes)
		return;
	r->nr_whole++;
	origin->bytes = map->free_origin;
	map->free_origin = piece->value.mapped;
}

/* The pieces next to an event's range; the lower one may reach into it. */
static const struct range_piece *below(const struct live_map *map,
				       const struct trace_event *ev)
{
	return range_map_below(map->pieces, ev->domain, ev->iova);
}

static const struct range_piece *above(const struct live_map *map,
				       const struct trace_event *ev)
{
	uint64_t last = ev->iova + (ev->size - 1);

	return last < UINT64_MAX
		       ? range_map_from(map->pieces, ev->domain, last + 1)
		       : NULL;
}

/* As they will be once the piece that reaches in is cut. */
static struct slots slots_left_of(const struct live_map *map,
				  const struct trace_event *ev)
{
	const struct range_piece *piece = below(map, ev);
	struct slots s = slots_above(piece);

	if (piece && piece->last >= ev->iova)
		s.last = slot_of(ev->iova - 1);
	return s;
}

int live_map_remove(struct live_map *map, const struct trace_event *ev,
		    struct live_removed *ret)
{
	struct removal r = { .map = map, .slots = slots_left_of(map, ev) };
	int err;

	map->nr_removes++;
	err = range_map_erase(map->pieces, ev->domain, ev->iova,
			      ev->iova + (ev->size - 1), take, &r);
	if (err)
		return err;
	map->bytes -= r.removed.bytes;
	map->slots -= slots_below(&r.slots, above(map, ev));
	r.removed.cut = r.removed.maps > r.nr_whole;
	*ret = r.removed;
	return 0;
}

/* For one more, so that a call fails before it has changed anything. */
static int reserve(struct live_map *map)
{
	struct origin *origin;

	if (map->free_origin || map->nr_origins < map->room)
		return 0;
	if (map->room > UINT32_MAX / 2)
		return -ENOMEM;
	origin = reallocarray(map->origin, 2 * (size_t)map->room,
			      sizeof(*origin));
	if (!origin)
		return -ENOMEM;
	map->origin = origin;
	map->room *= 2;
	return 0;
}

static uint32_t next_origin(const struct live_map *map)
{
	return map->free_origin ? map->free_origin : map->nr_origins;
}

static void use_origin(struct live_map *map, uint32_t id,
		       const struct trace_event *ev)
{
	if (id == map->free_origin)
		map->free_origin = (uint32_t)map->origin[id].bytes;
	else
		map->nr_origins++;
	map->origin[id] = (struct origin){
		.range = {
			.start = ev->iova,
			.last = ev->iova + (ev->size - 1),
			.paddr = ev->paddr,
			.map = map->nr_added++,
			.domain = ev->domain,
			.cpu = ev->cpu,
			.prot = ev->prot,
			.flags = ev->flags,
		},
		.bytes = ev->size,
	};
}

int live_map_add(struct live_map *map, const struct trace_event *ev)
{
	struct slots slots = slots_above(below(map, ev));
	uint64_t last = ev->iova + (ev->size - 1), nr_slots;
	const struct range_value value = { .mapped = next_origin(map) };
	int err = reserve(map);

	slots_add(&slots, ev->iova, last);
	nr_slots = slots_below(&slots, above(map, ev));
	if (!err)
		err = range_map_set(map->pieces, ev->domain, ev->iova, last,
				    value);
	if (err)
		return err;
	use_origin(map, value.mapped, ev);
	map->slots += nr_slots;
	map->bytes += ev->size;
	return 0;
}

struct walk {
	const struct live_map *map;
	live_fn fn;
	void *ctx;
};

static int show(void *ctx, const struct range_piece *piece)
{
	const struct walk *w = ctx;
	struct live_range range = w->map->origin[piece->value.mapped].range;

	range.paddr += piece->start - range.start;
	range.start = piece->start;
	range.last = piece->last;
	return w->fn(w->ctx, &range);
}

int live_map_each(const struct live_map *map, live_fn fn, void *ctx)
{
	struct walk w = { map, fn, ctx };
	int err = 0;

	for (unsigned d = 0; d < map->nr_domains && !err; d++)
		err = range_map_walk(map->pieces, d, show, &w);
	return err;
}
