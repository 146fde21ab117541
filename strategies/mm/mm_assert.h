/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The assertion ladder: -Dassert_level=0 (measured builds), 1 (cheap tests of
 * a caller's contract and of local state), 2 (1 plus walks of a structure at
 * its entry points). A failed assertion aborts: the simulated kernel's BUG().
 */
#ifndef MM_ASSERT_H
#define MM_ASSERT_H

#include <stdlib.h>

#ifndef V7SBENCH_ASSERT_LEVEL
#define V7SBENCH_ASSERT_LEVEL 0
#endif

#if V7SBENCH_ASSERT_LEVEL >= 1
#define mm_assert(cond) ((cond) ? (void)0 : abort())
#else
#define mm_assert(cond) ((void)sizeof(!(cond)))
#endif

#if V7SBENCH_ASSERT_LEVEL >= 2
#define mm_assert_slow(cond) mm_assert(cond)
#else
#define mm_assert_slow(cond) ((void)sizeof(!(cond)))
#endif

#endif /* MM_ASSERT_H */
