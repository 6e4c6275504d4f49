# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What is built on verbs elsewhere: libfabric, UCX, Open MPI, qperf, pyverbs."""

from .rows import Row

# size, sent, acknowledged, total, time, MB/s, us
FABRIC = r"(?m)^\d+k?\s+\d+\s+=\d+\s+\S+\s+\S+\s+(\S+)"
UCX_FINAL = r"Final:\s+\d+\s+[\d.]+\s+([\d.]+)"
# Off a terminal it would take itself for a rank of an MPI job.
UCX_PERFTEST = "/usr/bin/ucx_perftest -P 0 -p {port}"
# A port of the client's choice, and how fast it went: the figure is checked.
UCX_VARYING = r"(?<=connection from ).*|(?<=Final:).*"
UCX_TRANSPORTS = ("rc_verbs", "ud_verbs", "rc_mlx5", "ud_mlx5", "dc_mlx5")
QPERF_FIGURE = r"(?:bw|latency|msg_rate)\s+=\s+([\d.]+ \S+)"
QPERF_TESTS = (
    "rc_rdma_write_bw", "rc_rdma_read_bw", "rc_rdma_write_lat",
    "rc_rdma_write_poll_lat", "rc_bw", "rc_lat", "rc_bi_bw", "uc_bw",
    "uc_rdma_write_bw", "ud_bw", "ud_lat", "xrc_bw", "rc_compare_swap_mr",
    "rc_fetch_add_mr", "ver_rc_compare_swap", "ver_rc_fetch_add",
)


def libfabric():
    yield Row("fi_info -p verbs", "/usr/bin/fi_info -p verbs", r"(verbs)",
              devices=(), limit=60)
    for provider, endpoint, domain in (
            ("verbs", "msg", "{dev}"), ("verbs;ofi_rxm", "rdm", "{dev}"),
            ("verbs", "dgram", "{dev}-dgram"),
            ("verbs;ofi_rxd", "rdm", "{dev}-dgram")):
        options = f"-p '{provider}' -e {endpoint}"
        yield Row(f"fi_info {options}", f"/usr/bin/fi_info {options} "
                  f"-d {domain}", r"domain: (\S+)", limit=60)
        for more in ("-S 64", "-S 65536 -c"):
            common = f"/usr/bin/fi_pingpong {options} -d {domain} -I 10 {more}"
            yield Row(f"fi_pingpong {options} {more}",
                      f"{common} -P {{port}} {{ip}}", FABRIC,
                      server=f"{common} -B {{port}}", limit=60)


def ucx_tls(transport):
    """What UCP may use: RC gets its connections over datagrams."""
    return transport + ",ud_verbs:aux,self"


def ucx():
    device = (("UCX_NET_DEVICES", "{dev}:1"), ("UCX_IB_GID_INDEX", "{gid}"))
    yield Row("ucx_info -d", "/usr/bin/ucx_info -d", r"Transport: (rc_\w+)",
              environ=device, limit=60)
    for transport in UCX_TRANSPORTS:
        for test in ("am_lat", "am_bw", "put_lat", "get", "fadd"):
            more = "-D zcopy" if test == "get" else ""
            common = (f"{UCX_PERFTEST} -t {test} {more} "
                      f"-d {{dev}}:1 -x {transport} -n 50 -w 5")
            yield Row(f"ucx_perftest {transport} {test}",
                      f"{common} {{host}}", UCX_FINAL, server=common,
                      environ=device, varying=UCX_VARYING)
        common = f"{UCX_PERFTEST} -t tag_lat -s 65536 -n 20 -w 5"
        yield Row(f"ucx_perftest {transport} tag_lat", f"{common} {{host}}",
                  UCX_FINAL, server=common, varying=UCX_VARYING,
                  environ=device + (("UCX_TLS", ucx_tls(transport)),))


def open_mpi():
    build = "mpicc -O1 -o {work}/mpi_exchange peers/mpi_exchange.c"
    for transport in ("rc_verbs", "ud_verbs", "rc_mlx5"):
        yield Row(f"mpirun {transport}",
                  "/usr/bin/mpirun --allow-run-as-root --oversubscribe -n 2 "
                  "--mca pml ucx --mca osc ^rdma --mca btl self "
                  f"-x UCX_TLS={ucx_tls(transport)} "
                  "-x UCX_NET_DEVICES={dev}:1 "
                  "-x UCX_IB_GID_INDEX={gid} {work}/mpi_exchange",
                  r"(\d+ messages)", setup=build, limit=60)


def qperf():
    for manager in ("", "-cm1 "):
        for test in QPERF_TESTS:
            yield Row(f"qperf {manager}{test}",
                      f"/usr/bin/qperf {{ip}} -lp {{port}} -i {{dev}}:1 "
                      f"-t 1 {manager}{test}", QPERF_FIGURE,
                      server="/usr/bin/qperf -lp {port}", stays=True)


def stock_pyverbs():
    # Ours is in the PYTHONPATH of the VM.
    environ = (("PYTHONPATH", "/usr/lib/python3/dist-packages"),)
    for part in ("modules", "device", "objects", "traffic"):
        yield Row(f"pyverbs {part}", "/usr/bin/python3 -B peers/use_pyverbs.py "
                  f"{part} {{dev}} {{gid}}", r"(done)", environ=environ)


def rows():
    for part in (libfabric, ucx, open_mpi, qperf, stock_pyverbs):
        yield from part()
