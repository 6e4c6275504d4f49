# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Order between the CPU and a device, for programs that write queues themselves.

Nothing here is checked: a wrong address ends the process, as in C.
"""

from libc.stdint cimport uint32_t, uint64_t, uintptr_t

cdef extern from *:
    """
    static void store32(uintptr_t addr, uint32_t val)
    {
        *(volatile uint32_t *)addr = val;
    }

    static void store64(uintptr_t addr, uint64_t val)
    {
        *(volatile uint64_t *)addr = val;
    }

    /* Between memory and a device, not only between processors. */
    #if defined(__x86_64__)
    #define TO_DEVICE "sfence"
    #define FROM_DEVICE "lfence"
    #elif defined(__aarch64__)
    #define TO_DEVICE "dmb oshst"
    #define FROM_DEVICE "dmb oshld"
    #endif

    static void order_to_device(void)
    {
    #ifdef TO_DEVICE
        __asm__ volatile(TO_DEVICE ::: "memory");
    #else
        __sync_synchronize();
    #endif
    }

    static void order_from_device(void)
    {
    #ifdef FROM_DEVICE
        __asm__ volatile(FROM_DEVICE ::: "memory");
    #else
        __sync_synchronize();
    #endif
    }
    """
    void store32(uintptr_t addr, uint32_t val) nogil
    void store64(uintptr_t addr, uint64_t val) nogil
    void order_to_device() nogil
    void order_from_device() nogil


def udma_to_dev_barrier():
    """What was written to memory before is there for the device."""
    order_to_device()


def udma_from_dev_barrier():
    """What is read from memory after this is no older than what was before."""
    order_from_device()


def mmio_write32_as_be(uintptr_t addr, uint32_t val):
    """Write val, which is in network byte order already, to a register."""
    store32(addr, val)


def mmio_write64_as_be(uintptr_t addr, uint64_t val):
    """Write val, which is in network byte order already, to a register."""
    store64(addr, val)
