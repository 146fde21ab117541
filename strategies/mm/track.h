/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells AddressSanitizer which parts of the arena are in use. Without it the
 * arena is one mapping and no use after free in it is ever reported.
 * track_poison(): nobody may touch these bytes. track_unpoison(): in use again.
 */
#ifndef TRACK_H
#define TRACK_H

#include <stddef.h>

#if defined(__SANITIZE_ADDRESS__)
#define TRACK_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TRACK_ASAN 1
#endif
#endif

#ifdef TRACK_ASAN
#include <sanitizer/asan_interface.h>
static inline void track_poison(const void *va, size_t size)
{
	__asan_poison_memory_region(va, size);
}
static inline void track_unpoison(const void *va, size_t size)
{
	__asan_unpoison_memory_region(va, size);
}
#else
static inline void track_poison(const void *va, size_t size)
{
	(void)va;
	(void)size;
}
static inline void track_unpoison(const void *va, size_t size)
{
	(void)va;
	(void)size;
}
#endif

#endif /* TRACK_H */
