// SPDX-License-Identifier: GPL-2.0-only
/*
 * Allocators of user space beside the strategies, in the same process. Their
 * libraries are opened at run time, each for itself (RTLD_LOCAL); one that is
 * not installed is named and left out. None replaces malloc() here.
 *
 * They are no models of anything in a kernel: they align 1 KiB for anyone,
 * anywhere in memory, and are thread-safe, which strategies are not. jemalloc
 * has the settings of the strategy of that name (no retained memory) where
 * that is built, because a process has one such library.
 *
 * mimalloc 2.0.9, which Debian 12 has, returns misaligned addresses where size
 * and alignment are 1024, which its authors know (#700): counted, and measured a
 * second time by the call that does not.
 * Cost: none once opened. Concurrency: none.
 */
#include "subject.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *library;
	const char *package; /* of Debian 12 */
	const char *alloc, *free;
	const struct loops *plain, *zeroed;
	size_t alloc_member, free_member; /* of struct peer_calls */
} peers[] = {
#define CALLS(alloc, free) \
	offsetof(struct peer_calls, alloc), offsetof(struct peer_calls, free)
	{ "tcmalloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4",
	  "tc_memalign", "tc_free", &loops_aligned, &loops_aligned_zeroed,
	  CALLS(aligned, free) },
	{ "jemalloc (library)", "libjemalloc.so.2", "libjemalloc2", "mallocx",
	  "sdallocx", &loops_with_flags, &loops_with_flags_zeroed,
	  CALLS(with_flags, free_flags) },
	{ "mimalloc", "libmimalloc.so.2", "libmimalloc2.0", "mi_malloc_aligned",
	  "mi_free", &loops_size_first, &loops_size_first_zeroed,
	  CALLS(size_first, free) },
	{ "mimalloc (_at)", "libmimalloc.so.2", "libmimalloc2.0",
	  "mi_malloc_aligned_at", "mi_free", &loops_aligned_at,
	  &loops_aligned_at_zeroed, CALLS(aligned_at, free) },
	{ "glibc", "libc.so.6", "libc6", "aligned_alloc", "free",
	  &loops_aligned, &loops_aligned_zeroed, CALLS(aligned, free) },
#undef CALLS
};

/* A function pointer of any type from dlsym(); false if there is none. */
static bool look_up(void *library, const char *name, void *ret_function)
{
	void *symbol = dlsym(library, name);

	memcpy(ret_function, &symbol, sizeof(symbol));
	return symbol;
}

static void miss(struct subjects *s, const char *name, const char *package)
{
	if (s->nr_missing < ARRAY_SIZE(s->missing))
		snprintf(s->missing[s->nr_missing++], sizeof(s->missing[0]),
			 "%s is not installed (Debian: %s)", name, package);
}

void peers_add(struct subjects *s)
{
	for (size_t i = 0; i < ARRAY_SIZE(peers); i++) {
		struct subject *row = &s->row[s->nr];
		char *calls = (char *)&row->calls;
		void *library;

		if (s->nr == MAX_SUBJECTS)
			return;
		library = dlopen(peers[i].library, RTLD_NOW | RTLD_LOCAL);
		if (!library ||
		    !look_up(library, peers[i].alloc,
			     calls + peers[i].alloc_member) ||
		    !look_up(library, peers[i].free,
			     calls + peers[i].free_member)) {
			miss(s, peers[i].name, peers[i].package);
			memset(row, 0, sizeof(*row));
			continue;
		}
		snprintf(row->name, sizeof(row->name), "%s", peers[i].name);
		row->kind = SUBJECT_PEER;
		row->plain = peers[i].plain;
		row->zeroed = peers[i].zeroed;
		row->heap[0].peer = row->heap[1].peer = &row->calls;
		s->nr++;
	}
}
