# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from collections.abc import Callable, Iterable

from pyverbs.base import PyverbsCM, PyverbsObject
from pyverbs.cmid import CMID
from pyverbs.device import Context
from pyverbs.wr import SGE


class PD(PyverbsCM):
    def __init__(
        self, creator: Context | CMID, handle: int | None = ...,
    ) -> None: ...
    def close(self) -> None: ...
    def unimport(self) -> None: ...
    def advise_mr(
        self, advise: int, flags: int, sg_list: Iterable[SGE],
    ) -> None: ...
    @property
    def handle(self) -> int | None: ...


class TD(PyverbsCM):
    def __init__(self, creator: Context, comp_mask: int = ...) -> None: ...
    def close(self) -> None: ...


class ParentDomainContext(PyverbsObject):
    user_data: object

    def __init__(
        self, pd: PD | None, alloc_func: Callable[..., int],
        free_func: Callable[..., None], user_data: object = ...,
    ) -> None: ...


class ParentDomainInitAttr(PyverbsObject):
    def __init__(
        self, pd: PD, pd_context: ParentDomainContext | None = ..., *,
        td: TD | None = ...,
    ) -> None: ...
    @property
    def comp_mask(self) -> int: ...
    @comp_mask.setter
    def comp_mask(self, value: int) -> None: ...


class ParentDomain(PD):
    def __init__(
        self, context: Context, attr: ParentDomainInitAttr,
    ) -> None: ...
    def close(self) -> None: ...
