# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What ./dev abi notices, on headers and libraries made for the case."""

import os
import shutil
import subprocess
import tempfile
import unittest

import abi
import abi_python
import compare_headers
import compare_symbols
import pynames
from differences import LIST, PACKAGES, Comparison, Difference, parse

HEADER = """\
#include <stdint.h>
enum color { RED = 1, GREEN };
struct point { int32_t x; int32_t y; };
int move(struct point *point);
#define LIMIT 8
"""
SOURCE = "int move(void) { return 0; }\nint turn(void) { return 1; }\n"
MAP = "V_1.0 { global: move; local: *; };\nV_1.1 { global: turn; } V_1.0;\n"


# In both packages, so that there is always something to compare.
COMMON = """\
enum shade { DARK };
struct size { int width; };
int grow(struct size *size);
#define MOST 9
"""


class Headers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def write(self, package, header):
        """A folder with @header and one that both packages have."""
        folder = os.path.join(self.folder, package)
        os.makedirs(os.path.join(folder, "infiniband"), exist_ok=True)
        for name, text in (("x.h", header), ("common.h", COMMON)):
            path = os.path.join(folder, "infiniband", name)
            with open(path, "w", encoding="ascii") as out:
                out.write(text)
        return folder

    def compare(self, ours, package="newest", partial=()):
        found, _ = compare_headers.compare_headers(
            package, self.write("stock", HEADER), self.write("ours", ours), set(partial)
        )
        return sorted(difference.what for difference in found)

    def replaced(self, old, new, **options):
        self.assertIn(old, HEADER)
        return self.compare(HEADER.replace(old, new), **options)

    def test_same_headers(self):
        self.assertEqual(self.compare(HEADER), [])

    def test_changed_type_of_a_member(self):
        self.assertEqual(self.replaced("int32_t y", "uint32_t y"), ["struct point"])

    def test_moved_member(self):
        swapped = self.replaced("int32_t x; int32_t y", "int32_t y; int32_t x")
        self.assertEqual(swapped, ["struct point"])

    def test_changed_value(self):
        found = self.replaced("RED = 1", "RED = 2")
        self.assertEqual(found, ["constant GREEN", "constant RED"])

    def test_removed_names(self):
        self.assertEqual(self.replaced("#define LIMIT 8", ""), ["macro LIMIT"])
        gone = self.replaced("int move(struct point *point);", "")
        self.assertEqual(gone, ["function move"])

    def test_changed_prototype(self):
        self.assertEqual(self.replaced("int move", "long move"), ["function move"])

    def test_new_names_are_of_the_newest_package(self):
        longer = ("GREEN }", "GREEN, BLUE }")
        self.assertEqual(self.replaced(*longer), ["constant BLUE"])
        self.assertEqual(self.replaced(*longer, package="release"), [])

    def test_reserved_names_are_ours(self):
        self.assertEqual(self.compare(HEADER + "#define __X_LIMIT 9\n"), [])

    def test_partial_header_is_one_difference(self):
        found = self.compare("#include <stdint.h>\n", partial=["x.h"])
        self.assertEqual(found, ["header x.h"])
        self.assertEqual(self.compare(HEADER, partial=["x.h"]), [])


class Symbols(unittest.TestCase):
    def setUp(self):
        if not shutil.which("abidiff"):
            self.skipTest("abidiff is not installed")
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.stock = self.build("stock", SOURCE, MAP)

    def build(self, name, source, version_map):
        folder = os.path.join(self.folder, name)
        os.mkdir(folder)
        script = os.path.join(folder, "x.map")
        with open(script, "w", encoding="ascii") as out:
            out.write(version_map)
        library = os.path.join(folder, "libx.so.1")
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-Wl,-soname,libx.so.1", "-xc", "-"]
            + [f"-Wl,--version-script={script}", "-o", library],
            input=source,
            text=True,
            check=True,
        )
        return library

    def compare(self, source, version_map):
        ours = self.build("ours", source, version_map)
        found, _ = compare_symbols.compare_symbols(self.stock, ours)
        return sorted(difference.what for difference in found)

    def test_same_library(self):
        self.assertEqual(self.compare(SOURCE, MAP), [])

    def test_removed_symbol(self):
        found = self.compare(SOURCE, MAP.replace("global: move;", ""))
        self.assertEqual(found, ["move@@V_1.0"])

    def test_symbol_at_another_node(self):
        other = MAP.replace("global: turn;", "").replace("move;", "move; turn;")
        self.assertEqual(self.compare(SOURCE, other), ["turn@@V_1.0", "turn@@V_1.1"])

    def test_node_after_another(self):
        found = self.compare(SOURCE, MAP.replace("} V_1.0", "}"))
        self.assertEqual(found, ["node V_1.1"])

    def test_node_of_our_own(self):
        more = MAP + "V_OWN { global: jump; } V_1.1;\n"
        self.assertEqual(self.compare(SOURCE + "void jump(void) {}\n", more), [])

    def test_stock_library_without_versions_is_no_match(self):
        self.stock = self.build("none", SOURCE, "{ global: move; turn; local: *; };")
        self.assertIn("symbols", self.compare(SOURCE, MAP))

    def test_abidiff_notices_by_itself(self):
        ours = self.build("ours", SOURCE, MAP.replace("global: turn;", ""))
        report = compare_symbols.abidiff_report(self.stock, ours)
        found = list(compare_symbols.read_abidiff(report, {"V_1.0", "V_1.1"}))
        self.assertEqual(found, [Difference("turn@@V_1.1", "missing (abidiff)")])


