/* SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB */
/* Copyright (c) 2026 the rdma-dmabuf authors */
/*
 * Ordering between this CPU and the device, and the lock of a queue.
 *
 * dma_*: between accesses to memory that the device reads or writes.
 * doorbell_*: around a store to a register page, which may be mapped
 * write-combining and is then not ordered with anything by itself.
 */
#ifndef MLX5_SYNC_H
#define MLX5_SYNC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <linux/types.h>
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#endif

_Static_assert(__atomic_always_lock_free(sizeof(uint64_t), 0),
	       "doorbells are one 64-bit store");

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* For what is compiled several times, each with other constant arguments. */
#define ALWAYS_INLINE inline __attribute__((always_inline))
/* For what would cost the usual way registers. */
#define NEVER_INLINE __attribute__((noinline))

/* Stores before are visible to the device before stores after. */
static inline void dma_store_barrier(void)
{
#if defined(__x86_64__)
	atomic_signal_fence(memory_order_seq_cst);
#elif defined(__aarch64__)
	__asm__ volatile("dmb oshst" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/* Loads before (of an ownership bit) are done before loads after. */
static inline void dma_load_barrier(void)
{
#if defined(__x86_64__)
	atomic_signal_fence(memory_order_seq_cst);
#elif defined(__aarch64__)
	__asm__ volatile("dmb oshld" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/* Loads before are done before stores after give the memory back. */
static inline void dma_release_barrier(void)
{
#if defined(__x86_64__)
	atomic_signal_fence(memory_order_seq_cst);
#elif defined(__aarch64__)
	__asm__ volatile("dmb osh" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/* Between the doorbell record and the register, and after the register. */
static inline void doorbell_barrier(void)
{
#if defined(__x86_64__)
	__asm__ volatile("sfence" ::: "memory");
#elif defined(__aarch64__)
	__asm__ volatile("dsb st" ::: "memory");
#else
	__sync_synchronize();
#endif
}

/* Makes the record visible, then tells the device. value is big-endian. */
static inline void ring_doorbell(void *reg, uint64_t value)
{
	doorbell_barrier();
	__atomic_store_n((uint64_t *)reg, value, __ATOMIC_RELAXED);
	doorbell_barrier();
}

/* The largest word that is stored in one go without asking what the CPU has. */
typedef uint64_t wc_word __attribute__((vector_size(16), may_alias));

/*
 * 64 bytes to a register page that is mapped write-combining, in order, so that
 * they leave the processor as one write.
 */
static inline void store_wc_block(void *dst, const void *src)
{
	const wc_word *from = src;
	volatile wc_word *to = dst;

	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	to[3] = from[3];
}

/*
 * The device stands between who posts to a queue and who polls: it has read
 * the doorbell record before it completes what was posted, so that all that
 * was written before the record is there for who has seen the completion. The
 * thread sanitizer does not see the device and is told, one queue at a time:
 * by the record. For every other compiler these are nothing.
 */
#ifdef __SANITIZE_THREAD__
static inline void give_to_device(__be32 *rec)
{
	__tsan_release(rec);
}

static inline void take_from_device(__be32 *rec)
{
	__tsan_acquire(rec);
}
#else
static inline void give_to_device(__be32 *rec)
{
}

static inline void take_from_device(__be32 *rec)
{
}
#endif

static inline void store_dbrec(__be32 *rec, __be32 value)
{
	give_to_device(rec);
	__atomic_store_n(rec, value, __ATOMIC_RELAXED);
}

/* Held for some dozen instructions, so that waiting means spinning. */
struct mlx5_lock {
	atomic_bool held;
};

static inline bool mlx5_try_lock(struct mlx5_lock *lock)
{
	return likely(!atomic_exchange_explicit(&lock->held, true,
						memory_order_acquire));
}

/* Returns with the lock. */
void mlx5_lock_wait(struct mlx5_lock *lock);

static inline void mlx5_lock(struct mlx5_lock *lock)
{
	if (unlikely(!mlx5_try_lock(lock)))
		mlx5_lock_wait(lock);
}

static inline void mlx5_unlock(struct mlx5_lock *lock)
{
	atomic_store_explicit(&lock->held, false, memory_order_release);
}

#endif
