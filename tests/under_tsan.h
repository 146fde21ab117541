/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * UNDER_TSAN: 1 in builds with ThreadSanitizer, else 0. It makes each access
 * some ten times slower, and finds a race by the order of accesses, so that
 * what is done often need not be done so often.
 */
#ifndef UNDER_TSAN_H
#define UNDER_TSAN_H

#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifndef UNDER_TSAN
#define UNDER_TSAN 0
#endif

#define SCALED(n) (UNDER_TSAN ? (n) / 10 : (n))

#endif /* UNDER_TSAN_H */
