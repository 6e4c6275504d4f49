# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What all objects of this package share: closing, and raising on errors."""

import itertools
import logging
import weakref

cimport cython
from libc.errno cimport errno

from pyverbs.printing import describe
from pyverbs.pyverbs_error import (
    PyverbsError, PyverbsRDMAError, PyverbsUserError)

# For programs that set logging up; nothing here does on its own.
LOG_FORMAT = '[%(levelname)s] %(asctime)s %(name)s: %(message)s'


def PyverbsRDMAErrno(msg, error_code=None):
    """The exception for a failed call, with its errno.

    Without error_code it is what errno is now: whoever calls it from Python
    better passes the value on, as anything in between may have changed it.
    """
    cdef int err = errno

    return PyverbsRDMAError(msg, err if error_code is None else error_code)


def inc_rkey(unsigned int rkey):
    """The key that follows when a window of type 2 is bound again."""
    return (rkey & 0xffffff00) | ((rkey + 1) & 0xff)


# One check per way in which verbs report failure. err is errno as it was right
# after the call: anything done in Python in between may change it.

cdef int check_ptr(const void *ptr, int err, what) except -1:
    if ptr == NULL:
        raise PyverbsRDMAError(f'{what} failed', err)
    return 0


cdef int check_status(int ret, what) except -1:
    if ret:
        raise PyverbsRDMAError(f'{what} failed', ret if ret > 0 else -ret)
    return 0


cdef int check_minus_one(int ret, int err, what) except -1:
    if ret < 0:
        raise PyverbsRDMAError(f'{what} failed', err)
    return 0


cdef int check_open(const void *ptr, what) except -1:
    """For what a verb would dereference."""
    if ptr == NULL:
        raise PyverbsUserError(f'{what} is closed')
    return 0


cdef class PyverbsObject:
    """Base of all classes."""

    def __str__(self):
        """The class and all properties, in lines."""
        return describe(self, PyverbsObject)

    def set_log_level(self, val):
        """Set the level of the logger that is named like the class.

        For classes made from these: the package itself raises, and logs nothing.
        """
        cls = type(self)
        logging.getLogger(f'{cls.__module__}.{cls.__name__}').setLevel(val)


# In the order of creation.
serials = itertools.count()


def serial_of(PyverbsCM obj not None):
    """For sorting objects by when they were made."""
    return obj.serial


@cython.no_gc_clear
cdef class PyverbsCM(PyverbsObject):
    """Base of what owns something: close() it, or use it in a with statement.

    An object keeps what it was made from alive and knows, weakly, what was
    made from it, so that close() can close those first. After a failed close()
    the object is as it was.

    A garbage collector that breaks a cycle must not let go of what an object was
    made from before the object itself: hence no_gc_clear, here and below. The
    cycle is broken elsewhere, since these references only lead upwards.
    """

    def __cinit__(self, *args, **kwargs):
        self.children = weakref.WeakSet()
        self.serial = next(serials)

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, traceback):
        self.close()

    cdef add_ref(self, PyverbsCM child):
        self.children.add(child)

    cdef close_children(self):
        """The newest first. What another child still uses (a region by a window
        that is bound to it) is tried again once that one is gone."""
        left = sorted(self.children, key=serial_of, reverse=True)
        while left:
            refused = []
            for child in left:
                try:
                    (<PyverbsCM>child).close()
                except PyverbsError as err:
                    refused.append(child)
                    reason = err
            if len(refused) == len(left):
                raise reason
            left = refused
        self.children.clear()

    cpdef close(self):
        """Release it, and before it whatever was made from it."""
        self.close_children()
