# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Protection domains, thread domains and parent domains."""

import sys

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free

from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.device cimport Context

from pyverbs.pyverbs_error import PyverbsUserError


@cython.no_gc_clear
cdef class PD(PyverbsCM):
    """A protection domain of the Context given.

    Of a CMID it is the one that the CMID has, which goes with it.
    With a handle, the one that has this handle of the kernel in the imported
    Context; close() then leaves it to its owner.
    """

    def __init__(self, PyverbsCM creator not None, handle=None):
        if not isinstance(creator, Context):
            self._borrow(creator)
            return
        check_open((<Context>creator).context, 'Context')
        if handle is None:
            self._alloc(creator)
        else:
            self._import(creator, handle)
        self.ctx = creator
        creator.add_ref(self)

    def _borrow(self, PyverbsCM cmid):
        cdef PD source = cmid.pd

        if source is None:
            raise PyverbsUserError('The CMID has no PD yet')
        self.pd = source.pd
        self.borrowed = True
        self.ctx = cmid
        cmid.add_ref(self)

    def _alloc(self, Context creator):
        cdef int err

        with nogil:
            self.pd = v.ibv_alloc_pd(creator.context)
            err = errno
        check_ptr(self.pd, err, 'ibv_alloc_pd')

    def _import(self, Context creator, uint32_t handle):
        cdef int err

        with nogil:
            self.pd = m.ibv_import_pd(creator.context, handle)
            err = errno
        check_ptr(self.pd, err, f'ibv_import_pd({handle})')
        self.imported = True

    cpdef close(self):
        cdef int ret

        if self.pd == NULL:
            return
        if self.imported:
            self.unimport()
            return
        self.close_children()
        if not self.borrowed:
            with nogil:
                ret = v.ibv_dealloc_pd(self.pd)
            check_status(ret, 'ibv_dealloc_pd')
        self.pd = NULL
        self.ctx = self.init_attr = None

    def unimport(self):
        """Forget an imported PD, which lives on in its owner."""
        check_open(self.pd, 'PD')
        self.close_children()
        with nogil:
            m.ibv_unimport_pd(self.pd)
        self.pd = NULL
        self.ctx = None

    def __dealloc__(self):
        if self.pd == NULL or self.borrowed:
            return
        with nogil:
            if self.imported:
                m.ibv_unimport_pd(self.pd)
            else:
                v.ibv_dealloc_pd(self.pd)

    def advise_mr(self, advise, uint32_t flags, sg_list not None):
        """Tell the kernel what will be done with on-demand memory.

        advise: an ibv_advise_mr_advice; sg_list: SGE objects.
        """
        cdef uint32_t num = len(sg_list)
        cdef m.ibv_advise_mr_advice advice = advise
        cdef v.ibv_sge *sges
        cdef int ret

        check_open(self.pd, 'PD')
        sges = <v.ibv_sge *>calloc(num or 1, sizeof(v.ibv_sge))
        if sges == NULL:
            raise MemoryError()
        try:
            for i, sge in enumerate(sg_list):
                sges[i].addr = sge.addr
                sges[i].length = sge.length
                sges[i].lkey = sge.lkey
            with nogil:
                ret = m.ibv_advise_mr(self.pd, advice, flags, sges, num)
            check_status(ret, 'ibv_advise_mr')
        finally:
            free(sges)

    @property
    def handle(self):
        """The kernel's handle, None after close()."""
        return None if self.pd == NULL else self.pd.handle


@cython.no_gc_clear
cdef class TD(PyverbsCM):
    """A thread domain: what is made in it is used by one thread at a time."""

    def __init__(self, Context creator not None, uint32_t comp_mask=0):
        cdef m.ibv_td_init_attr attr
        cdef int err

        check_open(creator.context, 'Context')
        attr.comp_mask = comp_mask
        with nogil:
            self.td = m.ibv_alloc_td(creator.context, &attr)
            err = errno
        check_ptr(self.td, err, 'ibv_alloc_td')
        self.ctx = creator
        creator.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self.td == NULL:
            return
        self.close_children()
        with nogil:
            ret = m.ibv_dealloc_td(self.td)
        check_status(ret, 'ibv_dealloc_td')
        self.td = NULL
        self.ctx = None

    def __dealloc__(self):
        if self.td != NULL:
            with nogil:
                m.ibv_dealloc_td(self.td)


# What a failing callback raises cannot cross the provider: it is printed, and
# the provider hears that there is no memory.

cdef void *call_alloc(v.ibv_pd *pd, void *pd_context, size_t size,
                      size_t alignment, uint64_t resource_type) \
        noexcept with gil:
    cdef ParentDomainContext ctx = <ParentDomainContext>pd_context

    try:
        return <void *><uintptr_t>ctx.p_alloc(ctx.pd, ctx, size, alignment,
                                              resource_type)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return NULL


cdef void call_free(v.ibv_pd *pd, void *pd_context, void *ptr,
                    uint64_t resource_type) noexcept with gil:
    cdef ParentDomainContext ctx = <ParentDomainContext>pd_context

    try:
        ctx.p_free(ctx.pd, ctx, <uintptr_t>ptr, resource_type)
    except BaseException:
        sys.excepthook(*sys.exc_info())


cdef class ParentDomainContext(PyverbsObject):
    """The functions from which a parent domain's queues get their memory.

    alloc_func(pd, context, size, alignment, resource_type) returns an address,
    0 for failure, or _IBV_ALLOCATOR_USE_DEFAULT to leave it to the provider;
    free_func(pd, context, address, resource_type) takes back what it gave.
    context is this object; user_data is the caller's.
    """

    def __init__(self, PD pd, alloc_func, free_func, user_data=None):
        self.pd = pd
        self.p_alloc = alloc_func
        self.p_free = free_func
        self.user_data = user_data


cdef class ParentDomainInitAttr(PyverbsObject):
    """What a ParentDomain adds to a PD: allocators, a thread domain."""

    def __init__(self, PD pd not None, ParentDomainContext pd_context=None, *,
                 TD td=None):
        self.pd = pd
        self.pd_context = pd_context
        self.td = td
        if pd_context is None:
            return
        self.attr.alloc = call_alloc
        self.attr.free = call_free
        self.attr.pd_context = <void *>pd_context
        self.attr.comp_mask = (m.IBV_PARENT_DOMAIN_INIT_ATTR_ALLOCATORS |
                               m.IBV_PARENT_DOMAIN_INIT_ATTR_PD_CONTEXT)

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, uint32_t value):
        self.attr.comp_mask = value


@cython.no_gc_clear
cdef class ParentDomain(PD):
    """A PD that adds what its ParentDomainInitAttr has to another."""

    def __init__(self, Context context not None,
                 ParentDomainInitAttr attr not None):
        cdef int err

        check_open(context.context, 'Context')
        check_open(attr.pd.pd, 'PD')
        attr.attr.pd = attr.pd.pd
        attr.attr.td = NULL
        if attr.td is not None:
            check_open(attr.td.td, 'TD')
            attr.attr.td = attr.td.td
        with nogil:
            self.pd = m.ibv_alloc_parent_domain(context.context, &attr.attr)
            err = errno
        check_ptr(self.pd, err, 'ibv_alloc_parent_domain')
        self.init_attr = attr
        self.ctx = context
        attr.pd.add_ref(self)
        if attr.td is not None:
            attr.td.add_ref(self)
