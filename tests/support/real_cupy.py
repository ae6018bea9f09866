"""The real CuPy on a machine without a driver: what it takes, and what NVRTC makes in it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

_Parameter = inspect.Parameter


def signature_of(function: Any) -> inspect.Signature | None:
    """What a function can be called with; of compiled ones as their docstring begins.

    ``get(intptr_t ptr, int kind=-1) -> int`` is how Cython writes it. None where neither tells.
    """
    told = re.match(r"[\w.]+\((.*?)\)(?: ->.*)?(?:\n|$)", function.__doc__ or "")
    try:
        return inspect.signature(function)
    except (ValueError, TypeError):
        return None if told is None else _parsed(told[1])


def _parsed(text: str) -> inspect.Signature:
    kind: Any = _Parameter.POSITIONAL_OR_KEYWORD
    parameters = []
    for part in filter(None, text.split(", ")):
        name, has_default, default = part.partition("=")
        stars, name = re.match(r"(\**)(?:.*[ *])?(\w*)$", name.strip()).groups()  # type: ignore[union-attr]  # fits all
        if stars == "*" or stars == "**":
            if name:
                own = _Parameter.VAR_POSITIONAL if stars == "*" else _Parameter.VAR_KEYWORD
                parameters.append(_Parameter(name, own))
            kind = _Parameter.KEYWORD_ONLY
        else:
            given = {"default": default} if has_default else {}
            parameters.append(_Parameter(name, kind, **given))
    return inspect.Signature(parameters)


def has_member(kind: type, name: str) -> bool:
    """Whether instances have an attribute; those set at construction stand in the docstring."""
    told = re.search(rf"^\s*(?:~\w+\.)?{name} \(", kind.__doc__ or "", re.MULTILINE)
    return hasattr(kind, name) or told is not None


def resolved(cupy: Any, path: str) -> Any:
    """What a dotted name stands for."""
    found = cupy
    for part in path.split("."):
        found = getattr(found, part)
    return found


@contextmanager
def without_a_device(arch: int) -> Iterator[Any]:
    """CuPy's compiler for an architecture; gives as much of CuPy as source is compiled with.

    All that is replaced is what asks the driver: for the device's number and architecture, and to
    load a binary. ``RawModule`` gives the binary itself.
    """
    import cupy  # a test without it is skipped
    from cupy._core import raw
    from cupy.cuda import compiler, function

    loaded: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        for module, name in (
            (compiler, "_get_arch_for_options_for_nvrtc"), (raw, "_get_raw_module"),
        ):  # fmt: skip
            patch.setattr(module, name, getattr(module, name).__wrapped__)
        patch.setattr(compiler, "_get_arch", lambda: str(arch))
        own = type("Module", (function.Module,), {"load": lambda self, made: loaded.append(made)})
        patch.setattr(function, "Module", own)
        cuda = SimpleNamespace(
            Device=lambda: SimpleNamespace(compute_capability=str(arch)),
            nvrtc=cupy.cuda.nvrtc, compiler=compiler,
        )  # fmt: skip
        yield SimpleNamespace(
            cuda=cuda, RawModule=lambda *, path: Path(path).read_bytes(), loaded=loaded
        )
