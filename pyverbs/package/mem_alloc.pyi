# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
from typing_extensions import Buffer

MAP_ANONYMOUS_: int
MAP_FIXED_: int
MAP_GROWSDOWN_: int
MAP_HUGETLB_: int
MAP_LOCKED_: int
MAP_NORESERVE_: int
MAP_POPULATE_: int
MAP_PRIVATE_: int
MAP_SHARED_: int
MAP_STACK_: int
PROT_EXEC_: int
PROT_NONE_: int
PROT_READ_: int
PROT_WRITE_: int

def mmap(
    addr: int = ..., length: int = ..., prot: int = ..., flags: int = ...,
    fd: int = ..., offset: int = ...,
) -> int: ...

def munmap(addr: int, length: int) -> None: ...

def madvise(addr: int, length: int, flags: int = ...) -> None: ...

def malloc(size: int) -> int: ...

def posix_memalign(size: int, alignment: int = ...) -> int: ...

def free(ptr: int) -> None: ...

def write(
    addr: int, data: Buffer | str, length: int, offset: int = ...,
) -> None: ...

def read(addr: int, length: int, offset: int = ...) -> bytes: ...

def read32(addr: int, offset: int = ...) -> int: ...

def read64(addr: int, offset: int = ...) -> int: ...

def writebe32(addr: int, val: int, offset: int = ...) -> None: ...

def writebe64(addr: int, val: int, offset: int = ...) -> None: ...
