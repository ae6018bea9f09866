"""Build CUDA source with the host's C++ compiler, and launch its kernels in host memory.

``host_cuda.h`` gives the source what CUDA would; it is not changed. The constants that it is
specialised by become variables, so that one library serves all plans of one value type. Libraries
are kept by the hash of what they are made of.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

HEADER = Path(__file__).with_name("host_cuda.h")
FLAGS = (
    "-std=c++17", "-O2", "-g0", "-fPIC", "-shared", "-ffp-contract=off", "-fno-strict-aliasing",
    "-Wall", "-Wextra", "-Werror", "-Wno-unknown-pragmas", "-Wno-sign-compare",
    "-Wno-unused-function", "-Wno-clobbered",
)  # fmt: skip
ONE_THREAD = (1, 1, 1)
SMALL_GRID = (2, 2, 2)  # kernels stride over the grid, so that any will do
TYPE = "HEAT_REAL"  # the one constant that is a type


def compiler() -> str | None:
    """The host's C++ compiler, or None."""
    return next(filter(None, map(shutil.which, ("g++", "clang++"))), None)


def enumerators(code: str) -> dict[str, int]:
    """Numbers of all names in the enums of C++ source."""
    bodies = re.findall(r"^enum \w+ \{([^}]*)\}", code, re.MULTILINE)
    return {name.strip(): i for body in bodies for i, name in enumerate(body.split(","))}


def kernels(code: str) -> list[str]:
    """Names of all kernels in CUDA source."""
    return re.findall(r'^extern "C" __global__ [^{;]*?(\w+)\(const ', code, re.MULTILINE)


@lru_cache(maxsize=8)
def _library(code: str, names: tuple[str, ...], real: str) -> ctypes.CDLL:
    """Compile and load, once for a value type."""
    program = compiler()
    assert program is not None, "no C++ compiler"
    defines = [f"#define {name} (heat_constants[{i}])" for i, name in enumerate(names)]
    launchers = [
        f"static void call_{name}(void **arguments) {{ host_call({name}, arguments); }}\n"
        f'extern "C" int launch_{name}(const int *constants, const unsigned *grid, '
        "const unsigned *block, unsigned shared_bytes, void **arguments) {\n"
        "    memcpy(heat_constants, constants, sizeof heat_constants);\n"
        f"    return host_launch(call_{name}, grid, block, shared_bytes, arguments);\n}}"
        for name in kernels(code)
    ]
    text = "\n".join([*defines, f"#define {TYPE} {real}", code, *launchers])
    header = HEADER.read_text("utf-8")
    key = hashlib.sha256("\0".join([text, header, program, *FLAGS]).encode()).hexdigest()[:24]
    folder = Path(tempfile.gettempdir()) / f"heatvid-host-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    library = folder / f"{key}.so"
    if not library.exists():
        with tempfile.TemporaryDirectory(dir=folder) as own:
            source, made = Path(own, "heat.cpp"), Path(own, "heat.so")
            source.write_text(text, "utf-8")
            command = [program, *FLAGS, "-include", str(HEADER), str(source), "-o", str(made)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr[:4000]
            made.replace(library)  # whole or not at all, whoever else builds it
    return ctypes.CDLL(str(library))


class HostModule:
    """What :class:`cupy.RawModule` is, in host memory.

    Parameters
    ----------
    code : str
        CUDA source.
    options : sequence of str
        Of the compiler; those of the form ``-DNAME=VALUE`` are the constants, where a value is a
        number or an enumerator of the source.
    whole_blocks : bool
        Whether to run the blocks that are asked for; else single threads.

    Attributes
    ----------
    barriers : int
        Barriers that threads came to in the last launch.
    """

    def __init__(
        self, code: str, options: Sequence[str] = (), *, whole_blocks: bool = False
    ) -> None:
        given = dict(option[2:].split("=") for option in options if option.startswith("-D"))
        real = given.pop(TYPE, "float")
        numbers = enumerators(code)
        values = [int(numbers.get(value, value)) for value in given.values()]
        self._constants = (ctypes.c_int * 64)(*values)
        self._library = _library(code, tuple(given), real)
        self.whole_blocks, self.barriers = whole_blocks, 0

    def get_function(self, name: str) -> Callable[..., None]:
        """A kernel that is called as ``function(grid, block, args, shared_mem=0)``."""
        launcher = getattr(self._library, f"launch_{name}")

        def launch(
            grid: tuple[int, ...],
            block: tuple[int, ...],
            args: Sequence[Any],
            *,
            shared_mem: int = 0,
        ) -> None:
            assert 0 <= shared_mem <= 48 << 10, f"{shared_mem = }"
            assert 0 < grid[0] < 1 << 31, f"{grid = }"
            assert all(0 < size <= 65_535 for size in grid[1:]), f"{grid = }"
            if not self.whole_blocks:
                grid, block = SMALL_GRID, ONE_THREAD
            values = [np.ascontiguousarray(value) for value in args]  # each is passed by value
            pointers = (ctypes.c_void_p * len(values))(*(value.ctypes.data for value in values))
            self.barriers = launcher(
                self._constants,
                (ctypes.c_uint * 3)(*grid),
                (ctypes.c_uint * 3)(*block),
                ctypes.c_uint(shared_mem),
                pointers,
            )

        return launch
