# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Runs the benchmarks. Sourced. They count instructions rather than time, since
# the VM emulates its processor.

# shellcheck disable=SC2034	# ./dev lists them
readonly BENCHES=(startup)

# run_bench NAME [--json]: on a device of each driver, against Debian's library.
run_bench() {
	local name=$1
	shift

	boot "bench $name in the VM" 1800 no python3 -B "/src/bench/$name.py" \
		"$@" mlx5_0 rxe0
	return "$GUEST_STATUS"
}
