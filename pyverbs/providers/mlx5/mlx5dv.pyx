# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""mlx5 devices with more than verbs: contexts, CQs, QPs and DEVX."""

cimport cython
from libc.errno cimport errno
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport free
from libc.string cimport memcpy, memset
from posix.stdlib cimport posix_memalign

from pyverbs.addr cimport AH
from pyverbs.base cimport check_open, check_ptr, check_status
from pyverbs.cq cimport CqInitAttrEx
from pyverbs.providers.mlx5 cimport libmlx5_event as ev
from pyverbs.providers.mlx5 cimport mlx5_wqe as w
from pyverbs.providers.mlx5.mlx5dv_mkey cimport (
    Mlx5Mkey, Mlx5MkeyConfAttr, copy_interleaved)
from pyverbs.qp cimport QP, QPInitAttrEx
from pyverbs.wr cimport copy_sges

from pyverbs import enums as e, names
from pyverbs.names import flag_names, members, str_from_flags
from pyverbs.providers.mlx5 import mlx5_enums as dve
from pyverbs.pyverbs_error import PyverbsUserError


cdef class Mlx5DVContextAttr(PyverbsObject):
    """How to open a device. flags: mlx5dv_context_attr_flags."""

    def __init__(self, flags=0, comp_mask=0):
        self.attr.flags = flags
        self.attr.comp_mask = comp_mask

    @property
    def flags(self):
        return self.attr.flags

    @flags.setter
    def flags(self, val):
        self.attr.flags = val

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val


cdef class Mlx5DVContext(PyverbsObject):
    """What a device can do; comp_mask says what of it was filled in."""

    @property
    def version(self):
        return self.dv.version

    @property
    def flags(self):
        """mlx5dv_context_flags."""
        return self.dv.flags

    @property
    def comp_mask(self):
        """mlx5dv_context_comp_mask."""
        return self.dv.comp_mask

    @property
    def cqe_comp_caps(self):
        return self.dv.cqe_comp_caps

    @property
    def sw_parsing_caps(self):
        return self.dv.sw_parsing_caps

    @property
    def striding_rq_caps(self):
        return self.dv.striding_rq_caps

    @property
    def tunnel_offload_caps(self):
        return self.dv.tunnel_offloads_caps

    @property
    def max_dynamic_bfregs(self):
        return self.dv.max_dynamic_bfregs

    @property
    def max_clock_info_update_nsec(self):
        return self.dv.max_clock_info_update_nsec

    @property
    def flow_action_flags(self):
        return self.dv.flow_action_flags

    @property
    def dc_odp_caps(self):
        return self.dv.dc_odp_caps

    @property
    def num_lag_ports(self):
        return self.dv.num_lag_ports

    @property
    def dci_streams_caps(self):
        return self.dv.dci_streams_caps

    @property
    def max_wr_memcpy_length(self):
        """In bytes."""
        return self.dv.max_wr_memcpy_length

    @property
    def crypto_caps(self):
        return self.dv.crypto_caps

    @property
    def max_dc_rd_atom(self):
        return self.dv.max_dc_rd_atom

    @property
    def max_dc_init_rd_atom(self):
        return self.dv.max_dc_init_rd_atom

    @property
    def ooo_recv_wrs_caps(self):
        return self.dv.ooo_recv_wrs_caps


cdef class Mlx5DVPortAttr(PyverbsObject):
    """What a port of a switch is; flags says what of it was filled in."""

    @property
    def flags(self):
        return self.attr.flags

    @property
    def vport(self):
        return self.attr.vport

    @property
    def vport_vhca_id(self):
        return self.attr.vport_vhca_id

    @property
    def esw_owner_vhca_id(self):
        return self.attr.esw_owner_vhca_id

    @property
    def vport_steering_icm_rx(self):
        return self.attr.vport_steering_icm_rx

    @property
    def vport_steering_icm_tx(self):
        return self.attr.vport_steering_icm_tx

    @property
    def reg_c0_value(self):
        return self.attr.reg_c0.value

    @property
    def reg_c0_mask(self):
        return self.attr.reg_c0.mask


