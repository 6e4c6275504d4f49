# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# shellcheck shell=bash
# Copyright (c) 2026 the rdma-dmabuf authors
#
# Runs the benchmarks, against Debian's library in the same run. Sourced.

# shellcheck disable=SC2034	# ./dev lists them
readonly BENCHES=(startup datapath bandwidth)

# bench_startup [--json]: on a device of each driver.
bench_startup() {
	boot "bench in the VM" 1800 no python3 -B /src/bench/startup.py "$@" \
		mlx5_0 rxe0
	return "$GUEST_STATUS"
}

# bench_datapath [--json]: a null device stands in, so at the machine's speed.
bench_datapath() {
	in_root python3 -B /src/bench/datapath.py "$@"
}

# bench_bandwidth [--json]: the software device and soft-RoCE in the same VM.
bench_bandwidth() {
	boot "bench in the VM" 600 no python3 -B /src/bench/bandwidth.py "$@"
	return "$GUEST_STATUS"
}
