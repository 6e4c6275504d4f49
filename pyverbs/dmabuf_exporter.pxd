# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t


cdef extern from 'dmabuf_exporter.h' nogil:

    cdef struct dmabuf_error:
        int code
        char *text

    cdef struct dmabuf_buf:
        int fd
        size_t size
        void *map

    enum dmabuf_access:
        DMABUF_READ
        DMABUF_WRITE
        DMABUF_RW

    enum:
        SOFTHCA_TESTBUF_MOVE_FORCE

    cdef struct softhca_testbuf_guards:
        uint32_t guarded_page
        uint64_t bad_bytes
        int64_t position
        uint8_t expected
        uint8_t got

    cdef struct softhca_testbuf_stats:
        uint32_t revoked
        uint64_t moves
        uint64_t maps
        uint64_t unmaps
        uint64_t pins
        uint64_t unpins
        uint64_t faults
        uint64_t cpu_begins
        uint64_t cpu_ends
        uint64_t violations
        uint64_t guard_bad_bytes
        uint32_t attachments
        uint32_t mapped
        uint32_t pinned

    dmabuf_buf *dmabuf_alloc(const char *spec, size_t size, dmabuf_error *err)
    void dmabuf_free(dmabuf_buf *buf)
    int dmabuf_begin_cpu(dmabuf_buf *buf, dmabuf_access access)
    int dmabuf_end_cpu(dmabuf_buf *buf, dmabuf_access access)
    int dmabuf_set_name(dmabuf_buf *buf, const char *name)
    int dmabuf_move(dmabuf_buf *buf, unsigned int count,
                    unsigned int interval_us, unsigned int flags,
                    unsigned int *moved)
    int dmabuf_revoke(dmabuf_buf *buf)
    int dmabuf_check_guards(dmabuf_buf *buf, softhca_testbuf_guards *guards)
    int dmabuf_get_stats(dmabuf_buf *buf, softhca_testbuf_stats *stats)
    const char *dmabuf_known_spec(unsigned int index)
