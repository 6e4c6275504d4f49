# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
#
# The part of mlx5dv.pyx for DEVX: the device's own commands and what they need.


@cython.no_gc_clear
cdef class Mlx5UAR(PyverbsCM):
    """A page of doorbell registers. flags: _MLX5DV_UAR_ALLOC_TYPE_BF or _NC."""

    def __init__(self, Context context not None, uint32_t flags=0):
        cdef int err

        check_open(context.context, 'Context')
        with nogil:
            self._uar = dv.mlx5dv_devx_alloc_uar(context.context, flags)
            err = errno
        check_ptr(self._uar, err, 'mlx5dv_devx_alloc_uar')
        self.context = context
        context.add_ref(self)

    cpdef close(self):
        if self._uar == NULL:
            return
        self.close_children()
        with nogil:
            dv.mlx5dv_devx_free_uar(self._uar)
        self._uar = NULL
        self.context = None

    def __dealloc__(self):
        if self._uar != NULL:
            with nogil:
                dv.mlx5dv_devx_free_uar(self._uar)

    @property
    def reg_addr(self):
        """The address of the registers to ring."""
        check_open(self._uar, 'UAR')
        return <uintptr_t>self._uar.reg_addr

    @property
    def base_addr(self):
        """The address of the page."""
        check_open(self._uar, 'UAR')
        return <uintptr_t>self._uar.base_addr

    @property
    def page_id(self):
        """What commands call it."""
        check_open(self._uar, 'UAR')
        return self._uar.page_id

    @property
    def mmap_off(self):
        check_open(self._uar, 'UAR')
        return self._uar.mmap_off

    @property
    def comp_mask(self):
        check_open(self._uar, 'UAR')
        return self._uar.comp_mask


@cython.no_gc_clear
cdef class Mlx5UMEM(PyverbsCM):
    """size bytes of memory that the device's commands name by umem_id.

    It is that at addr, which is the caller's, or in the dma-buf with the
    descriptor dmabuf_fd, from addr on, or the object's own, aligned to
    alignment. access: ibv_access_flags.
    """

    def __init__(self, Context context not None, size_t size, addr=None,
                 size_t alignment=64, uint32_t access=0, pgsz_bitmap=0,
                 comp_mask=0, dmabuf_fd=None):
        cdef dv.mlx5dv_devx_umem_in umem_in

        check_open(context.context, 'Context')
        if dmabuf_fd is not None:
            comp_mask |= dv.MLX5DV_UMEM_MASK_DMABUF
        elif addr is None:
            self._alloc(size, alignment)
            addr = <uintptr_t>self.own_buf
        self.addr = <void *><uintptr_t>(addr or 0)
        umem_in.addr = self.addr
        umem_in.size = size
        umem_in.access = access
        umem_in.pgsz_bitmap = pgsz_bitmap or <uint64_t>-1
        umem_in.comp_mask = comp_mask
        umem_in.dmabuf_fd = -1 if dmabuf_fd is None else dmabuf_fd
        self._register(context, &umem_in, pgsz_bitmap or comp_mask)
        self.context = context
        context.add_ref(self)

    cdef _alloc(self, size_t size, size_t alignment):
        if posix_memalign(&self.own_buf, alignment, size):
            raise MemoryError(f'no {size} bytes for a UMEM')
        memset(self.own_buf, 0, size)

    cdef _register(self, Context context, dv.mlx5dv_devx_umem_in *umem_in,
                   bint extended):
        cdef int err

        with nogil:
            if extended:
                self.umem = dv.mlx5dv_devx_umem_reg_ex(context.context, umem_in)
            else:
                self.umem = dv.mlx5dv_devx_umem_reg(
                    context.context, umem_in.addr, umem_in.size, umem_in.access)
            err = errno
        check_ptr(self.umem, err, 'mlx5dv_devx_umem_reg')

    cpdef close(self):
        cdef int ret

        if self.umem == NULL:
            return
        self.close_children()
        with nogil:
            ret = dv.mlx5dv_devx_umem_dereg(self.umem)
        check_status(ret, 'mlx5dv_devx_umem_dereg')
        self.umem = NULL
        self.context = None
        free(self.own_buf)
        self.own_buf = NULL

    def __dealloc__(self):
        cdef int ret = 0

        if self.umem != NULL:
            with nogil:
                ret = dv.mlx5dv_devx_umem_dereg(self.umem)
        # What the device may still write to must not be given away.
        if ret == 0:
            free(self.own_buf)

    @property
    def umem_id(self):
        check_open(self.umem, 'UMEM')
        return self.umem.umem_id

    @property
    def umem_addr(self):
        """The address of the memory; None for a dma-buf."""
        return <uintptr_t>self.addr or None


