# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Where Debian's programs do not yet do the same on our libraries, and why.

An entry whose row no longer differs is a failure: it goes, with the change that
made it so.
"""

import re

# driver, pattern of whole names of rows, reason
DIFFERENCES = ()


def reason(driver, name):
    """Why that row differs; "" for one that is not known to."""
    for at, pattern, why in DIFFERENCES:
        if at == driver and re.fullmatch(pattern, name):
            return why
    return ""


def without_row(names):
    """Entries that fit none of the (driver, name) pairs."""
    return [f"{at} {pattern}" for at, pattern, _ in DIFFERENCES
            if not any(at == driver and re.fullmatch(pattern, name)
                       for driver, name in names)]
