"""The contract runs on every backend that this machine has, and says which it has not."""

from __future__ import annotations

import numpy as np
import pytest

from heatvid.backends import Renderer
from heatvid.backends._cuda.kernels import FusedKernels
from tests.support.backends import (
    CANDIDATES,
    Backends,
    Candidate,
    make_backend,
    missing,
    tell_what_is_missing,
)
from tests.support.contract import INFERNAL, check
from tests.support.cuda import needs_compiler
from tests.support.oracle import Picture

HERE = [each for each in CANDIDATES if missing(each) is None]


def test_all_backends_are_here() -> None:
    tell_what_is_missing(CANDIDATES)


def test_what_is_missing_is_told_and_fails_where_a_gpu_is_demanded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpu, other = Candidate("cuda", "no_such_package", gpu=True), Candidate("numba", "nor_this")
    monkeypatch.delenv("HEATVID_REQUIRE_GPU", raising=False)
    with pytest.raises(
        pytest.skip.Exception, match="cuda: no_such_package is not installed; numba"
    ):
        tell_what_is_missing([Candidate("numpy"), gpu, other])
    monkeypatch.setenv("HEATVID_REQUIRE_GPU", "1")
    with pytest.raises(pytest.fail.Exception, match="HEATVID_REQUIRE_GPU=1, and cuda: no_such"):
        tell_what_is_missing([gpu])
    with pytest.raises(pytest.skip.Exception, match="numba: nor_this is not installed"):
        tell_what_is_missing([other])


def test_a_failure_names_its_backend() -> None:
    def fail(backend: Renderer) -> None:
        raise ValueError(f"{backend.name} was here")

    with pytest.raises(AssertionError, match=r"^numpy: numpy was here$"):
        Backends(["numpy"]).each(fail)


@needs_compiler
def test_cuda_on_the_host_renders_by_its_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FusedKernels, "launch", lambda *given: None)
    picture, frames = Picture("rgb24", 2, 2), np.zeros((1, 2, 2), np.uint8)
    with pytest.raises(AssertionError, match=r"^cuda on the host: \s*Arrays are not equal"):
        check(Backends(["cuda on the host"]), picture, INFERNAL, frames, (0.0, 1.0))


@pytest.mark.parametrize("candidate", HERE, ids=lambda candidate: candidate.name)
def test_a_backend_that_is_asked_for_is_the_one_that_comes(candidate: Candidate) -> None:
    assert candidate.name.startswith(make_backend(candidate).name)
