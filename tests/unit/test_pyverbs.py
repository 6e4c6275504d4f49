#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What pyverbs does without a device: words for numbers, printing, memory.

test_pyverbs.py BUILD [ARGUMENT...]: of the build tree given.
"""

import ctypes
import os
import sys
import unittest

BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""
sys.path.insert(0, os.path.join(BUILD, "python"))

from pyverbs import base, dma_util, enums as e, libibverbs_enums, mem_alloc, names, utils
from pyverbs.addr import AHAttr, GID, GlobalRoute
from pyverbs.cq import CqInitAttrEx, WC
from pyverbs.flow import FlowAction, FlowAttr
from pyverbs.providers.efa import efa_enums as efe, efadv
from pyverbs.providers.mlx5 import mlx5_enums as dve, mlx5dv
from pyverbs.pyverbs_error import PyverbsError, PyverbsRDMAError, PyverbsUserError
from pyverbs.qp import QPAttr, QPCap, QPInitAttrEx, QPRateLimitAttr
from pyverbs.spec import EthSpec, Ipv6Spec
from pyverbs.wr import SGE, RecvWR, SendWR


def fields(text):
    """The lines `name value` of a printed object."""
    return dict(line.split(None, 1) for line in text.splitlines()[1:]
                if len(line.split(None, 1)) == 2)


class Words(unittest.TestCase):
    def test_every_status_has_words(self):
        for status in e.ibv_wc_status:
            self.assertNotIn("Unknown", names.cqe_status_to_str(status))

    def test_every_opcode_has_words(self):
        said = {names.cqe_opcode_to_str(opcode)
                for name, opcode in e.ibv_wc_opcode.__members__.items()
                if not name.startswith("IBV_WC_DRIVER")}
        self.assertFalse([text for text in said if "Unknown" in text])

    def test_every_qp_state_has_a_word(self):
        for state in e.ibv_qp_state:
            if state != e.IBV_QPS_UNKNOWN:
                self.assertNotIn("Unknown", names.qp_state_to_str(state))

    def test_unknown_numbers_are_told(self):
        self.assertIn("77", names.qp_state_to_str(77))
        self.assertIn("77", names.port_state_to_str(77))
        self.assertIn("77", names.translate_event_type(77))

    def test_speed_of_a_lane(self):
        self.assertEqual(names.speed_to_str(32, 0), "25.0 Gbps (32)")
        self.assertEqual(names.speed_to_str(0, 256), "200.0 Gbps (256)")
        self.assertEqual(names.speed_to_str(3, 0), "Invalid speed")

    def test_flags_by_name(self):
        flags = e.IBV_SEND_FENCE | e.IBV_SEND_INLINE
        self.assertEqual(names.send_flags_to_str(flags),
                         "IBV_SEND_FENCE IBV_SEND_INLINE ")
        self.assertEqual(names.translate_device_caps(e.IBV_DEVICE_XRC).split(),
                         ["IBV_DEVICE_XRC"])

    def test_guid(self):
        self.assertEqual(names.guid_to_hex(0x1122334455667788), "1122334455667788")


class Utils(unittest.TestCase):
    def test_be64toh_turns_bytes(self):
        num = int.from_bytes(bytes(range(8)), sys.byteorder)
        self.assertEqual(utils.be64toh(num), 0x0001020304050607)

    def test_gid_from_halves(self):
        halves = [int.from_bytes(half, sys.byteorder)
                  for half in (b"\xfe\x80" + bytes(6), bytes(7) + b"\x01")]
        self.assertEqual(utils.gid_str(*halves), str(GID("fe80::1")))

    def test_gid_as_array(self):
        self.assertEqual(utils.gid_str_to_array("fe80::1"),
                         ["fe", "80"] + ["00"] * 13 + ["01"])

    def test_bad_gid_is_user_error(self):
        with self.assertRaises(PyverbsUserError):
            utils.gid_str_to_array("fe80")


class Errors(unittest.TestCase):
    def test_errno_is_in_the_text_and_the_attribute(self):
        error = PyverbsRDMAError("no luck", 5)
        self.assertEqual(error.error_code, 5)
        self.assertEqual(str(error), f"no luck. Errno: 5, {os.strerror(5)}")

    def test_without_errno(self):
        self.assertEqual(PyverbsRDMAError("no luck").error_code, -1)
        self.assertEqual(str(PyverbsError("no luck")), "no luck")

    def test_errno_given_wins(self):
        self.assertEqual(base.PyverbsRDMAErrno("no luck", 22).error_code, 22)


class Printing(unittest.TestCase):
    def test_attributes_in_lines(self):
        self.assertEqual(fields(str(QPCap(max_send_wr=3)))["max_send_wr"], "3")

    def test_enums_by_name(self):
        self.assertEqual(fields(str(QPAttr()))["qp_state"], "IBV_QPS_INIT")

    def test_flags_by_name(self):
        attr = QPAttr()
        attr.qp_access_flags = e.IBV_ACCESS_REMOTE_READ | 1 << 31
        self.assertEqual(fields(str(attr))["qp_access_flags"],
                         "IBV_ACCESS_REMOTE_READ | 0x80000000")

    def test_attributes_within_attributes(self):
        route = GlobalRoute(GID("fe80::1"), sgid_index=5)
        attr = QPAttr()
        attr.ah_attr = AHAttr(is_global=1, gr=route)
        self.assertIn("\n  ah_attr:\n    dlid ", str(attr))
        self.assertIn("    sgid_index           5\n", str(attr))

    def test_specifications_of_a_flow(self):
        attr = FlowAttr(num_of_specs=1)
        attr.specs.append(EthSpec(dst_mac="00:11:22:33:44:55"))
        self.assertIn("specs[0]:", str(attr))

    def test_specification_has_masks(self):
        text = str(Ipv6Spec(dst_ip="::1", dst_ip_mask="::f"))
        self.assertRegex(text, r"dst_ip +::1 mask ::f\n")
        self.assertTrue(text.startswith("Ipv6Spec IBV_FLOW_SPEC_IPV6\n"), text)

    def test_completion(self):
        self.assertIn("IBV_WC_SUCCESS", str(WC(wr_id=7)))

    def test_cq_attributes(self):
        self.assertEqual(fields(str(CqInitAttrEx(cqe=9)))["cqe"], "9")

    def test_names_of_masks(self):
        attr = QPInitAttrEx(comp_mask=e.IBV_QP_INIT_ATTR_PD,
                            create_flags=e.IBV_QP_CREATE_SCATTER_FCS)
        self.assertEqual(attr.mask_to_str(), "IBV_QP_INIT_ATTR_PD ")
        self.assertEqual(attr.flags_to_str(), "IBV_QP_CREATE_SCATTER_FCS ")


class Requests(unittest.TestCase):
    def test_sges_come_back(self):
        wr = SendWR(num_sge=2, sg=[SGE(1, 2, 3), SGE(4, 5, 6)])
        self.assertEqual([sge.addr for sge in wr.sg_list], [1, 4])

    def test_sge_replaces_the_list(self):
        wr = SendWR(num_sge=2, sg=[SGE(1, 2, 3), SGE(4, 5, 6)])
        wr.sg_list = SGE(7, 8, 9)
        self.assertEqual([sge.lkey for sge in wr.sg_list], [9])
        self.assertEqual(wr.num_sge, 1)

    def test_remote_key(self):
        wr = SendWR(opcode=e.IBV_WR_RDMA_WRITE)
        wr.set_wr_rdma(77, 4096)
        self.assertEqual(wr.rkey, 77)
        self.assertEqual((wr.rdma_rkey, wr.rdma_remote_addr), (77, 4096))

    def test_sges_of_a_receive_come_back(self):
        wr = RecvWR(num_sge=1, sg=[SGE(1, 2, 3)])
        self.assertEqual([sge.length for sge in wr.sg_list], [2])

    def test_rate_limit(self):
        attr = QPRateLimitAttr(1000, typical_pkt_sz=64)
        attr.max_burst_sz = 4096
        self.assertEqual((attr.rate_limit, attr.max_burst_sz, attr.typical_pkt_sz),
                         (1000, 4096, 64))

    def test_sge_reads_its_memory(self):
        memory = ctypes.create_string_buffer(b"0123456789", 10)
        sge = SGE(ctypes.addressof(memory), 10, 0)
        self.assertEqual(sge.read(3, 7), b"789")

    def test_sge_reads_not_beyond_it(self):
        sge = SGE(0, 10, 0)
        for length, offset in ((11, 0), (1, 10), (2**63, 2**63), (0, 11)):
            with self.assertRaises(PyverbsUserError):
                sge.read(length, offset)

    def test_next_key_changes_its_last_byte(self):
        self.assertEqual(base.inc_rkey(0x1234), 0x1235)
        self.assertEqual(base.inc_rkey(0x12ff), 0x1200)


class Memory(unittest.TestCase):
    def test_registers_take_bytes_as_they_are(self):
        memory = ctypes.create_string_buffer(16)
        dma_util.mmio_write32_as_be(ctypes.addressof(memory), 0x01020304)
        dma_util.mmio_write64_as_be(ctypes.addressof(memory) + 8, 0x05060708)
        dma_util.udma_to_dev_barrier()
        dma_util.udma_from_dev_barrier()
        expected = (0x01020304).to_bytes(4, sys.byteorder) + bytes(4) + \
            (0x05060708).to_bytes(8, sys.byteorder)
        self.assertEqual(memory.raw, expected)

    def test_madvise_drops_what_was_written(self):
        addr = mem_alloc.mmap(length=4096)
        mem_alloc.write(addr, b"x", 1)
        mem_alloc.madvise(addr, 4096)
        self.assertEqual(mem_alloc.read(addr, 1), b"\0")
        mem_alloc.munmap(addr, 4096)


class Mlx5(unittest.TestCase):
    def test_end_of_dynamic_connections(self):
        attr = mlx5dv.Mlx5DVQPInitAttr(
            dve.MLX5DV_QP_INIT_ATTR_MASK_DC,
            dc_init_attr=mlx5dv.Mlx5DVDCInitAttr(dve.MLX5DV_DCTYPE_DCT, 77))
        self.assertEqual(attr.dc_type, dve.MLX5DV_DCTYPE_DCT)
        self.assertEqual(attr.dct_access_key, 77)

    def test_streams_of_a_dci(self):
        streams = mlx5dv.Mlx5DCIStreamInitAttr(3, 2)
        attr = mlx5dv.Mlx5DVDCInitAttr(dci_streams=streams)
        self.assertEqual(attr.dci_streams,
                         {"log_num_concurent": 3, "log_num_errored": 2})

    def test_words(self):
        self.assertEqual(mlx5dv.dc_type_to_str(dve.MLX5DV_DCTYPE_DCI),
                         "MLX5DV_DCTYPE_DCI")
        self.assertIn("77", mlx5dv.dc_type_to_str(77))
        self.assertEqual(mlx5dv.swp_to_str(dve.MLX5DV_SW_PARSING_LSO).split(),
                         ["MLX5DV_SW_PARSING_LSO"])
        self.assertEqual(mlx5dv.bitmask_to_str(7, {1: "a", 2: "b"}), "a, b (7)")
        self.assertEqual(mlx5dv.qpts_to_str(1 << e.IBV_QPT_RC | 1 << e.IBV_QPT_UD),
                         "RC, UD (20)")

    def test_macros_have_an_underscore_behind_them(self):
        self.assertEqual(dve.MLX5DV_FLOW_TABLE_TYPE_RDMA_TX_, 4)
        self.assertEqual(dve.MLX5DV_QUERY_PORT_VPORT_REG_C0_, 16)


class Mlx5Requests(unittest.TestCase):
    """Bytes as in the Programmer's Reference Manual, all big-endian."""

    CTRL = bytes.fromhex("03000102 00000406 07000005 08000000")
    DATA = bytes.fromhex("00000001 00000002 0000000000000003")

    def setUp(self):
        self.ctrl = mlx5dv.WqeCtrlSeg(1, 2, 3, 4, 5, 6, 7, 8)
        self.data = mlx5dv.WqeDataSeg(1, 2, 3)

    def test_segments(self):
        self.assertEqual(bytes(self.ctrl), self.CTRL)
        self.assertEqual(bytes(self.data), self.DATA)
        self.assertEqual(ctypes.string_at(self.ctrl.addr, 16), self.CTRL)
        self.assertEqual(mlx5dv.WqeCtrlSeg.sizeof(), 16)
        self.assertEqual(mlx5dv.WqeDataSeg.sizeof(), 16)

    def test_fields_are_numbers(self):
        self.assertEqual(self.ctrl.opmod_idx_opcode, 0x03000102)
        self.assertEqual(self.ctrl.qpn_ds, 0x406)
        self.assertEqual(self.ctrl.imm, 0x08000000)
        self.assertEqual(self.data.addr, 3)

    def test_fields_are_set(self):
        for name in ("opmod_idx_opcode", "qpn_ds", "signature", "fm_ce_se", "imm"):
            setattr(self.ctrl, name, 0x11)
        self.assertEqual(bytes(self.ctrl), bytes.fromhex(
            "00000011 00000011 11000011 00000011"))
        for name in ("byte_count", "lkey", "addr"):
            setattr(self.data, name, 0x11)
        self.assertEqual(bytes(self.data),
                         bytes.fromhex("00000011 00000011 0000000000000011"))

    def test_request_in_its_own_memory(self):
        wqe = mlx5dv.Wqe([self.ctrl, b"abcd", self.data])
        self.assertEqual(wqe.address % 64, 0)
        self.assertEqual(ctypes.string_at(wqe.address, 64),
                         (self.CTRL + b"abcd" + self.DATA).ljust(64, b"\0"))
        self.assertIn("61626364", str(wqe))
        wqe.close()
        wqe.close()
        with self.assertRaises(PyverbsUserError):
            wqe.address

    def test_request_in_the_callers_memory(self):
        memory = ctypes.create_string_buffer(b"\xff" * 40, 40)
        with mlx5dv.Wqe([self.ctrl, self.data], ctypes.addressof(memory)) as wqe:
            self.assertEqual(wqe.address, ctypes.addressof(memory))
        self.assertEqual(memory.raw, self.CTRL + self.DATA + b"\xff" * 8)

    def test_nothing_is_at_address_0(self):
        for make in (lambda: mlx5dv.Wqe([self.ctrl], 0),
                     lambda: mlx5dv.Mlx5Cqe64(0)):
            with self.assertRaises(PyverbsUserError):
                make()


