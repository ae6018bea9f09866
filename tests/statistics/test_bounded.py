"""Statistics take bounded memory, whatever is made of the frames."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._statistics.passes import BATCH_BYTES
from heatvid.sources import open_source

FEW_BYTES = 6 << 20


def peak_bytes(function: Any) -> int:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def many_channels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """400 MiB of which a reduced frame is 1/100; no disk is written."""
    path = tmp_path_factory.mktemp("bounded") / "channels.npy"
    data = np.lib.format.open_memmap(path, "w+", np.float32, (64, 128, 128, 100))
    data[:, :, :, 0] = 1
    del data
    return path


@pytest.mark.parametrize(
    "options",
    [
        {"channel": "max"},
        {"channel": "mean"},
        {"channel": "norm"},
        {"channel": "grid"},
        {"channel": "max", "smooth": 1},
        {"channel": "grid", "norm": "log"},
    ],
    ids=str,
)
def test_limits_of_channels_read_no_more_than_a_batch_at_once(
    options: dict[str, Any], many_channels: Path
) -> None:
    peak = peak_bytes(
        lambda: heatvid.measure(many_channels, layout="THWC", progress=False, **options)
    )
    assert peak < 1.7 * BATCH_BYTES, f"{peak / 2**20:.0f} MiB"


def test_batches_are_no_longer_than_the_sequence(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros((1, 512, 512), np.float32))
    with open_source(tmp_path / "one.npy") as source:
        assert peak_bytes(lambda: list(source.batches(100))) < FEW_BYTES


def test_rendering_one_of_many_channels_reads_no_more_than_batches_at_once(
    many_channels: Path, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"layout": "THWC", "channel": 3, "vmin": 0, "vmax": 1, "threads": 1}
    options |= {"backend": "numpy", "preset": "ultrafast", "progress": False}
    peak = peak_bytes(lambda: heatvid.render(many_channels, tmp_path / "x.mp4", **options))
    assert peak < 6 * (16 << 20), f"{peak / 2**20:.0f} MiB"  # three slots, and what is around them
