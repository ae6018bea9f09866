"""Compiles a kernel for the types of a call to object code, with numba.

Nothing else imports numba, and nothing imports this where all that is needed has been kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
from llvmlite.binding import address_of_symbol, parse_assembly
from numba import carray, cfunc, njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from heatvid.backends._numba.jit import primitives
from heatvid.backends._numba.jit.definition import Definition, Types
from heatvid.backends._numba.jit.linking import ObjectCode, target

# NumPy's struct of an array: the interpreter's head, then data, number of dimensions, shape,
# strides, base, dtype and flags, each in a word of its own.
_DATA, _SHAPE, _FLAGS = (object.__basicsize__ + 8 * word for word in (0, 2, 6))
_SETTINGS = {"error_model": "numpy"}  # nothing raises
_IN_C_ORDER = 0x0001 | 0x0100  # values beside each other, and aligned

# What numba calls and names where a kernel raises, which none does: kept code has to do without.
_RAISING = r"(?:_?Py|NRT_|numba_gil_|numba_do_raise|numba_unpickle|numba_runtime_)\w*"
_CALLED = re.compile(rf"^declare ([^@\n]*@{_RAISING}\([^\n]*\))[^\n]*$", re.MULTILINE)
_TRAP = "{\\n  call void @llvm.trap()\\n  unreachable\\n}"
_NAMED = re.compile(rf"^(@{_RAISING} =) external global ([^,\n]*)[^\n]*$", re.MULTILINE)
_ELSEWHERE = re.compile(r"^declare [^@\n]*@(?!llvm\.)\"?([\w.]+)", re.MULTILINE)


def compile_kernel(kernel: Definition, types_of_call: Types) -> ObjectCode:
    """Compile a kernel; its function takes the address of the words of a call."""
    signature = types.int64(types.CPointer(types.int64))
    entry = cfunc(signature, **_SETTINGS)(_entry_of(kernel, types_of_call))
    code = _CALLED.sub(rf"define internal \1 {_TRAP}", entry.inspect_llvm())
    code = _NAMED.sub(r"\1 internal global \2 zeroinitializer", code)
    if "declare void @llvm.trap()" not in code:
        code += "\ndeclare void @llvm.trap()\n"
    for name in _ELSEWHERE.findall(code):  # of C's library
        if name.startswith("numba_") or address_of_symbol(name) is None:
            raise RuntimeError(f"{kernel} needs {name} of this version of numba")
    return ObjectCode(entry.native_name, target().emit_object(parse_assembly(code)))


def _entry_of(kernel: Definition, types_of_call: Types) -> FunctionType:
    """Write the function that takes a call's words apart, and calls the kernel.

    It gives what the kernel returns, or -1 - i where the array of argument i is not in C order.
    """
    known: dict[str, Any] = {"kernel": _native(kernel), "bitcast": _bitcast, "np": np}
    known["in_order"] = _in_order
    checks, given, word = [], [], 0
    told = iter(types_of_call)
    dtypes = {i: next(told) for i, kind in enumerate(kernel.kinds) if kind == "dtype"}
    for i, kind in enumerate(kernel.kinds):
        if kind == "dtype":
            known[f"dtype_{i}"] = dtypes[i]
            given.append(f"dtype_{i}")
            continue
        argument = f"words[{word}]"
        if kind == "array":
            known[f"dtype_{i}"] = next(told)
            known[f"array_{i}"] = _ARRAYS[next(told)]
            checks.append(f"    if not in_order({argument}):\n        return {-1 - i}\n")
            argument = f"array_{i}({argument}, dtype_{i})"
        elif kind == "float":
            argument = f"bitcast({argument}, np.float64)"
        elif kind == "bool":
            argument = f"{argument} != 0"
        given.append(argument)
        word += 1
    call = f"kernel({', '.join(given)})"
    returns = kernel.function.__annotations__["return"] != "None"
    last = f"    return np.int64({call})\n" if returns else f"    {call}\n    return 0\n"
    exec("def entry(words):\n" + "".join(checks) + last, known)
    entry: FunctionType = known["entry"]
    return entry


@cache
def _native(kernel: Definition) -> Any:
    """A kernel for numba, which finds numba's own in the place of kernels and primitives."""
    function = kernel.function
    known = dict(function.__globals__)
    for name in function.__code__.co_names:
        value = known.get(name)
        if isinstance(value, Definition):
            known[name] = _native(value)
        elif isinstance(value, FunctionType):
            known[name] = _PRIMITIVES[value]
    return njit(**_SETTINGS)(FunctionType(function.__code__, known, function.__name__))


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def _pointer(context: Any, address: Any) -> Any:
    """Memory at an address, for ``carray``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(types.int64), generate


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def _load(context: Any, address: Any, dtype: Any) -> Any:
    kind = dtype.dtype

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.inttoptr(arguments[0], context.get_data_type(kind).as_pointer())
        return builder.load(place, align=1)

    return kind(types.int64, dtype), generate


@intrinsic  # type: ignore[untyped-decorator]  # numba has no types
def _bitcast(context: Any, value: Any, dtype: Any) -> Any:
    kind = dtype.dtype

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], context.get_value_type(kind))

    return kind(value, dtype), generate


@njit  # type: ignore[untyped-decorator]  # numba has no types
def _array_at(address: Any, shape: Any, dtype: Any) -> Any:
    return carray(_pointer(address), shape, dtype)


@njit  # type: ignore[untyped-decorator]  # numba has no types
def _in_order(array: Any) -> Any:
    """Whether the array whose struct lies at an address is in C order."""
    return (_load(array + _FLAGS, np.int32) & _IN_C_ORDER) == _IN_C_ORDER


@njit  # type: ignore[untyped-decorator]  # numba has no types
def _length(array: Any, axis: Any) -> Any:
    return _load(_load(array + _SHAPE, np.int64) + 8 * axis, np.int64)


@njit  # type: ignore[untyped-decorator]  # numba has no types
def _array_1d(array: Any, dtype: Any) -> Any:
    return _array_at(_load(array + _DATA, np.int64), _length(array, 0), dtype)


@njit  # type: ignore[untyped-decorator]  # numba has no types
def _array_2d(array: Any, dtype: Any) -> Any:
    shape = (_length(array, 0), _length(array, 1))
    return _array_at(_load(array + _DATA, np.int64), shape, dtype)


@njit  # type: ignore[untyped-decorator]  # numba has no types
def _array_3d(array: Any, dtype: Any) -> Any:
    shape = (_length(array, 0), _length(array, 1), _length(array, 2))
    return _array_at(_load(array + _DATA, np.int64), shape, dtype)


_pread_of_c = types.ExternalFunction(
    "pread", types.int64(types.int32, types.voidptr, types.uintp, types.int64)
)


@njit  # type: ignore[untyped-decorator]  # numba has no types
def _pread(file: Any, address: Any, size: Any, begin: Any) -> Any:
    return _pread_of_c(np.int32(file), _pointer(address), np.uint64(size), begin)


_ARRAYS: dict[int, Callable[..., Any]] = {1: _array_1d, 2: _array_2d, 3: _array_3d}
_PRIMITIVES: dict[Any, Any] = {
    primitives.array_at: _array_at,
    primitives.load: _load,
    primitives.bitcast: _bitcast,
    primitives.pread: _pread,
}