class Mlx5Completions(unittest.TestCase):
    def setUp(self):
        self.memory = ctypes.create_string_buffer(bytes(range(64)), 64)
        self.cqe = mlx5dv.Mlx5Cqe64(ctypes.addressof(self.memory))

    def test_fields_are_at_their_places(self):
        for name, place, size in (
                ("wqe_id", 2, 2), ("imm_inval_pkey", 36, 4), ("byte_cnt", 44, 4),
                ("timestamp", 48, 8), ("wqe_counter", 60, 2), ("signature", 62, 1),
                ("op_own", 63, 1)):
            wanted = int.from_bytes(range(place, place + size), "big")
            self.assertEqual(getattr(self.cqe, name), wanted, name)

    def test_parts_of_the_last_byte(self):
        self.memory[63] = b"\xd6"
        self.assertEqual((self.cqe.opcode, self.cqe.format, self.cqe.se,
                          self.cqe.owner), (13, 1, 1, 0))
        self.cqe.owner = 1
        self.assertEqual(self.memory[63], b"\xd7")

    def test_empty(self):
        self.assertFalse(self.cqe.is_empty())
        ctypes.memset(self.memory, 0, 64)
        self.assertTrue(self.cqe.is_empty())
        self.memory[63] = b"\1"
        self.assertFalse(self.cqe.is_empty())

    def test_dump_is_of_words(self):
        lines = self.cqe.dump().splitlines()
        self.assertEqual(len(lines), 4)
        self.assertEqual(lines[0], "00010203 04050607 08090a0b 0c0d0e0f")