@cython.no_gc_clear
cdef class Mlx5DevxCmdComp(PyverbsCM):
    """What answers to Mlx5DevxObj.query_async() are waited for on.

    error_code: EOPNOTSUPP (not an mlx5 device), EPROTONOSUPPORT (the kernel, or
    its driver of this device, answers at once only).
    """
    cdef ev.mlx5dv_devx_cmd_comp *comp
    cdef object context

    def __init__(self, Context context not None):
        cdef int err

        check_open(context.context, 'Context')
        with nogil:
            self.comp = ev.mlx5dv_devx_create_cmd_comp(context.context)
            err = errno
        check_ptr(self.comp, err, 'mlx5dv_devx_create_cmd_comp')
        self.context = context
        context.add_ref(self)

    cpdef close(self):
        if self.comp == NULL:
            return
        self.close_children()
        with nogil:
            ev.mlx5dv_devx_destroy_cmd_comp(self.comp)
        self.comp = NULL
        self.context = None

    def __dealloc__(self):
        if self.comp != NULL:
            with nogil:
                ev.mlx5dv_devx_destroy_cmd_comp(self.comp)

    def get_async_cmd_comp(self, size_t outlen):
        """Wait for an answer of at most outlen bytes; return (wr_id, answer)."""
        cdef size_t size = sizeof(ev.command_hdr) + outlen
        cdef bytearray answer = bytearray(size)
        cdef ev.command_hdr *header = <ev.command_hdr *><char *>answer
        cdef int ret

        check_open(self.comp, 'DevxCmdComp')
        with nogil:
            ret = ev.mlx5dv_devx_get_async_cmd_comp(self.comp, header, size)
        check_status(ret, 'mlx5dv_devx_get_async_cmd_comp')
        return header.wr_id, bytes(answer[sizeof(ev.command_hdr):])

    @property
    def fd(self):
        """Readable when there is an answer; the object owns it."""
        check_open(self.comp, 'DevxCmdComp')
        return self.comp.fd


@cython.no_gc_clear
cdef class Mlx5DevxObj(PyverbsCM):
    """An object that the command in_ creates; out_view is the answer to it.

    Commands are bytes, or what has __bytes__, in the device's own format.
    error_code: EREMOTEIO (the device refused; its status is in the answer,
    which is lost then), or what the kernel says.
    """

    def __init__(self, Context context not None, in_, size_t outlen):
        cdef _Command command = _Command(in_, outlen)
        cdef int err

        check_open(context.context, 'Context')
        with nogil:
            self._obj = dv.mlx5dv_devx_obj_create(
                context.context, command.in_, command.inlen, command.out,
                command.outlen)
            err = errno
        check_ptr(self._obj, err, 'mlx5dv_devx_obj_create')
        self._out = bytes(command.answer)
        self.context = context
        context.add_ref(self)

    cpdef close(self):
        cdef int ret

        if self._obj == NULL:
            return
        self.close_children()
        with nogil:
            ret = dv.mlx5dv_devx_obj_destroy(self._obj)
        check_status(ret, 'mlx5dv_devx_obj_destroy')
        self._obj = NULL
        self.context = None

    def __dealloc__(self):
        if self._obj != NULL:
            with nogil:
                dv.mlx5dv_devx_obj_destroy(self._obj)

    def query(self, in_, size_t outlen):
        """Run a command that asks about it; return outlen bytes."""
        return self._command(in_, outlen, False)

    def modify(self, in_, size_t outlen):
        """Run a command that changes it; return outlen bytes."""
        return self._command(in_, outlen, True)

    def query_async(self, in_, size_t outlen, uint64_t wr_id,
                    Mlx5DevxCmdComp cmd_comp not None):
        """Likewise, without waiting: cmd_comp gets outlen bytes, and wr_id."""
        cdef _Command command = _Command(in_, 0)
        cdef int ret

        check_open(self._obj, 'DevxObj')
        check_open(cmd_comp.comp, 'DevxCmdComp')
        with nogil:
            ret = ev.mlx5dv_devx_obj_query_async(
                self._obj, command.in_, command.inlen, outlen, wr_id,
                cmd_comp.comp)
        check_status(ret, 'mlx5dv_devx_obj_query_async')

    def _command(self, in_, size_t outlen, bint modify):
        cdef _Command command = _Command(in_, outlen)
        cdef int ret

        check_open(self._obj, 'DevxObj')
        with nogil:
            if modify:
                ret = dv.mlx5dv_devx_obj_modify(
                    self._obj, command.in_, command.inlen, command.out,
                    command.outlen)
            else:
                ret = dv.mlx5dv_devx_obj_query(
                    self._obj, command.in_, command.inlen, command.out,
                    command.outlen)
        check_status(ret, 'mlx5dv_devx_obj_modify' if modify
                     else 'mlx5dv_devx_obj_query')
        return bytes(command.answer)

    @property
    def out_view(self):
        """The answer to the command that created it."""
        return memoryview(self._out)
