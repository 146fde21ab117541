// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interval map as a treap; see range_map.h.
 *
 * Nodes are numbers into one array, so that it may move when it grows; 0 is
 * none. Their priorities are drawn from a fixed sequence: the same calls build
 * the same tree.
 * Cost: O(log n) expected a call, and a visit of each piece in its range; 40
 * bytes a piece. Invariant: a tree is ordered by start, its pieces do not
 * overlap, and no child's priority is above its parent's.
 * Concurrency: none.
 */
#include "range_map.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#define NODES_PER_CALL 3 /* two cuts and a piece, at most */

struct node {
	struct range_piece piece;
	uint32_t left, right; /* left also links free nodes */
	uint32_t priority;
};

struct range_map {
	struct node *node;
	uint32_t nr_nodes, max_nodes; /* node[0] included, which is none */
	uint32_t free;
	uint32_t nr_pieces;
	uint32_t drawn; /* state of the priorities */
	uint32_t root[];
};

int range_map_create(unsigned nr_spaces, struct range_map **ret)
{
	struct range_map *map =
		calloc(1, sizeof(*map) + nr_spaces * sizeof(map->root[0]));

	if (!map)
		return -ENOMEM;
	map->nr_nodes = 1;
	map->drawn = 1;
	*ret = map;
	return 0;
}

uint64_t range_map_nr(const struct range_map *map)
{
	return map->nr_pieces;
}

void range_map_destroy(struct range_map *map)
{
	if (map)
		free(map->node);
	free(map);
}

/* So that a call fails before it has changed anything. */
static int reserve(struct range_map *map)
{
	uint32_t max = map->max_nodes ? 2 * map->max_nodes : 64;
	struct node *node;

	if (map->max_nodes - map->nr_nodes >= NODES_PER_CALL && map->node)
		return 0;
	if (max <= map->max_nodes)
		return -ENOMEM;
	node = reallocarray(map->node, max, sizeof(*node));
	if (!node)
		return -ENOMEM;
	map->node = node;
	map->max_nodes = max;
	return 0;
}

static uint32_t new_node(struct range_map *map, uint64_t start, uint64_t last,
			 struct range_value value)
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
		.piece = { start, last, value },
		.priority = map->drawn,
	};
	map->nr_pieces++;
	return id;
}

static void free_tree(struct range_map *map, uint32_t id)
{
	if (!id)
		return;
	free_tree(map, map->node[id].left);
	free_tree(map, map->node[id].right);
	map->node[id].left = map->free;
	map->free = id;
	map->nr_pieces--;
}

/* Pieces that start below the address to the left, others to the right. */
static void split(struct range_map *map, uint32_t id, uint64_t address,
		  uint32_t *ret_left, uint32_t *ret_right)
{
	struct node *n = &map->node[id];

	if (!id) {
		*ret_left = *ret_right = 0;
	} else if (n->piece.start < address) {
		split(map, n->right, address, &n->right, ret_right);
		*ret_left = id;
	} else {
		split(map, n->left, address, ret_left, &n->left);
		*ret_right = id;
	}
}

/* All of left lies below all of right. */
static uint32_t join(struct range_map *map, uint32_t left, uint32_t right)
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

/* The piece that holds the address, or 0. */
static uint32_t find(const struct range_map *map, uint32_t id, uint64_t address)
{
	while (id) {
		const struct node *n = &map->node[id];

		if (address < n->piece.start)
			id = n->left;
		else if (address > n->piece.last)
			id = n->right;
		else
			break;
	}
	return id;
}

const struct range_value *range_map_at(const struct range_map *map,
				       unsigned space, uint64_t address)
{
	uint32_t id = find(map, map->root[space], address);

	return id ? &map->node[id].piece.value : NULL;
}

const struct range_piece *range_map_below(const struct range_map *map,
					  unsigned space, uint64_t address)
{
	const struct range_piece *found = NULL;
	uint32_t id = map->root[space];

	while (id) {
		const struct node *n = &map->node[id];

		if (n->piece.start < address) {
			found = &n->piece;
			id = n->right;
		} else {
			id = n->left;
		}
	}
	return found;
}

const struct range_piece *range_map_from(const struct range_map *map,
					 unsigned space, uint64_t address)
{
	const struct range_piece *found = NULL;
	uint32_t id = map->root[space];

	while (id) {
		const struct node *n = &map->node[id];

		if (n->piece.start < address) {
			id = n->right;
		} else {
			found = &n->piece;
			id = n->left;
		}
	}
	return found;
}

/* No piece lies on both sides of the address afterwards. */
static void cut(struct range_map *map, unsigned space, uint64_t address)
{
	uint32_t id = find(map, map->root[space], address), piece, left, right;
	struct node *n = &map->node[id];

	if (!id || n->piece.start == address)
		return;
	piece = new_node(map, address, n->piece.last, n->piece.value);
	map->node[id].piece.last = address - 1;
	split(map, map->root[space], address, &left, &right);
	map->root[space] = join(map, join(map, left, piece), right);
}

/* The trees below, in and above a range. */
struct parts {
	uint32_t below, in, above;
};

static int take_apart(struct range_map *map, unsigned space, uint64_t start,
		      uint64_t last, struct parts *ret)
{
	int err = reserve(map);

	if (err)
		return err;
	cut(map, space, start);
	ret->above = 0;
	if (last < UINT64_MAX)
		cut(map, space, last + 1);
	split(map, map->root[space], start, &ret->below, &ret->in);
	if (last < UINT64_MAX)
		split(map, ret->in, last + 1, &ret->in, &ret->above);
	return 0;
}

static void put_together(struct range_map *map, unsigned space,
			 const struct parts *p)
{
	map->root[space] = join(map, join(map, p->below, p->in), p->above);
}

static void visit(struct range_map *map, uint32_t id, range_fn fn, void *ctx)
{
	if (!id)
		return;
	visit(map, map->node[id].left, fn, ctx);
	fn(ctx, &map->node[id].piece);
	visit(map, map->node[id].right, fn, ctx);
}

int range_map_each(struct range_map *map, unsigned space, uint64_t start,
		   uint64_t last, range_fn fn, void *ctx)
{
	struct parts p;
	int err = take_apart(map, space, start, last, &p);

	if (err)
		return err;
	visit(map, p.in, fn, ctx);
	put_together(map, space, &p);
	return 0;
}

int range_map_set(struct range_map *map, unsigned space, uint64_t start,
		  uint64_t last, struct range_value value)
{
	struct parts p;
	int err = take_apart(map, space, start, last, &p);

	if (err)
		return err;
	free_tree(map, p.in);
	p.in = new_node(map, start, last, value);
	put_together(map, space, &p);
	return 0;
}

int range_map_erase(struct range_map *map, unsigned space, uint64_t start,
		    uint64_t last, range_fn fn, void *ctx)
{
	struct parts p;
	int err = take_apart(map, space, start, last, &p);

	if (err)
		return err;
	visit(map, p.in, fn, ctx);
	free_tree(map, p.in);
	p.in = 0;
	put_together(map, space, &p);
	return 0;
}

static int walk(const struct range_map *map, uint32_t id, range_walk_fn fn,
		void *ctx)
{
	int err;

	if (!id)
		return 0;
	err = walk(map, map->node[id].left, fn, ctx);
	if (!err)
		err = fn(ctx, &map->node[id].piece);
	return err ? err : walk(map, map->node[id].right, fn, ctx);
}

int range_map_walk(const struct range_map *map, unsigned space,
		   range_walk_fn fn, void *ctx)
{
	return walk(map, map->root[space], fn, ctx);
}