class Efa(unittest.TestCase):
    def test_capabilities_by_name(self):
        self.assertEqual(efadv.dev_cap_to_str(0), "None (0)")
        self.assertEqual(
            efadv.dev_cap_to_str(efe.EFADV_DEVICE_ATTR_CAPS_RDMA_READ | 1 << 20),
            "EFADV_DEVICE_ATTR_CAPS_RDMA_READ, ??(100000) (100001)")

    def test_attributes(self):
        attr = efadv.EfaQPInitAttr()
        self.assertEqual(attr.driver_qp_type, efe.EFADV_QP_DRIVER_TYPE_SRD)
        attr.sl = 3
        self.assertEqual(fields(str(attr))["sl"], "3")
        self.assertEqual(efadv.EfaDVCQInitAttr(2).wc_flags, 2)
        self.assertEqual(efadv.EfaDVSQDepthAttr(max_inline_data=32).max_inline_data, 32)

    def test_counter_in_memory_of_the_programs(self):
        attr = efadv.EfaCompCntrInitAttr()
        attr.set_err_ext_mem_va(4096)
        self.assertEqual(attr.flags, efe.EFADV_COMP_CNTR_INIT_WITH_ERR_EXTERNAL_MEM)


class Others(unittest.TestCase):
    def test_both_names_of_the_enums(self):
        self.assertIs(libibverbs_enums.ibv_qp_type, e.ibv_qp_type)
        self.assertEqual(libibverbs_enums.IBV_TMH_EAGER, 3)
        self.assertEqual(libibverbs_enums._IBV_ADVISE_MR_FLAG_FLUSH, 1)

    def test_flow_action_of_no_device(self):
        action = FlowAction()
        action.close()
        action.close()

    def test_log_level_is_of_the_class(self):
        import logging
        QPCap().set_log_level(logging.DEBUG)
        logger = logging.getLogger("pyverbs.qp.QPCap")
        self.addCleanup(logger.setLevel, logging.NOTSET)
        self.assertEqual(logger.level, logging.DEBUG)


if __name__ == "__main__":
    unittest.main()
