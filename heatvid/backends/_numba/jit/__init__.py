"""How kernels are compiled, kept on disk and called; and what they are written with."""

from heatvid.backends._numba.jit.kernel import Kernel, kernel
from heatvid.backends._numba.jit.primitives import array_at, bitcast, load, pread

__all__ = ["Kernel", "array_at", "bitcast", "kernel", "load", "pread"]
