"""The backends that the contract is run on, and why one may be missing here."""

from __future__ import annotations

import importlib.util
import os
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


def make_backend(candidate: Candidate) -> Renderer:
    """The backend; without what it needs the test is skipped, or fails where a GPU is demanded."""
    reason = missing(candidate)
    if reason is not None:
        if candidate.gpu and os.environ.get("HEATVID_REQUIRE_GPU") == "1":
            pytest.fail(f"{candidate.name}: {reason}, and HEATVID_REQUIRE_GPU=1")
        pytest.skip(f"{candidate.name}: {reason}")
    if candidate.built:
        return CudaBackend(make_cupy(World()))
    return choose(candidate.name).backend
