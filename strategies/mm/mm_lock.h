/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The spinlock of the simulated kernel. Models spin_lock() with interrupts off:
 * short, not fair, never taken twice by one holder. Costs a test where threads
 * is false, as a kernel on one CPU patches its locks out; then it is no lock.
 *
 * A holder may lose its host CPU, which no holder in a kernel does; so who
 * waits long gives up its own.
 *
 * Zeroed is free. Invariant: who unlocks has locked, with the same threads.
 */
#ifndef MM_LOCK_H
#define MM_LOCK_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>

#define MM_LOCK_SPINS 1000 /* before giving up the host CPU once */

struct mm_lock {
	uint32_t taken;
};

static inline void mm_lock_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield");
#endif
}

/* Not inlined: hardly ever called. */
static __attribute__((noinline, unused)) void mm_lock_wait(struct mm_lock *lock)
{
	unsigned spins = 0;

	do {
		while (__atomic_load_n(&lock->taken, __ATOMIC_RELAXED)) {
			mm_lock_relax();
			if (++spins % MM_LOCK_SPINS == 0)
				sched_yield();
		}
	} while (__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE));
}

static inline void mm_lock(struct mm_lock *lock, bool threads)
{
	if (threads && __atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE))
		mm_lock_wait(lock);
}

/* False if another holder has it. */
static inline bool mm_trylock(struct mm_lock *lock, bool threads)
{
	return !threads ||
	       !__atomic_exchange_n(&lock->taken, 1, __ATOMIC_ACQUIRE);
}

static inline void mm_unlock(struct mm_lock *lock, bool threads)
{
	if (threads)
		__atomic_store_n(&lock->taken, 0, __ATOMIC_RELEASE);
}

#endif /* MM_LOCK_H */
