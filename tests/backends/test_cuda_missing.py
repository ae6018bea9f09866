"""What the CUDA backend lacks is said in one line; which device it takes, and where kernels go."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._errors import OptionError
from heatvid.backends import choose
from heatvid.backends._cuda import device as _cuda_device
from heatvid.cli import main
from tests.support.cuda import forget, needs_compiler
from tests.support.standin_cupy import CUDARuntimeError, World
from tests.support.videos import encoded, numbered

pytestmark = needs_compiler
EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast"}


def fails(error: Exception) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise error

    return fail


def _no_driver(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_cuda_device, "driver_version", lambda: None)


def _no_cupy(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_cuda_device, "find_spec", lambda name: None)


def _no_cupy_13(world: World, patch: pytest.MonkeyPatch) -> None:
    world.driver = 13_000
    _no_cupy(world, patch)


def _hidden(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("CUDA_VISIBLE_DEVICES", "")


def _broken(world: World, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_cuda_device, "import_cupy", fails(ImportError("libcudart:\n===\nnot found")))


def _old_driver(world: World, patch: pytest.MonkeyPatch) -> None:
    world.driver, world.runtime = 11_040, 12_090


def _no_device(world: World, patch: pytest.MonkeyPatch) -> None:
    world.faults["count"] = fails(CUDARuntimeError(100, "cudaErrorNoDevice: no CUDA-capable"))


def _none(world: World, patch: pytest.MonkeyPatch) -> None:
    world.devices = 0


def _forked(world: World, patch: pytest.MonkeyPatch) -> None:
    world.faults["count"] = fails(CUDARuntimeError(3, "cudaErrorInitializationError: error"))


def _old_gpu(world: World, patch: pytest.MonkeyPatch) -> None:
    world.capability = (6, 1)


def _too_old_for_13(world: World, patch: pytest.MonkeyPatch) -> None:
    world.capability, world.runtime, world.driver = (7, 0), 13_000, 13_000


def _no_nvrtc(world: World, patch: pytest.MonkeyPatch) -> None:
    world.faults["nvrtc"] = fails(RuntimeError('Failure finding "libnvrtc.so.12"'))


LACKING = [
    (_no_driver, r'no NVIDIA driver.* pip install "heatvid\[cuda12\]"'),
    (_no_cupy, r'CuPy is not installed; pip install "heatvid\[cuda12\]"'),
    (_no_cupy_13, r'CuPy is not installed; pip install "heatvid\[cuda13\]"'),
    (_hidden, "CUDA_VISIBLE_DEVICES hides every GPU"),
    (_broken, r"cannot be imported \(libcudart: not found\); pip install"),
    (_old_driver, r"driver is for CUDA 11\.4, and this CuPy for 12\.9; update the driver"),
    (_no_device, "finds no device .cudaErrorNoDevice"),
    (_none, "finds no device"),
    (_forked, "use the start method 'spawn'"),
    (_old_gpu, r"Stand-in, 6\.1, .*allowed are GPUs of compute capability 7\.0"),
    (_too_old_for_13, r'7\.0, .*capability 7\.5 or newer; pip install "heatvid\[cuda12\]"'),
    (_no_nvrtc, r'libraries cannot be loaded .*libnvrtc.*; pip install "heatvid\[cuda12\]"'),
]


@pytest.mark.parametrize(("lack", "words"), LACKING, ids=lambda part: getattr(part, "__name__", ""))
def test_what_is_missing_is_said_in_one_line_and_auto_goes_on(
    lack: Any, words: str, cupy: Any, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    lack(world, monkeypatch)
    with pytest.raises(OptionError, match=f"backend: got 'cuda', but .*{words}") as error:
        choose("cuda")
    assert "\n" not in str(error.value)
    with pytest.raises(
        OptionError, match=f"device: got 0, allowed where CUDA works, but .*{words}"
    ):
        choose("auto", 0)
    chosen = choose("auto")
    assert chosen.backend.name != "cuda"
    what = str(error.value).split(", but ")[1].split("; ")[0]
    assert f"no cuda: {what}; " in chosen.reason


def test_cupy_is_not_imported_where_there_is_no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_cuda_device, "driver_version", lambda: None)
    monkeypatch.setattr(_cuda_device, "import_cupy", fails(AssertionError("imported")))
    forget()
    assert choose("auto").backend.name != "cuda"
    forget()


def test_a_driver_is_asked_without_being_initialised() -> None:
    assert _cuda_device.driver_version() is None or _cuda_device.driver_version() > 9000


@pytest.fixture
def home(cupy: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where CuPy, which is not imported yet, would keep its kernels."""
    path = tmp_path / "home"
    monkeypatch.setenv("HOME", str(path))
    monkeypatch.setenv("CUPY_CACHE_DIR", "own")
    monkeypatch.delitem(sys.modules, "cupy")
    monkeypatch.setattr(_cuda_device.importlib, "import_module", lambda name: cupy)
    return path


def test_compiled_kernels_are_kept_where_they_may_be(
    home: Path, cupy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _cuda_device.import_cupy() is cupy
    assert os.environ["CUPY_CACHE_DIR"] == "own"
    monkeypatch.delenv("CUPY_CACHE_DIR")
    _cuda_device.import_cupy()
    assert "CUPY_CACHE_DIR" not in os.environ


def test_compiled_kernels_are_kept_elsewhere_where_home_cannot_be_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.write_text("a file")
    monkeypatch.delenv("CUPY_CACHE_DIR")
    _cuda_device.import_cupy()
    assert os.access(os.environ["CUPY_CACHE_DIR"], os.W_OK)


# --- several devices ------------------------------------------------------------------------------


def test_a_device_is_chosen_by_its_number(cupy: Any, world: World, tmp_path: Path) -> None:
    world.devices = 2
    heatvid.render(numbered(), tmp_path / "n.mp4", backend="numpy", **EXACT)
    for number in (0, 1):
        backend = choose("auto", number).backend
        assert backend.home.device == number  # type: ignore[attr-defined]
        heatvid.render(
            numbered(), tmp_path / "o.mp4", device=number, backend="cuda", overwrite=True, **EXACT
        )
        assert encoded(tmp_path / "o.mp4") == encoded(tmp_path / "n.mp4")
    np.save(tmp_path / "f.npy", numbered())
    command = ["render", str(tmp_path / "f.npy"), "-o", str(tmp_path / "o.mp4"), "-q"]
    assert main([*command, "--overwrite", "--lossless", "--device", "1"]) == 0
    allowed = r"device: got 2; allowed are 0 \(Stand-in, 8\.0, 8 GiB\); 1 \("
    with pytest.raises(OptionError, match=allowed):
        heatvid.render(numbered(), tmp_path / "p.mp4", device=2)
    with pytest.raises(OptionError, match="device: got 0 with backend='numpy'; allowed is"):
        heatvid.render(numbered(), tmp_path / "p.mp4", device=0, backend="numpy")


def test_doctor_shows_devices_driver_and_cupy(
    cupy: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = _cuda_device.diagnose()
    assert rows == {
        "CUDA driver": "for CUDA 12.8", "CuPy": "stand-in, CUDA 12.9",
        "GPUs": "0 (Stand-in, 8.0, 8 GiB)",
    }  # fmt: skip
    main(["doctor"])
    out = capsys.readouterr().out
    assert "0 (Stand-in, 8.0, 8 GiB)" in out
    assert "cuda: the fastest that works here" in out