cdef class _Command:
    """A command in the device's own format, and outlen bytes for the answer;
    both stay where they are, for calls without the GIL.
    """

    def __init__(self, source, size_t outlen):
        self.source = bytes(source)
        self.answer = bytearray(outlen)
        self.in_ = self.source
        self.inlen = len(self.source)
        self.out = self.answer
        self.outlen = outlen


@cython.no_gc_clear
cdef class Mlx5Context(Context):
    """An mlx5 device, opened as a Mlx5DVContextAttr says.

    error_code: EOPNOTSUPP (another device, or it has no DEVX and attr asks for
    it).
    """

    def __init__(self, attr=None, name=''):
        super().__init__(name=name, attr=attr or Mlx5DVContextAttr())

    cdef v.ibv_context *open_device(self, v.ibv_device *device,
                                    attr) except? NULL:
        cdef Mlx5DVContextAttr dv_attr = attr
        cdef v.ibv_context *context
        cdef int err

        with nogil:
            context = dv.mlx5dv_open_device(device, &dv_attr.attr)
            err = errno
        check_ptr(context, err, 'mlx5dv_open_device')
        return context

    def query_mlx5_device(self, comp_mask=-1):
        """Return a Mlx5DVContext with what comp_mask names, or all."""
        cdef Mlx5DVContext attr = Mlx5DVContext()
        cdef int ret

        check_open(self.context, 'Context')
        if comp_mask == -1:
            comp_mask = sum(dve.mlx5dv_context_comp_mask)
        attr.dv.comp_mask = comp_mask
        with nogil:
            ret = dv.mlx5dv_query_device(self.context, &attr.dv)
        check_status(ret, 'mlx5dv_query_device')
        return attr

    @staticmethod
    def query_mlx5_port(Context ctx not None, uint32_t port_num):
        """Return the Mlx5DVPortAttr of a port."""
        cdef Mlx5DVPortAttr attr = Mlx5DVPortAttr()
        cdef int ret

        check_open(ctx.context, 'Context')
        with nogil:
            ret = dv.mlx5dv_query_port(ctx.context, port_num, &attr.attr)
        check_status(ret, f'mlx5dv_query_port({port_num})')
        return attr

    @staticmethod
    def device_timestamp_to_ns(Context ctx not None, uint64_t device_timestamp):
        """A time stamp of the device's in nanoseconds of its clock."""
        cdef dv.mlx5dv_clock_info info
        cdef int ret

        check_open(ctx.context, 'Context')
        with nogil:
            ret = dv.mlx5dv_get_clock_info(ctx.context, &info)
        check_status(ret, 'mlx5dv_get_clock_info')
        return dv.mlx5dv_ts_to_ns(&info, device_timestamp)

    def get_data_direct_sysfs_path(self, size_t length=512):
        """Where the data direct function is in sysfs, as text.

        error_code: ENODEV (there is none), ENOSPC (longer than length).
        """
        cdef bytearray path = bytearray(length)
        cdef char *start = path
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = dv.mlx5dv_get_data_direct_sysfs_path(self.context, start,
                                                       length)
        check_status(ret, 'mlx5dv_get_data_direct_sysfs_path')
        return path.partition(b'\0')[0].decode()

    def devx_general_cmd(self, in_, size_t outlen):
        """Run a command in the device's own format; return outlen bytes."""
        cdef _Command command = _Command(in_, outlen)
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = dv.mlx5dv_devx_general_cmd(
                self.context, command.in_, command.inlen, command.out,
                command.outlen)
        check_status(ret, 'mlx5dv_devx_general_cmd')
        return bytes(command.answer)

    def devx_query_eqn(self, uint32_t vector):
        """The device's number of the event queue of a completion vector."""
        cdef uint32_t eqn = 0
        cdef int ret

        check_open(self.context, 'Context')
        with nogil:
            ret = dv.mlx5dv_devx_query_eqn(self.context, vector, &eqn)
        check_status(ret, f'mlx5dv_devx_query_eqn({vector})')
        return eqn


