"""The numba backend reads rows of a dump as it renders them, where it can."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from tests.support.bands import BAND_ROWS, PICTURE, forget_warm_up, values
from tests.support.videos import ffmpeg

pytest.importorskip("numba")


@pytest.fixture
def rows_read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Who reads a part of a frame, a "kernel" or "Python", and its first row; of three bands."""
    from heatvid.backends._numba import paired, rows
    from heatvid.backends._numba.values import RowsRead

    parts: list[tuple[str, int]] = []
    band, read = RowsRead.band, paired.PairedPixels.read

    def in_python(self: RowsRead, top: int, bottom: int) -> Any:
        parts.append(("Python", top))
        return band(self, top, bottom)

    def in_kernel(self: paired.PairedPixels, frame: Any, top: int, *more: Any) -> int:
        done = read(self, frame, top, *more)
        if done:
            parts.append(("kernel", top))
        return done

    monkeypatch.setattr(RowsRead, "band", in_python)
    monkeypatch.setattr(paired.PairedPixels, "read", in_kernel)
    forget_warm_up(parts, monkeypatch)
    monkeypatch.setattr(paired, "READ_BYTES", 4 * 4 * PICTURE.width)
    for name in ("WIDE_BAND_PIXELS", "BAND_PIXELS"):
        monkeypatch.setattr(rows, name, BAND_ROWS * PICTURE.width)
    return parts


BY_BANDS = [("Python", 0), ("Python", 8), ("Python", 16)]


def decoded(dump: Path, backend: str, **options: Any) -> bytes:
    out = dump.with_name(f"{backend}.mkv")
    heatvid.render(dump, out, backend=backend, lossless=True, preset="ultrafast", **options)
    return ffmpeg("-i", out, "-f", "framemd5", "-")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"pix_fmt": "yuv420p"},
        {"pix_fmt": "gray16le"},
        {"pix_fmt": "yuv420p", "norm": "log", "vmin": 0.1, "vmax": 1},
        {"norm": "labels", "outlines": 1},
    ],
    ids=["rgb24", "yuv420p", "gray16le", "log", "outlines"],
)
@pytest.mark.parametrize("dtype", ["float32", "float16", "float64", "uint8", "int32", "bool"])
def test_rows_of_a_dump_are_read_as_they_are_rendered(
    dtype: str, options: dict[str, Any], rows_read: list[tuple[str, int]], tmp_path: Path
) -> None:
    frames = values(shape=(5, 24, 32)) * (1 if dtype[0] == "f" else 9)
    if dtype[0] == "f":
        frames[1, 20, 31] = np.nan
    looked_at = options.get("norm") == "labels"  # frame by frame, which takes whole ones
    np.save(tmp_path / "dump.npy", (np.rint(frames) if looked_at else frames).astype(dtype))
    dump = tmp_path / "dump.npy"
    got = decoded(dump, "numba", **options)
    by_kernels = [("Python", 20), *[("kernel", 0)] * 5]  # NaN is in the rows from 20 on
    paired = dtype == "float32" and options == {"pix_fmt": "yuv420p"}
    by_bands = [] if looked_at else sorted(BY_BANDS * 5)
    assert sorted(rows_read) == (by_kernels if paired else by_bands)
    assert got == decoded(dump, "numpy", **options)


@pytest.mark.parametrize("background", [None, "frames"])
@pytest.mark.parametrize("rows", [[0], [3], [4], [23], [1, 2, 15, 22], list(range(24))])
@pytest.mark.parametrize("bad", [np.nan, 7.0])
def test_values_that_are_no_bytes_are_seen_by_kernels_that_read(
    bad: float, rows: list[int], background: str | None, rows_read: list[Any], tmp_path: Path
) -> None:
    frames = values(shape=(3, 24, 32))
    frames[1, rows, 5] = bad
    np.save(tmp_path / "dump.npy", frames)
    dump, options = tmp_path / "dump.npy", {"pix_fmt": "yuv420p", "over": "white", "vmax": 1}
    if background is not None:
        options["background"] = np.random.default_rng(1).integers(0, 256, (3, 24, 32, 3), np.uint8)
    got = decoded(dump, "numba", vmin=0, **options)
    assert ("kernel", 0) in rows_read
    assert any(reader == "Python" for reader, _ in rows_read)
    assert got == decoded(dump, "numpy", vmin=0, **options)


