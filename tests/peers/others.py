# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What is built on verbs elsewhere: libfabric, UCX, Open MPI, qperf, pyverbs."""

from .rows import DEVICES, Row

# size, sent, acknowledged, total, time, MB/s, us
FABRIC = r"(?m)^\d+k?\s+\d+\s+=\d+\s+\S+\s+\S+\s+(\S+)"
UCX_FINAL = r"Final:\s+\d+\s+[\d.]+\s+([\d.]+)"
# Off a terminal it would take itself for a rank of an MPI job.
UCX_PERFTEST = "/usr/bin/ucx_perftest -P 0 -p {port}"
# A port of the client's choice, and how fast it went: the figure is checked.
UCX_VARYING = r"(?<=connection from ).*|(?<=Final:).*"
# It drops datagrams whose header is not of the kind that it expects, which by
# default on the devices of the VM is all of them with IPv4 addresses.
NO_DGID_CHECK = "UCX_UD_VERBS_ETH_DGID_CHECK"
# Of each transport its own ways; the mlx5 ones write to the device themselves.
UCX_TESTS = {
    "rc_verbs": ("am_lat", "am_bw", "put_lat", "get", "fadd"),
    "ud_verbs": ("am_lat", "am_bw"),
    "rc_mlx5": ("am_lat", "put_lat", "get"),
    "ud_mlx5": ("am_lat",),
    "dc_mlx5": ("am_lat",),
}
UCX_TAGGED = ("rc_verbs", "ud_verbs", "rc_mlx5")
# Which of the ranks crashes first, and how what both say mixes, is chance.
MPI_VARYING = (r"(?m)(^(\[rdma-vm:|=+( backtrace.*)?$| *\d+ +/).*\n)+"
               r"|rank \d+ with PID \d+")
# How many peers its CQs have room for: 256 by default, more than rxe allows.
FI_PEERS = (("FI_UNIVERSE_SIZE", "64"),)
QPERF_FIGURE = r"(?:bw|latency|msg_rate)\s+=\s+([\d.]+ \S+)"
# With the connection manager: else qperf addresses by LID alone, which a RoCE
# device refuses. Datagrams and UC it does not connect so.
QPERF_TESTS = (
    "rc_rdma_write_bw", "rc_rdma_read_bw", "rc_rdma_write_poll_lat", "rc_lat",
    "rc_bi_bw", "rc_fetch_add_mr", "ver_rc_compare_swap",
)


def libfabric():
    yield Row("fi_info -p verbs", "/usr/bin/fi_info -p verbs", r"(verbs)",
              devices=(), limit=60)
    for provider, endpoint, domain in (
            ("verbs", "msg", "{dev}"), ("verbs;ofi_rxm", "rdm", "{dev}"),
            ("verbs", "dgram", "{dev}-dgram"),
            ("verbs;ofi_rxd", "rdm", "{dev}-dgram")):
        # What one of the two calls -e is -t for the other.
        options = f"-p '{provider}' -t FI_EP_{endpoint.upper()}"
        yield Row(f"fi_info {options}", f"/usr/bin/fi_info {options} "
                  f"-d {domain}", r"domain: (\S+)", limit=60)
        options = f"-p '{provider}' -e {endpoint}"
        more = "-S 1024" if endpoint == "dgram" else "-S 65536 -c"
        common = f"/usr/bin/fi_pingpong {options} -d {domain} -I 10 {more}"
        yield Row(f"fi_pingpong {options} {more}",
                  f"{common} -P {{port}} {{ip}}", FABRIC,
                  server=f"{common} -B {{port}}", environ=FI_PEERS)


def ucx_tls(transport):
    """What UCP may use: RC gets its connections over datagrams."""
    return transport + ",ud_verbs:aux,self"


def ucx_devices(transport):
    """The mlx5 ones are of no other device."""
    return ("softhca",) if transport.endswith("_mlx5") else DEVICES


def ucx():
    device = (("UCX_NET_DEVICES", "{dev}:1"), ("UCX_IB_GID_INDEX", "{gid}"),
              (NO_DGID_CHECK, "n"))
    yield Row("ucx_info -d", "/usr/bin/ucx_info -d", r"Transport: (rc_\w+)",
              environ=device, limit=60)
    for transport, tests in UCX_TESTS.items():
        for test in tests:
            # Less than that is not read without a copy.
            more = "-D zcopy -s 4096" if test == "get" else ""
            common = (f"{UCX_PERFTEST} -t {test} {more} "
                      f"-d {{dev}}:1 -x {transport} -n 50 -w 5")
            yield Row(f"ucx_perftest {transport} {test}",
                      f"{common} {{host}}", UCX_FINAL, server=common,
                      environ=device, varying=UCX_VARYING,
                      devices=ucx_devices(transport))
    for transport in UCX_TAGGED:
        common = f"{UCX_PERFTEST} -t tag_lat -s 65536 -n 20 -w 5"
        yield Row(f"ucx_perftest {transport} tag_lat", f"{common} {{host}}",
                  UCX_FINAL, server=common, varying=UCX_VARYING,
                  devices=ucx_devices(transport),
                  environ=device + (("UCX_TLS", ucx_tls(transport)),))


def open_mpi():
    build = "mpicc -O1 -o {work}/mpi_exchange peers/mpi_exchange.c"
    for transport in ("rc_verbs", "ud_verbs", "rc_mlx5"):
        yield Row(f"mpirun {transport}",
                  "/usr/bin/mpirun --allow-run-as-root --oversubscribe -n 2 "
                  "--mca pml ucx --mca osc ^rdma --mca btl self "
                  f"-x UCX_TLS={ucx_tls(transport)} "
                  "-x UCX_NET_DEVICES={dev}:1 "
                  "-x UCX_IB_GID_INDEX={gid} "
                  f"-x {NO_DGID_CHECK}=n "
                  "{work}/mpi_exchange",
                  r"(\d+ messages)", setup=build, limit=60,
                  devices=ucx_devices(transport), varying=MPI_VARYING)


def qperf():
    for test in QPERF_TESTS:
        yield Row(f"qperf -cm1 {test}",
                  f"/usr/bin/qperf {{ip}} -lp {{port}} -i {{dev}}:1 -t 1 "
                  f"-cm1 {test}", QPERF_FIGURE, varying=r"(?<= = ).*",
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
