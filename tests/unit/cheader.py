# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""What a C header declares, as gcc understands it.

Types come from the debug information of an object file that includes the
header, functions from gcc's own list of prototypes, macros from the
preprocessor. Nothing here parses C.
"""

import os
import re
import subprocess
import tempfile

DIE = re.compile(r" <([0-9a-f]+)><([0-9a-f]+)>: Abbrev Number: \d+ \((DW_TAG_\w+)\)")
ATTRIBUTE = re.compile(r"\s+<[0-9a-f]+>\s+DW_AT_(\w+)\s*: (.*)")
PROTOTYPE = re.compile(r"/\* (\S+):\d+:\w+ \*/ (.*?\b(\w+) \(.*\));")
QUALIFIERS = {"DW_TAG_const_type": "const", "DW_TAG_volatile_type": "volatile"}
KEYWORDS = {
    "DW_TAG_structure_type": "struct",
    "DW_TAG_union_type": "union",
    "DW_TAG_enumeration_type": "enum",
}


def run_gcc(include_dirs, source, *options):
    """Feeds @source to gcc, @include_dirs searched first; returns stdout."""
    search = [f"-I{folder}" for folder in include_dirs]
    command = ["gcc", "-w", *options, *search, "-x", "c", "-"]
    return subprocess.run(
        command, input=source, stdout=subprocess.PIPE, check=True, text=True
    ).stdout


def include_lines(headers):
    """A header without a folder is one of <infiniband/...>."""
    paths = (h if "/" in h else f"infiniband/{h}" for h in headers)
    return "".join(f"#include <{path}>\n" for path in paths)


class Die:
    """One entry of the debug information."""

    def __init__(self, tag):
        self.tag = tag
        self.attributes = {}
        self.children = []

    def name(self):
        """Without what readelf says first about how the name is stored."""
        return re.sub(r"^(\([^)]*\):?\s*)+", "", self.attributes.get("name", ""))

    def number(self, attribute):
        """The value of a plain number; None where it has none."""
        text = self.attributes.get(attribute)
        return None if text is None else int(re.search(r"-?\w+$", text)[0], 0)

    def nested(self, *tags):
        return [child for child in self.children if child.tag in tags]


def read_dies(text):
    """All entries of readelf's listing by their offset."""
    dies, path = {}, []
    for line in text.splitlines():
        if match := DIE.match(line):
            depth, die = int(match[1], 16), Die(match[3])
            dies[match[2]] = die
            path = path[:depth] + [die]
            if depth:
                path[depth - 1].children.append(die)
        elif path and (match := ATTRIBUTE.match(line)):
            path[-1].attributes[match[1]] = match[2].strip()
    return dies


class Types:
    """Structs, unions and enums, each as lines of text that can be compared."""

    def __init__(self, dies):
        self.dies = dies
        self.layouts = {}
        self.constants = {}
        for die in dies.values():
            if die.tag == "DW_TAG_enumeration_type":
                self._add_constants(die)
            if die.tag in KEYWORDS and die.name() and self._is_complete(die):
                self.layouts[self._tagged_name(die)] = self._layout(die)

    @staticmethod
    def _is_complete(die):
        return "declaration" not in die.attributes

    @staticmethod
    def _tagged_name(die):
        return f"{KEYWORDS[die.tag]} {die.name()}"

    def _add_constants(self, die):
        for item in die.nested("DW_TAG_enumerator"):
            self.constants[item.name()] = item.number("const_value")

    def _target(self, die):
        reference = re.search(r"<0x([0-9a-f]+)>", die.attributes.get("type", ""))
        return self.dies[reference[1]] if reference else None

    def _layout(self, die):
        lines = [f"size {die.number('byte_size')}"]
        if die.tag == "DW_TAG_enumeration_type":
            items = die.nested("DW_TAG_enumerator")
            return lines + [f"{i.name()} = {i.number('const_value')}" for i in items]
        for member in die.nested("DW_TAG_member"):
            offset = member.number("data_member_location") or 0
            kind = self._describe(self._target(member))
            lines.append(f"{offset}: {kind} {member.name()}".rstrip())
        return lines

    def _describe(self, die):
        if die is None:
            return "void"
        if die.tag in KEYWORDS:
            if die.name():
                return self._tagged_name(die)
            return KEYWORDS[die.tag] + " { " + "; ".join(self._layout(die)) + " }"
        if die.tag == "DW_TAG_pointer_type":
            return self._describe(self._target(die)) + " *"
        if die.tag in QUALIFIERS:
            return f"{QUALIFIERS[die.tag]} {self._describe(self._target(die))}"
        if die.tag == "DW_TAG_array_type":
            return self._describe(self._target(die)) + self._bounds(die)
        if die.tag == "DW_TAG_subroutine_type":
            return self._describe(self._target(die)) + f" ({self._arguments(die)})"
        return die.name()

    @staticmethod
    def _bounds(die):
        tops = [r.number("upper_bound") for r in die.nested("DW_TAG_subrange_type")]
        return "".join("[]" if top is None else f"[{top + 1}]" for top in tops)

    def _arguments(self, die):
        arguments = die.nested("DW_TAG_formal_parameter")
        return ", ".join(self._describe(self._target(a)) for a in arguments)


def read_types(include_dirs, headers):
    with tempfile.TemporaryDirectory() as folder:
        target = os.path.join(folder, "types.o")
        run_gcc(
            include_dirs,
            include_lines(headers),
            "-g",
            "-fno-eliminate-unused-debug-types",
            "-c",
            "-o",
            target,
        )
        listing = subprocess.run(
            ["readelf", "--wide", "--debug-dump=info", target],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        ).stdout
    return Types(read_dies(listing))


def is_ours(path):
    return "/infiniband/" in path


def read_functions(include_dirs, headers):
    """Prototypes by name, as gcc writes them; "extern" or "static" in front."""
    with tempfile.TemporaryDirectory() as folder:
        listing = os.path.join(folder, "prototypes")
        run_gcc(
            include_dirs,
            include_lines(headers),
            "-fsyntax-only",
            "-aux-info",
            listing,
        )
        with open(listing, encoding="ascii") as lines:
            found = [PROTOTYPE.match(line) for line in lines]
    return {match[3]: match[2] for match in found if match and is_ours(match[1])}


def macro_names(include_dirs, headers):
    """Names and parameters of the macros that the headers leave defined."""
    macros, path = {}, ""
    text = run_gcc(include_dirs, include_lines(headers), "-E", "-dD")
    for line in text.splitlines():
        if match := re.match(r'# \d+ "(.*?)"', line):
            path = match[1]
        elif match := re.match(r"#undef (\w+)", line):
            macros.pop(match[1], None)
        elif match := re.match(r"#define (\w+)(\([^)]*\))?", line):
            if is_ours(path):
                macros[match[1]] = re.sub(r"\s", "", match[2] or "")
    return macros


def read_macros(include_dirs, headers):
    """Macros by name: what one without parameters expands to, else these."""
    macros = macro_names(include_dirs, headers)
    plain = [name for name, parameters in macros.items() if not parameters]
    probes = "".join(f'"value of {name}" {name}\n' for name in plain)
    text = run_gcc(include_dirs, include_lines(headers) + probes, "-E", "-P")
    for match in re.finditer(r'^"value of (\w+)"(.*)$', text, re.MULTILINE):
        macros[match[1]] = re.sub(r"[\s()]", "", match[2])
    return macros
