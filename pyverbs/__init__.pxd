# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Makes this folder a package for cimport, but not for import: what is imported
# is in the build tree, whatever the current folder.