class List(unittest.TestCase):
    TEXT = "# About this file.\n\n# Why\n# it is so.\nboth a x@V\nrelease a struct y\n"

    def known(self):
        return {known.what: known.reason for known in parse(self.TEXT.splitlines())}

    def test_reason_is_the_comment_above(self):
        reason = "Why it is so."
        self.assertEqual(self.known(), {"x@V": reason, "struct y": reason})

    def test_packages(self):
        first, second = parse(self.TEXT.splitlines())
        self.assertEqual(first.packages, ("release", "newest"))
        self.assertEqual(second.packages, ("release",))

    def test_lines_of_our_list_are_looked_at(self):
        with open(LIST, encoding="ascii") as lines:
            known = parse(lines)
        self.assertTrue(known)
        for line in known:
            self.assertIn(line.where, [abi.HEADERS, *abi.LIBRARIES])
            self.assertLessEqual(set(line.packages), set(PACKAGES))
            self.assertTrue(line.reason, line.what)

    def test_listed_is_expected(self):
        found = [Difference("x@V", ""), Difference("struct y", "")]
        comparison = Comparison("release", "a", 2, found, self.known())
        self.assertEqual((comparison.listed, comparison.unexpected), (found, []))

    def test_not_listed_is_unexpected(self):
        found = [Difference("x@V", ""), Difference("struct y", ""), Difference("z", "")]
        comparison = Comparison("release", "a", 3, found, self.known())
        self.assertEqual(comparison.unexpected, [Difference("z", "")])

    def test_listed_but_not_so_is_unexpected(self):
        comparison = Comparison("release", "a", 1, [Difference("x@V", "")], self.known())
        (stale,) = comparison.unexpected
        self.assertEqual(stale.what, "struct y")


class Python(unittest.TestCase):
    STOCK = {"MR": "class", "MR.__init__": ["pd", "length"], "MR.close": "method",
             "MR.pd": "inherited", "E": 1, "f": ["a"]}

    def compare(self, **changes):
        ours = {name: what for name, what in self.STOCK.items() if name not in changes}
        ours.update((n, what) for n, what in changes.items() if what is not None)
        found = abi_python.compare_module(self.STOCK, ours)
        return [f"{difference.what}: {difference.text}" for difference in found]

    def test_same_names(self):
        self.assertEqual(self.compare(), [])

    def test_missing_member(self):
        self.assertEqual(self.compare(**{"MR.close": None}), ["MR.close: missing"])

    def test_inherited_member_is_told_with_its_owner(self):
        self.assertEqual(self.compare(**{"MR.pd": None}), [])

    def test_missing_class_is_told_once(self):
        gone = self.compare(**{"MR": None, "MR.close": None, "MR.__init__": None})
        self.assertEqual(gone, ["MR: missing"])

    def test_changed_value_and_signature(self):
        self.assertEqual(self.compare(E=2), ["E: 1, ours 2"])
        self.assertEqual(self.compare(f=["b"]), ["f: ['a'], ours ['b']"])

    def test_signature_may_take_more(self):
        self.assertEqual(self.compare(f=["a", "b=1"]), [])
        self.assertEqual(self.compare(f=["a", "b"]), ["f: ['a'], ours ['a', 'b']"])

    def test_constructor_lacks_an_argument(self):
        found = self.compare(**{"MR.__init__": ["pd", "size"]})
        self.assertEqual(found, ["MR.__init__: does not take length"])

    def test_kinds_of_callables_are_not_compared(self):
        self.assertEqual(self.compare(f="function"), [])

    def test_missing_module(self):
        found = abi_python.compare_module(self.STOCK, None)
        self.assertEqual(found, [Difference(abi_python.MODULE, "missing")])

    def test_module_that_cannot_be_imported(self):
        (found,) = abi_python.compare_module(self.STOCK, "no such library")
        self.assertIn("no such library", found.text)

    def test_module_of_another_python_is_read(self):
        texts = (b"pyverbs.mr.MR", b"pyverbs.mr.MR.lkey.__get__", b"MR.read",
                 b"MR._import", b"PD.close", b"IBV_QPT_RC", b"_IBV_FLAG")
        with tempfile.NamedTemporaryFile() as f:
            f.write(b"\0" + b"\0".join(texts) + b"\0")
            f.flush()
            self.assertEqual(
                pynames.names_in_file("pyverbs.mr", f.name),
                {"MR": "class", "MR.lkey": "member", "MR.read": "member"})
            self.assertEqual(pynames.names_in_file("pyverbs.enums", f.name),
                             {"IBV_QPT_RC": "number", "_IBV_FLAG": "number"})

    def test_lines_of_our_list_have_reasons(self):
        with open(abi_python.LIST, encoding="ascii") as lines:
            known = parse(lines)
        self.assertTrue(known)
        for line in known:
            self.assertTrue(line.where.startswith("pyverbs."), line.where)
            self.assertLessEqual(set(line.packages), set(PACKAGES))
            self.assertTrue(line.reason, line.what)


if __name__ == "__main__":
    unittest.main()
