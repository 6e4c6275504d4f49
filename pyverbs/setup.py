# SPDX-License-Identifier: GPL-2.0 OR Linux-OpenIB
# Copyright (c) 2026 the rdma-dmabuf authors
"""Build pyverbs against the libibverbs that pkg-config finds.

`pip install .` here, or of the sdist that `python3 setup.py sdist` makes. The
sources of the dma-buf exporters are the project's; an sdist has copies of them.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import sysconfig

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

import gen_enums

# In the project, and in an sdist.
EXPORTERS = ('../libibverbs/examples/dmabuf_{cuda,drm,error,exporter,gem,gpu,hip,kinds,spec}.[ch]',
             '../libibverbs/examples/drm_{dumb,gem}.h',
             '../tests/softhca/softhca_testbuf.h')
COPIES = 'exporters'
# Modules of what is not installed are left out.
OPTIONAL = {'libefa', 'libmlx5', 'librdmacm'}
# Calls that older libraries lack.
NEWER = {'newer_efa', 'newer_verbs'}


def expand(pattern):
    """The files that a pattern with one {...} names."""
    match = re.match(r'(.*)\{(.*)\}(.*)', pattern)
    if not match:
        return glob.glob(pattern)
    head, names, tail = match.groups()
    return [path for name in names.split(',')
            for path in sorted(glob.glob(head + name + tail))]


def exporter_files():
    if os.path.isdir(COPIES):
        return sorted(glob.glob(f'{COPIES}/*'))
    return [path for pattern in EXPORTERS for path in expand(pattern)]


def pkg_config(package, *options):
    done = subprocess.run(['pkg-config', *options, package], text=True,
                          stdout=subprocess.PIPE, check=False)
    if done.returncode:
        sys.exit(f'pkg-config finds no {package}: set PKG_CONFIG_PATH to where '
                 f'its file is')
    return done.stdout.split()


def flags(libraries):
    """What an extension that is linked to these packages is built with."""
    found = {'include_dirs': [], 'library_dirs': [], 'libraries': []}
    kinds = {'-I': 'include_dirs', '-L': 'library_dirs', '-l': 'libraries'}
    for library in libraries:
        for flag in pkg_config(library, '--cflags', '--libs'):
            if flag[:2] in kinds:
                found[kinds[flag[:2]]].append(flag[2:])
    return found


def has(package):
    return subprocess.run(['pkg-config', '--exists', package],
                          check=False).returncode == 0


def optional_packages(needs):
    """Of pkg-config's packages, those of them that may be missing."""
    return sorted({f'lib{need}' for need in needs} & OPTIONAL)


def read_modules():
    """Yield the name and the needs of each module that can be built here."""
    with open('modules.txt', encoding='ascii') as lines:
        for line in lines:
            if line.startswith('#') or not line.strip():
                continue
            name, *needs = line.split()
            if all(map(has, optional_packages(needs))):
                yield name, needs


def extension(name, needs):
    # Headers that others include come with those of verbs.
    options = flags(['libibverbs', *optional_packages(needs)])
    sources = [f'pyverbs/{name}.pyx']
    if 'dmabuf' in needs:
        files = exporter_files()
        sources += [path for path in files if path.endswith('.c')]
        options['include_dirs'] += {os.path.dirname(path) for path in files}
    for newer in NEWER & set(needs):
        sources.append(f'{newer}.c')
        options['include_dirs'].append(HERE)
        options['extra_compile_args'] = ['-fvisibility=hidden']
    if not needs:
        options = {}
    module = name.replace('/', '.')
    return Extension(f'pyverbs.{module}', sources,
                     define_macros=[('_GNU_SOURCE', None)], **options)


class BuildExt(build_ext):
    """Translates with Cython first, in a folder that has the package's name.

    The modules are many and small: all processors take part.
    """

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
        stage = os.path.join(self.build_temp, 'cython')
        self.translate(stage)
        super().run()

    def translate(self, stage):
        from Cython.Build import cythonize

        package = os.path.join(stage, 'pyverbs')
        shutil.rmtree(stage, ignore_errors=True)
        for path in (path for kind in ('pxd', 'pxi', 'pyx')
                     for path in [*glob.glob(f'*.{kind}'),
                                  *glob.glob(f'providers/**/*.{kind}',
                                             recursive=True)]):
            copy = os.path.join(package, path)
            os.makedirs(os.path.dirname(copy), exist_ok=True)
            shutil.copy(path, copy)
        self.write_enums(package)
        for ext in self.extensions:
            ext.sources[0] = os.path.join(stage, ext.sources[0])
            self.copy_sources(ext, os.path.join(stage, ext.name))
        cythonize(self.extensions, include_path=[stage], language_level=3,
                  nthreads=self.parallel,
                  compiler_directives={'embedsignature': True})
        for ext in self.extensions:
            ext.sources[0] = os.path.splitext(ext.sources[0])[0] + '.c'

    def copy_sources(self, ext, folder):
        """C that several modules are made with is compiled for each, and at the
        same time."""
        os.makedirs(folder)
        ext.sources[1:] = [shutil.copy(path, folder) for path in ext.sources[1:]]

    def write_enums(self, package):
        compiler = os.environ.get('CC', sysconfig.get_config_var('CC')).split()
        includes = flags(['libibverbs'])['include_dirs']
        stubs = os.path.join(self.build_lib, 'pyverbs')
        names = {ext.name.partition('.')[2].replace('.', '/')
                 for ext in self.extensions}
        for name in gen_enums.MODULES.keys() & names:
            os.makedirs(os.path.dirname(f'{stubs}/{name}'), exist_ok=True)
            gen_enums.generate(name, compiler, includes,
                               f'{package}/{name}.pyx', f'{stubs}/{name}.pyi')


class SDist(sdist):
    """Takes the exporters' sources along."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        copies = os.path.join(base_dir, COPIES)
        os.makedirs(copies, exist_ok=True)
        for path in exporter_files():
            shutil.copy(path, copies)


def version():
    with open('package/__version__.py', encoding='ascii') as f:
        return re.search(r"__version__ = '(.*)'", f.read()).group(1)


def main():
    os.chdir(HERE)
    setup(
        version=version(),
        packages=['pyverbs', 'pyverbs.providers', 'pyverbs.providers.efa',
                  'pyverbs.providers.mlx5'],
        package_dir={'pyverbs': 'package'},
        package_data={'': ['*.pyi', 'py.typed']},
        ext_modules=[extension(*module) for module in read_modules()],
        cmdclass={'build_ext': BuildExt, 'sdist': SDist},
    )


if __name__ == '__main__':
    main()