def test_where_nothing_reads_at_an_offset_rows_are_read_in_turn(
    rows_read: list[tuple[str, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from heatvid.sources._files import RegularFile

    monkeypatch.setattr(RegularFile, "descriptor", None)
    dump = tmp_path / "dump.npy"
    np.save(dump, values(shape=(5, 24, 32)))
    got = decoded(dump, "numba", pix_fmt="yuv420p")
    assert sorted(rows_read) == sorted(BY_BANDS * 5)
    assert got == decoded(dump, "numpy", pix_fmt="yuv420p")


@pytest.mark.parametrize(
    ("shape", "options"),
    [
        ((5, 24, 32), {"smooth": 1.5}),
        ((5, 24, 32), {"background": "black", "size": "64x48"}),
        ((5, 3, 24, 32), {"channel": "max"}),
        ((24, 32, 5), {"layout": "HWT"}),
        ((5, 32, 24), {"layout": "TWH"}),
        ((5, 24, 32), {"scope": "frame"}),
    ],
    ids=["smooth", "resized", "channels", "time last", "turned", "moving"],
)
def test_frames_that_are_not_shown_row_by_row_are_read_as_a_whole(
    shape: tuple[int, ...],
    options: dict[str, Any],
    rows_read: list[tuple[str, int]],
    tmp_path: Path,
) -> None:
    dump = tmp_path / "dump.npy"
    np.save(dump, values(shape=shape))
    if "size" in options:
        options = {**options, "background": np.zeros((48, 64, 3), np.uint8)}
        del options["size"]
    got = decoded(dump, "numba", **options)
    assert not rows_read
    assert got == decoded(dump, "numpy", **options)


def test_a_frame_that_is_all_nan_is_told_of_though_rows_are_read(
    rows_read: list[tuple[str, int]], tmp_path: Path
) -> None:
    frames = values(shape=(5, 24, 32))
    frames[1, 0, 0] = frames[3] = np.nan
    np.save(tmp_path / "dump.npy", frames)
    given = (tmp_path / "dump.npy", tmp_path / "out.mp4")
    with pytest.warns(UserWarning, match="frame 3: every value is NaN"):
        heatvid.render(*given, backend="numba", batch_size=1)
    assert rows_read == [("kernel", 0)] * 3


@pytest.mark.parametrize("reader", ["kernel", "Python"])
@pytest.mark.parametrize("harm", ["cut", "written"])
def test_a_dump_that_changes_while_its_rows_are_read_is_an_error(
    reader: str,
    harm: str,
    rows_read: list[tuple[str, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from heatvid.backends._numba.paired import PairedPixels
    from heatvid.backends._numba.values import RowsRead

    dump = tmp_path / "dump.npy"
    np.save(dump, values(shape=(5, 24, 32)))
    owner: Any = PairedPixels if reader == "kernel" else RowsRead
    name = "read" if reader == "kernel" else "band"
    read = getattr(owner, name)

    def spoilt(*given: Any) -> Any:
        if len(rows_read) == 2:
            if harm == "cut":
                os.truncate(dump, 5000)
            else:
                os.utime(dump, (1, 1))
        return read(*given)

    monkeypatch.setattr(owner, name, spoilt)
    pixels = "yuv420p" if reader == "kernel" else "gray16le"
    with pytest.raises(heatvid.SourceError, match=r"dump\.npy: the file (was cut|changed)"):
        heatvid.render(
            dump, tmp_path / "out.mkv", backend="numba", vmin=0, vmax=1, pix_fmt=pixels,
            lossless=True,
        )  # fmt: skip
    assert [path.name for path in tmp_path.iterdir()] == ["dump.npy"]
    assert {by for by, _ in rows_read} == {reader}