cdef class Mlx5DVCQInitAttr(PyverbsObject):
    """What a Mlx5CQ has more. comp_mask: mlx5dv_cq_init_attr_mask.

    cqe_size: in bytes, 64 or 128.
    """

    def __init__(self, comp_mask=0, cqe_comp_res_format=0, flags=0, cqe_size=0):
        self.attr.comp_mask = comp_mask
        self.attr.cqe_comp_res_format = cqe_comp_res_format
        self.attr.flags = flags
        self.attr.cqe_size = cqe_size

    @property
    def comp_mask(self):
        return self.attr.comp_mask

    @comp_mask.setter
    def comp_mask(self, val):
        self.attr.comp_mask = val

    @property
    def cqe_comp_res_format(self):
        return self.attr.cqe_comp_res_format

    @cqe_comp_res_format.setter
    def cqe_comp_res_format(self, val):
        self.attr.cqe_comp_res_format = val

    @property
    def flags(self):
        return self.attr.flags

    @flags.setter
    def flags(self, val):
        self.attr.flags = val

    @property
    def cqe_size(self):
        return self.attr.cqe_size

    @cqe_size.setter
    def cqe_size(self, val):
        self.attr.cqe_size = val


@cython.no_gc_clear
cdef class Mlx5CQ(CQEX):
    """A CQEX of which a Mlx5DVCQInitAttr says more."""

    def __init__(self, Context context not None, CqInitAttrEx init_attr,
                 Mlx5DVCQInitAttr dv_init_attr):
        self.dv_attr = dv_init_attr or Mlx5DVCQInitAttr()
        super().__init__(context, init_attr)

    cdef v.ibv_cq_ex *create(self, v.ibv_context *context,
                             v.ibv_cq_init_attr_ex *attr) except NULL:
        cdef v.ibv_cq_ex *cq
        cdef int err

        with nogil:
            cq = dv.mlx5dv_create_cq(context, attr, &self.dv_attr.attr)
            err = errno
        check_ptr(cq, err, 'mlx5dv_create_cq')
        return cq


include 'mlx5dv_wqe.pxi'
include 'mlx5dv_qp.pxi'
include 'mlx5dv_devx.pxi'


# Words for numbers, in the order of the bits.

def bitmask_to_str(bits, values):
    """The names of the bits set, and the number; values: names by bit."""
    return f'{", ".join(flag_names(bits, values))} ({bits})'


def qpts_to_str(qp_types):
    """Words for the ibv_qp_types whose bits, 1 << qp_type, are set."""
    return bitmask_to_str(qp_types, {
        1 << qp_type: word for qp_type, word in names.QP_TYPES.items()
        if qp_type != e.IBV_QPT_DRIVER})


def cqe_comp_to_str(cqe):
    """The names of mlx5dv_cqe_comp_res_format bits, in lines."""
    return str_from_flags(cqe, members(dve.mlx5dv_cqe_comp_res_format))


def context_flags_to_str(flags):
    """The names of mlx5dv_context_flags, in lines."""
    return str_from_flags(flags, members(dve.mlx5dv_context_flags))


def context_comp_mask_to_str(mask):
    """The names of mlx5dv_context_comp_mask bits, in lines."""
    return str_from_flags(mask, members(dve.mlx5dv_context_comp_mask))


def qp_comp_mask_to_str(flags):
    """The names of mlx5dv_qp_init_attr_mask bits, in lines."""
    return str_from_flags(flags, members(dve.mlx5dv_qp_init_attr_mask))


def qp_create_flags_to_str(flags):
    """The names of mlx5dv_qp_create_flags, in lines."""
    return str_from_flags(flags, members(dve.mlx5dv_qp_create_flags))


def send_ops_flags_to_str(flags):
    """The names of mlx5dv_qp_create_send_ops_flags, in lines."""
    return str_from_flags(flags, members(dve.mlx5dv_qp_create_send_ops_flags))


def swp_to_str(swps):
    """The names of mlx5dv_sw_parsing_offloads, in lines."""
    return str_from_flags(swps, members(dve.mlx5dv_sw_parsing_offloads))


def tunnel_offloads_to_str(tun):
    """The names of mlx5dv_tunnel_offloads, in lines."""
    return str_from_flags(tun, members(dve.mlx5dv_tunnel_offloads))


def dc_type_to_str(dctype):
    """The name of a mlx5dv_dc_type."""
    try:
        return dve.mlx5dv_dc_type(dctype).name
    except ValueError:
        return f'Unknown DC type {dctype}'
