"""Kernels: functions compiled by numba for the types of their calls, once for a machine.

What numba makes of them is kept on disk, and later processes run it without numba, whose import
and start take 60 MB and the better part of the time until the first frame.
"""

from __future__ import annotations

import ctypes
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from heatvid.backends._numba.jit import cache, linking
from heatvid.backends._numba.jit.definition import Definition, Types

_ENTRY = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_char_p)  # called without the interpreter's lock
_COMPILING = threading.Lock()
_thread = threading.local()


class NotKeptError(Exception):
    """A kernel would have to be compiled."""


@contextmanager
def only_kept() -> Iterator[None]:
    """Load kernels that have been kept, and compile none, in this thread.

    Raises
    ------
    NotKeptError
        One has not been kept.
    """
    _thread.only_kept = True
    try:
        yield
    finally:
        _thread.only_kept = False


class Kernel(Definition):
    """A function that is compiled for the types of each call; any threads may call it at once.

    No arithmetic is reordered or fused.
    """

    def __init__(self, function: FunctionType) -> None:
        super().__init__(function)
        self._arrays = [i for i, kind in enumerate(self.kinds) if kind == "array"]
        self._dtypes = [i for i, kind in enumerate(self.kinds) if kind == "dtype"]
        words = ["d" if kind == "float" else "q" for kind in self.kinds if kind != "dtype"]
        self._pack = struct.Struct("=" + "".join(words)).pack
        self._entries: dict[Types, Callable[[bytes], int]] = {}

    def __call__(self, *given: Any) -> int:
        """Run it; what it returns, 0 for None. An array that is not in C order is a ValueError."""
        words, types = list(given), [given[i] for i in self._dtypes]
        for i in self._arrays:
            array = given[i]
            types += (array.dtype, array.ndim)
            words[i] = id(array)  # where NumPy's struct lies as long as the array lives
        for i in reversed(self._dtypes):
            del words[i]
        key = tuple(types)
        entry = self._entries.get(key) or self._entry(key)
        result = entry(self._pack(*words))
        if result < 0:
            raise ValueError(f"{self}: argument {-1 - result} is not in C order")
        return result

    def _entry(self, types: Types) -> Callable[[bytes], int]:
        """Load what has been compiled for these types, or compile it."""
        with _COMPILING:
            if types not in self._entries:
                name = cache.name_of(f"{self}", (self.fingerprint(), types))
                code = cache.kept(name)
                if code is None and getattr(_thread, "only_kept", False):
                    raise NotKeptError(name)
                if code is None:
                    from heatvid.backends._numba.jit.compiler import compile_kernel

                    code = compile_kernel(self, types)
                    cache.keep(name, code)
                self._entries[types] = _ENTRY(linking.link(code))
            return self._entries[types]


def kernel(function: Callable[..., Any]) -> Any:
    """Make a function a :class:`Kernel`."""
    assert isinstance(function, FunctionType)
    return Kernel(function)
