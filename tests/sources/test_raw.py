"""Bare values: types, shapes, byte orders, bytes before them; from a file or standard input."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid import OptionError, SourceError, UsageError, open_source, summarize
from heatvid.cli import main
from tests.support.command import refused
from tests.support.videos import encoded

VALUES = np.arange(6 * 4 * 5, dtype=np.int16).reshape(6, 4, 5) * 300


def frames(path: Any, **options: Any) -> Any:
    with open_source(path, **options) as source:
        return source.read(0, 100).copy()


@pytest.fixture
def fed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put bytes where standard input is."""

    def feed(content: bytes) -> None:
        stream = io.TextIOWrapper(io.BufferedReader(io.BytesIO(content)))  # type: ignore[arg-type]
        monkeypatch.setattr(sys, "stdin", stream)

    return feed


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("kind", ["uint8", "int16", "uint16", "int32", "float16", "float64"])
def test_values_are_of_the_type_and_order_that_are_said(
    kind: str, order: str, tmp_path: Path
) -> None:
    values = (VALUES % 99).astype(kind)
    stored = values.astype(values.dtype.newbyteorder("<" if order == "little" else ">"))
    (tmp_path / "x.bin").write_bytes(b"head" + stored.tobytes())
    got = frames(tmp_path / "x.bin", raw=kind, shape=(6, 4, 5), skip_bytes=4, byte_order=order)
    assert got.dtype == kind
    np.testing.assert_array_equal(got, values)


@pytest.mark.parametrize("shape", ["6x4x5", "4x5", (6, 4, 5), [4, 5]])
def test_frames_are_as_many_as_there_are_where_the_shape_is_of_one(
    shape: Any, tmp_path: Path
) -> None:
    (tmp_path / "data.npy").write_bytes(VALUES.astype("<i2").tobytes())  # whatever its name
    np.testing.assert_array_equal(frames(tmp_path / "data.npy", raw="int16", shape=shape), VALUES)


def test_channels_and_layouts_are_as_of_arrays(tmp_path: Path) -> None:
    flow = np.random.default_rng(0).normal(size=(3, 8, 9, 2)).astype("<f4")
    (tmp_path / "x.raw").write_bytes(flow.tobytes())
    raw = {"raw": "float32", "shape": "3x8x9x2"}
    np.testing.assert_array_equal(frames(tmp_path / "x.raw", channel="flow", **raw), flow)
    np.testing.assert_array_equal(frames(tmp_path / "x.raw", channel=1, **raw), flow[..., 1])
    (tmp_path / "y.raw").write_bytes(VALUES.astype("<i2").tobytes())
    got = frames(tmp_path / "y.raw", raw="int16", shape="6x4x5", layout="HWT")
    np.testing.assert_array_equal(got, np.moveaxis(VALUES, 2, 0))


@pytest.mark.parametrize("shape", ["5x4x5", "7x4x5", "7x5", "100x100"])
@pytest.mark.parametrize("skip", [0, 3, 10_000])
def test_a_file_of_another_size_is_refused(
    skip: int, shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "x.bin").write_bytes(VALUES.tobytes())
    with pytest.raises(SourceError, match=rf"x.bin: {shape} values of int16 take \d+ bytes"):
        open_source(tmp_path / "x.bin", raw="int16", shape=shape, skip_bytes=skip)
    command = ["render", str(tmp_path / "x.bin"), "-o", str(tmp_path / "x.mp4"), "--raw", "int16"]
    assert main([*command, "--shape", shape, "--skip-bytes", str(skip)]) == 2
    assert not (tmp_path / "x.mp4").exists()
    assert capsys.readouterr().err.count("\n") == 1


def test_what_is_no_file_takes_no_bare_values(tmp_path: Path) -> None:
    for source in (VALUES, [tmp_path / "a", tmp_path / "b"], iter(VALUES)):
        with pytest.raises(OptionError, match=r"raw: .*allowed with one file"):
            open_source(source, raw="int16", shape="6x4x5")
    with pytest.raises(OptionError, match=r"raw: .*allowed with shape="):
        open_source(tmp_path / "x.bin", raw="int16")
    with pytest.raises(SourceError, match=r"none\.bin: no such file"):
        open_source(tmp_path / "none.bin", raw="int16", shape="4x5")


@pytest.mark.parametrize("shape", ["6x4x5", "4x5"])
def test_standard_input_gives_frames_once_and_in_order(shape: str, fed: Any) -> None:
    fed(b"head" + VALUES.astype(">i2").tobytes())
    with open_source("-", raw="int16", shape=shape, skip_bytes=4, byte_order="big") as source:
        assert (source.length, source.rewindable) == (None, False)
        got = np.concatenate([batch.data.copy() for batch in source.batches(4)])
        assert source.length == 6
    np.testing.assert_array_equal(got, VALUES)
    assert not sys.stdin.closed


