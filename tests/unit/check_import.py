#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Check that importing a module of pyverbs does nothing but that.

check_import.py BUILD: each module is imported by a fork of its own, which then has
the files, the variables, the threads, the signal handlers and the loggers that it had
before, has opened only modules, and has loaded only what these are linked to.
"""

import glob
import os
import subprocess
import sys

PROGRAM = r"""
import importlib, logging, os, re, signal, sys, threading, warnings

def mapped():
    with open('/proc/self/maps', encoding='utf-8') as f:
        return {line.split()[-1] for line in f if '.so' in line}

def state():
    root = logging.getLogger()
    return {
        'files': {n: os.readlink(f'/proc/self/fd/{n}')
                  for n in os.listdir('/proc/self/fd')
                  if os.path.lexists(f'/proc/self/fd/{n}')},
        'environment': dict(os.environ),
        'threads': len(os.listdir('/proc/self/task')),
        'signals': [signal.getsignal(n) for n in signal.valid_signals()],
        'loggers': (root.level, list(root.handlers), list(logging.root.filters)),
        'warnings': list(warnings.filters),
        'folder': os.getcwd(),
        'umask': os.umask(os.umask(0o22)),
        'hooks': (sys.excepthook, sys.displayhook),
        'path': list(sys.path),
    }

# What the standard library loads by itself is not ours.
import ctypes, enum, inspect, ipaddress, itertools, typing, weakref
watched, opened = False, []

def watch(event, args):
    if not watched:
        return
    if event == 'open' and not re.search(r'\.(py|pyc|so)$', str(args[0])):
        opened.append(f'{event} {args[0]}')
    elif event.startswith(('socket.', 'subprocess.', 'os.fork', 'os.putenv',
                           'os.mkdir', 'os.remove', 'os.rename')):
        opened.append(f'{event} {args}')

def check(module):
    global watched
    before, libraries = state(), mapped()
    watched = True
    importlib.import_module(module)
    watched = False
    after = state()
    for name in before:
        if before[name] != after[name]:
            print(f'{module}: {name}: {before[name]} -> {after[name]}')
    for what in opened:
        print(f'{module}: {what}')
    print(f'{module}: libraries:', *sorted(mapped() - libraries), flush=True)

sys.addaudithook(watch)
for module in sys.argv[1:]:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            check(module)
            status = 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    if os.waitpid(pid, 0)[1]:
        print(f'{module}: not imported', flush=True)
"""


def modules(package):
    """The names of all modules, and the file of each."""
    top = os.path.dirname(package)
    for path in sorted(glob.glob(f"{package}/**/*", recursive=True)):
        name, _, suffix = os.path.basename(path).partition(".")
        if suffix == "py" or suffix.endswith("so"):
            parts = os.path.relpath(os.path.dirname(path), top).split(os.sep)
            yield ".".join(parts + [name] * (name != "__init__")), path


def linked(paths, environment):
    """The files that shared objects are linked to, directly or by others."""
    done = subprocess.run(["ldd", *paths], env=environment, text=True, check=True,
                          stdout=subprocess.PIPE)
    return {os.path.realpath(word) for word in done.stdout.split()
            if word.startswith("/") and not word.endswith(":")}


def import_all(names, environment):
    """What changed, in lines, and which modules loaded what."""
    done = subprocess.run([sys.executable, "-B", "-c", PROGRAM, *names],
                          env=environment, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    lines, libraries = [], {}
    for line in done.stdout.splitlines():
        module, _, loaded = line.partition(": libraries:")
        if _:
            libraries[module] = {os.path.realpath(path) for path in loaded.split()}
        else:
            lines.append(line)
    return lines, libraries


def main():
    build = os.path.abspath(sys.argv[1])
    package = os.path.join(build, "python", "pyverbs")
    environment = dict(os.environ, LD_LIBRARY_PATH=f"{build}/lib",
                       PYTHONPATH=f"{build}/python")
    files = dict(modules(package))
    if len(files) < 20:
        sys.exit(f"{len(files)} modules in {package}")
    ours = [path for path in files.values() if path.endswith(".so")]
    allowed = linked(ours, environment) | set(map(os.path.realpath, ours))
    lines, libraries = import_all(files, environment)
    lines += [f"{module}: not imported" for module in files.keys() - libraries]
    lines += [f"{module}: loads {path}" for module, paths in libraries.items()
              for path in paths - allowed if "/lib-dynload/" not in path]
    print(*lines, sep="\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
