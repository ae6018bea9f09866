"""What a kernel is before it is compiled: a function, and how its arguments travel."""

from __future__ import annotations

from types import FunctionType, ModuleType
from typing import Any

import numpy as np

Types = tuple[Any, ...]  # of a call: its dtypes, then dtype and dimensions of each of its arrays


class Definition:
    """A function whose annotations say how its arguments travel.

    An int, bool or float travels as 64 bits, an array (in C order) as it is; a dtype is part of
    what is compiled. Functions that only kernels call may take anything that numba knows.

    Parameters
    ----------
    function : callable
        It returns None, or a whole number that is not negative.

    Attributes
    ----------
    function : callable
    kinds : tuple of str
        Of its parameters: "int", "bool", "float", "dtype" or "array".
    """

    def __init__(self, function: FunctionType) -> None:
        self.function = function
        told = [kind for name, kind in function.__annotations__.items() if name != "return"]
        self.kinds = tuple(_kind(annotation) for annotation in told)

    def __repr__(self) -> str:
        return f"{self.function.__module__.rpartition('.')[2]}.{self.function.__name__}"

    def fingerprint(self) -> tuple[Any, ...]:
        """All that its machine code depends on beside types: instructions, constants, callees."""
        code, known = self.function.__code__, self.function.__globals__
        used = [(name, _fingerprint(known[name])) for name in code.co_names if name in known]
        return code.co_code, code.co_consts, code.co_names, code.co_varnames, self.kinds, used


def _kind(annotation: str) -> str:
    if annotation in ("int", "bool", "float"):
        return annotation
    return "dtype" if annotation == "np.dtype[Any]" else "array"


def _fingerprint(value: Any) -> Any:
    """What tells a global value of a kernel from another."""
    if isinstance(value, Definition):
        return value.fingerprint()
    if isinstance(value, ModuleType | FunctionType):
        return value.__name__
    assert isinstance(value, int | float | np.generic | tuple), f"{value = }"
    return value
