"""What kernels are written with beside Python and NumPy.

In Python they are names alone; the compiler says what they are in machine code.
"""

from __future__ import annotations

from typing import Any


def array_at(address: int, shape: Any, dtype: Any) -> Any:
    """The memory at an address as an array in C order; ``shape`` is a number, or a tuple."""
    raise NotImplementedError


def load(address: int, dtype: Any) -> Any:
    """One value of a dtype at an address, which need not be aligned."""
    raise NotImplementedError


def bitcast(value: Any, dtype: Any) -> Any:
    """The bits of a number as a number of another dtype of the same size."""
    raise NotImplementedError


def pread(file: int, address: int, size: int, begin: int) -> Any:
    """POSIX's: read from a place in a file to an address; how many bytes, or -1."""
    raise NotImplementedError
