# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from pyverbs cimport libibverbs as v
from pyverbs cimport verbs_memory as m
from pyverbs.base cimport PyverbsCM, PyverbsObject


cdef class PD(PyverbsCM):
    cdef v.ibv_pd *pd
    cdef object ctx
    cdef object init_attr
    cdef bint imported
    cdef bint borrowed


cdef class TD(PyverbsCM):
    cdef m.ibv_td *td
    cdef object ctx


cdef class ParentDomainContext(PyverbsObject):
    cdef object pd
    cdef object p_alloc
    cdef object p_free
    cdef public object user_data


cdef class ParentDomainInitAttr(PyverbsObject):
    cdef m.ibv_parent_domain_init_attr attr
    cdef PD pd
    cdef TD td
    cdef ParentDomainContext pd_context


cdef class ParentDomain(PD):
    pass