@pytest.mark.parametrize(("shape", "cut"), [("6x4x5", 40), ("6x4x5", 1), ("4x5", 1), ("4x5", 39)])
def test_standard_input_that_ends_within_a_frame_is_refused(shape: str, cut: int, fed: Any) -> None:
    fed(VALUES.tobytes()[:-cut])
    with (
        open_source("-", raw="int16", shape=shape) as source,
        pytest.raises(SourceError, match="-: ended within frame 5; 40 bytes make a frame"),
    ):
        list(source.batches(4))


def test_a_pipe_is_rendered_as_the_file_is(tmp_path: Path) -> None:
    content = VALUES.astype("<i2").tobytes()
    (tmp_path / "x.bin").write_bytes(content)
    asked = ["--raw", "int16", "--shape", "4x5", "--vmin", "0", "--vmax", "36000"]
    assert main(["render", f"{tmp_path}/x.bin", "-o", f"{tmp_path}/file.mp4", *asked]) == 0
    command = [sys.executable, "-m", "heatvid", "render", "-", "-o", f"{tmp_path}/pipe.mp4", *asked]
    subprocess.run(command, input=content, check=True, capture_output=True)
    assert encoded(tmp_path / "pipe.mp4") == encoded(tmp_path / "file.mp4")


@pytest.mark.parametrize(
    ("layout", "turned"),
    [(None, False), ("HW", False), ("THW", False), ("WH", True), ("TWH", True)],
)
@pytest.mark.parametrize("source", ["file", "-"])
def test_a_layout_beside_the_shape_of_one_frame_is_that_of_a_frame_or_of_all(
    source: str, layout: str | None, turned: bool, fed: Any, tmp_path: Path
) -> None:
    values = np.arange(5 * 7 * 3, dtype="<f4").reshape(5, 7, 3)  # which could be colours
    (tmp_path / "x.bin").write_bytes(values.tobytes())
    fed(values.tobytes())
    path = "-" if source == "-" else tmp_path / "x.bin"
    got = frames(path, raw="float32", shape="7x3", layout=layout)
    np.testing.assert_array_equal(got, values.transpose(0, 2, 1) if turned else values)
    with pytest.raises(SourceError, match="layout is 'HWT', the shape that of one frame; allowed"):
        open_source(path, raw="float32", shape="7x3", layout="HWT")


def test_options_that_mean_nothing_are_refused_of_sources_too(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(VALUES.tobytes())
    for option in ({"key": "a"}, {"select": {"level": 1}}):
        with pytest.raises(OptionError, match="allowed without raw=, whose values have no names"):
            open_source(tmp_path / "x.bin", raw="int16", shape="4x5", **option)
    for option in ({"shape": "4x5"}, {"skip_bytes": 4}, {"byte_order": "big"}):
        with pytest.raises(OptionError, match="allowed with raw=, their kind"):
            open_source(VALUES, **option)
    with pytest.raises(OptionError, match=r"shape: got \(True, 4, 5\); allowed is 2 to 4 lengths"):
        open_source(tmp_path / "x.bin", raw="int16", shape=(True, 4, 5))


def test_a_folder_is_refused_with_one_reason(tmp_path: Path) -> None:
    words = f"{tmp_path}: is a folder; allowed here is a regular file"
    with pytest.raises(SourceError) as caught:
        open_source(tmp_path, raw="int16", shape="4x5")
    assert str(caught.value) == words


def test_standard_input_that_holds_no_bare_values_is_told_what_it_may_hold() -> None:
    with pytest.raises(SourceError, match=r"^-: standard input holds bare values, .* .--raw int16"):
        open_source("-")


def test_standard_input_is_read_once(fed: Any, tmp_path: Path) -> None:
    fed(VALUES.tobytes())
    asked = {"raw": "int16", "shape": "4x5"}
    with open_source("-", **asked), pytest.raises(SourceError, match=r"^-: is there twice; "):
        open_source("-", **asked)
    np.testing.assert_array_equal(frames("-", **asked), VALUES)


def test_statistics_of_standard_input_ask_for_a_file(fed: Any) -> None:
    fed(VALUES.tobytes())
    with (
        open_source("-", raw="int16", shape="4x5") as source,
        pytest.raises(UsageError, match=r"would use it up; pass an array or a file$"),
    ):
        summarize(source)


@pytest.mark.parametrize("shape", ["4x5", "6x4x5"])
def test_standard_input_without_a_frame_is_no_usable_input(
    shape: str, fed: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fed(b"")
    command = ["render", "-", "--raw", "uint8", "--shape", shape, "-o", str(tmp_path / "x.mp4")]
    assert "-: ended within frame 0; 20 bytes make a frame" in refused(capsys, command)
    assert list(tmp_path.iterdir()) == []
