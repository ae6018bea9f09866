"""The backends that the contract is run on, and why one may be missing here."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from heatvid.backends import Renderer, choose
from heatvid.backends._cuda.backend import CudaBackend
from tests.support.host_build import compiler
from tests.support.standin_cupy import World, make_cupy


@dataclass(frozen=True)
class Candidate:
    """A backend, the package it needs, whether it needs a GPU, and whether a C++ compiler."""

    name: str
    package: str | None = None
    gpu: bool = False
    built: bool = False


# One row a backend. The CUDA kernels and the backend around them run twice: built for the host,
# over a stand-in for CuPy, and on a GPU.
CANDIDATES = [
    Candidate("numpy"),
    Candidate("numba", "numba"),
    Candidate("cuda on the host", built=True),
    Candidate("cuda", "cupy", gpu=True),
]


def missing(candidate: Candidate) -> str | None:
    """Why the candidate cannot run here; None where it can."""
    if candidate.package is not None and importlib.util.find_spec(candidate.package) is None:
        return f"{candidate.package} is not installed"
    if candidate.built and compiler() is None:
        return "no C++ compiler (g++ or clang++)"
    if candidate.gpu:
        cupy: Any = importlib.import_module("cupy")
        if not cupy.cuda.is_available():
            return "no GPU"
    return None


def tell_what_is_missing(candidates: Sequence[Candidate]) -> None:
    """Skip where candidates are missing here; fail where that is a GPU, and one is demanded."""
    reasons = {each: missing(each) for each in candidates}
    told = [f"{each.name}: {reason}" for each, reason in reasons.items() if reason is not None]
    if os.environ.get("HEATVID_REQUIRE_GPU") == "1" and any(
        reason is not None and each.gpu for each, reason in reasons.items()
    ):
        pytest.fail(f"HEATVID_REQUIRE_GPU=1, and {'; '.join(told)}")
    if told:
        pytest.skip("; ".join(told))


def make_backend(candidate: Candidate) -> Renderer:
    """A backend that is not missing."""
    if candidate.built:
        return CudaBackend(make_cupy(World()))
    return choose(candidate.name).backend


class Backends:
    """All backends of those named that are not missing here, each to meet the same expectation."""

    def __init__(self, names: Sequence[str]) -> None:
        self._made = {
            each.name: make_backend(each)
            for each in CANDIDATES
            if each.name in names and missing(each) is None
        }
        assert self._made, f"{names = }: none of them can run here"

    def each(self, compare: Callable[[Renderer], object]) -> None:
        """Let each of them pass ``compare``; the failure of one names it."""
        for name, backend in self._made.items():
            try:
                compare(backend)
            except Exception as failure:
                raise AssertionError(f"{name}: {failure}") from failure

    def close(self) -> None:
        for backend in self._made.values():
            backend.close()
