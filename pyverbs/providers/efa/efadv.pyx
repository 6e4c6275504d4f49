# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""EFA devices with more than verbs: contexts, QPs, CQs, AHs, MRs and counters.

On a device of another kind every call of them has the error_code EOPNOTSUPP.
"""

cimport cython
from libc.errno cimport ENOENT, errno
from libc.stdint cimport uint32_t, uint64_t, uintptr_t

from pyverbs cimport libibverbs as v
from pyverbs.addr cimport AH, GID
from pyverbs.base cimport PyverbsObject, check_open, check_ptr, check_status
from pyverbs.comp_cntr cimport CompCntr, CompCntrInitAttr
from pyverbs.cq cimport CQEX, CqInitAttrEx
from pyverbs.device cimport Context
from pyverbs.mr cimport MR
from pyverbs.pd cimport PD
from pyverbs.providers.efa cimport libefa as efa
from pyverbs.qp cimport QP, QPEx, QPInitAttr, QPInitAttrEx

from pyverbs import enums as e
from pyverbs.names import flag_names
from pyverbs.providers.efa import efa_enums as efe
from pyverbs.pyverbs_error import PyverbsUserError
from pyverbs.qp import masks_of

CAPS = {value: name for name, value in vars(efe).items()
        if name.startswith('EFADV_DEVICE_ATTR_CAPS_')}


def bitmask_to_str(bits, values):
    """The names of the bits set, and the number; values: names by bit."""
    rest = bits & ~sum(values)
    names = flag_names(bits, values) + ([f'??({rest:x})'] if rest else [])
    return f'{", ".join(names) or "None"} ({bits:x})'


def dev_cap_to_str(flags):
    """The names of EFADV_DEVICE_ATTR_CAPS_ flags."""
    return bitmask_to_str(flags, CAPS)


include 'efadv_attr.pxi'


# ---- Devices ----------------------------------------------------------------

@cython.no_gc_clear
cdef class EfaContext(Context):
    """An EFA device, opened by its name."""

    def __init__(self, name=''):
        super().__init__(name=name)

    def query_efa_device(self):
        """Return an EfaDVDeviceAttr."""
        cdef EfaDVDeviceAttr attr = EfaDVDeviceAttr()
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = efa.efadv_query_device(self.context, &attr.attr,
                                         sizeof(attr.attr))
        check_status(ret, 'efadv_query_device')
        return attr

    def get_max_sq_depth(self, EfaDVSQDepthAttr attr not None):
        """How many such requests a send queue holds at most."""
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = efa.efadv_get_max_sq_depth(self.context, &attr.attr,
                                             sizeof(attr.attr))
        check_status(min(ret, 0), 'efadv_get_max_sq_depth')
        return ret

    def get_max_rq_depth(self, EfaDVRQDepthAttr attr not None):
        """How many such requests a receive queue holds at most."""
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = efa.efadv_get_max_rq_depth(self.context, &attr.attr,
                                             sizeof(attr.attr))
        check_status(min(ret, 0), 'efadv_get_max_rq_depth')
        return ret


# ---- Addresses and memory ---------------------------------------------------

@cython.no_gc_clear
cdef class EfaAH(AH):
    """An AH, of which EFA devices know more."""

    def query_efa_ah(self):
        """Return an EfaDVAHAttr."""
        cdef EfaDVAHAttr attr = EfaDVAHAttr()
        cdef int ret

        check_open(self.ah, 'AH')
        with nogil:
            ret = efa.efadv_query_ah(self.ah, &attr.attr, sizeof(attr.attr))
        check_status(ret, 'efadv_query_ah')
        return attr


@cython.no_gc_clear
cdef class EfaMR(MR):
    """An MR, of which EFA devices know more."""

    def query(self):
        """Return an EfaDVMRAttr."""
        cdef EfaDVMRAttr attr = EfaDVMRAttr()
        cdef int ret

        check_open(self.mr, 'MR')
        with nogil:
            ret = efa.efadv_query_mr(self.mr, &attr.attr, sizeof(attr.attr))
        check_status(ret, 'efadv_query_mr')
        return attr


# ---- Queue pairs ------------------------------------------------------------

@cython.no_gc_clear
cdef class SRDQP(QP):
    """A queue pair of scalable reliable datagrams, of a PD."""

    def __init__(self, PD pd not None, QPInitAttr init_attr not None):
        super().__init__(pd, init_attr)

    cdef v.ibv_qp *create(self, v.ibv_pd *pd,
                          v.ibv_qp_init_attr *attr) except NULL:
        cdef v.ibv_qp *qp
        cdef int err

        with nogil:
            qp = efa.efadv_create_driver_qp(pd, attr,
                                            efa.EFADV_QP_DRIVER_TYPE_SRD)
            err = errno
        check_ptr(qp, err, 'efadv_create_driver_qp')
        return qp

    def _masks(self):
        return masks_of(e.IBV_QPT_UD)


@cython.no_gc_clear
cdef class SRDQPEx(QPEx):
    """Likewise, of a Context, with requests made by one call for each part."""
    cdef EfaQPInitAttr efa_attr

    def __init__(self, Context ctx not None, QPInitAttrEx init_attr not None,
                 EfaQPInitAttr dv_init_attr not None):
        self.efa_attr = dv_init_attr
        super().__init__(ctx, init_attr)

    cdef v.ibv_qp *create_ex(self, v.ibv_context *context,
                             v.ibv_qp_init_attr_ex *attr) except NULL:
        cdef v.ibv_qp *qp
        cdef int err

        with nogil:
            qp = efa.efadv_create_qp_ex(context, attr, &self.efa_attr.attr,
                                        sizeof(self.efa_attr.attr))
            err = errno
        check_ptr(qp, err, 'efadv_create_qp_ex')
        return qp

    def _masks(self):
        return masks_of(e.IBV_QPT_UD)

    def wr_set_processing_hints(self, uint32_t hints):
        """For the last request: EFADV_WR_PROCESSING_HINT_ flags."""
        cdef efa.efadv_qp *qp
        cdef int err

        if not self.efa_attr.attr.wr_flags & \
           efe.EFADV_WR_EX_WITH_PROCESSING_HINTS:
            raise PyverbsUserError('The wr_flags did not say so')
        qp = efa.efadv_qp_from_ibv_qp_ex(self.batch())
        err = errno
        check_ptr(qp, err, 'efadv_qp_from_ibv_qp_ex')
        efa.efadv_wr_set_processing_hints(qp, hints)


# ---- Completions ------------------------------------------------------------

@cython.no_gc_clear
cdef class EfaCQ(CQEX):
    """A CQEX of which an EfaDVCQInitAttr says more."""
    cdef EfaDVCQInitAttr efa_attr

    def __init__(self, Context ctx not None, CqInitAttrEx attr_ex,
                 EfaDVCQInitAttr efa_init_attr):
        self.efa_attr = efa_init_attr or EfaDVCQInitAttr()
        super().__init__(ctx, attr_ex)

    cdef v.ibv_cq_ex *create(self, v.ibv_context *context,
                             v.ibv_cq_init_attr_ex *attr) except NULL:
        cdef v.ibv_cq_ex *cq
        cdef int err

        with nogil:
            cq = efa.efadv_create_cq(context, attr, &self.efa_attr.attr,
                                     sizeof(self.efa_attr.attr))
            err = errno
        check_ptr(cq, err, 'efadv_create_cq')
        return cq

    cdef efa.efadv_cq *extended(self, uint64_t flag) except NULL:
        """The queue, which is at a completion that may be asked this."""
        cdef efa.efadv_cq *cq
        cdef int err

        if flag & ~self.efa_attr.attr.wc_flags:
            raise PyverbsUserError('The wc_flags at creation did not say so')
        cq = efa.efadv_cq_from_ibv_cq_ex(self.current())
        err = errno
        check_ptr(cq, err, 'efadv_cq_from_ibv_cq_ex')
        return cq

    def read_sgid(self):
        """The sender's GID; None if it is one that an AH has."""
        cdef GID gid = GID()
        cdef int ret

        ret = efa.efadv_wc_read_sgid(self.extended(efa.EFADV_WC_EX_WITH_SGID),
                                     &gid.c_gid)
        if abs(ret) == ENOENT:
            return None
        check_status(ret, 'efadv_wc_read_sgid')
        return gid

    def is_unsolicited(self):
        """Whether it is a write with immediate that took no receive."""
        return efa.efadv_wc_is_unsolicited(
            self.extended(efa.EFADV_WC_EX_WITH_IS_UNSOLICITED))


@cython.no_gc_clear
cdef class EfaCompCntr(CompCntr):
    """A CompCntr whose counts may be in memory of the caller's, which has to be
    there until close().
    """

    def __init__(self, Context ctx not None, CompCntrInitAttr attr not None,
                 EfaCompCntrInitAttr efa_attr=None):
        cdef efa.efadv_comp_cntr_init_attr *c_attr
        cdef int err

        check_open(ctx.context, 'Context')
        efa_attr = efa_attr or EfaCompCntrInitAttr()
        c_attr = &efa_attr.attr
        with nogil:
            self.cntr = efa.efadv_create_comp_cntr(ctx.context, &attr.attr,
                                                   c_attr, sizeof(c_attr[0]))
            err = errno
        check_ptr(self.cntr, err, 'efadv_create_comp_cntr')
        self.context = ctx
        ctx.add_ref(self)
