"""``heatvid inspect``: what it finds in each kind of dump, how it is shown, what it advises."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._tools.chart import chart, table
from heatvid._tools.inspect import inspect_source
from heatvid.cli import main
from tests.support.command import main_undone
from tests.support.videos import numbered

RNG = np.random.default_rng(0)
NORMAL = RNG.normal(size=(4, 20, 24))
SHAPE = (4, 20, 24)


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    with main_undone():
        yield


def _with(array: np.ndarray, value: float) -> np.ndarray:
    array = array.copy()
    array[0, 0, 0] = value
    return array


def _sparse(array: np.ndarray) -> np.ndarray:
    return np.where(RNG.random(array.shape) < 0.2, 0, array)


def _normals() -> np.ndarray:
    vectors = RNG.normal(size=(*SHAPE, 3)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


# Data of each kind, and the options that suit them.
ADVICE: dict[str, tuple[Callable[[], np.ndarray], str]] = {
    "both signs": (lambda: NORMAL, "--norm centered --cmap RdBu_r"),
    "both signs, an outlier": (
        lambda: _with(NORMAL, 900), "--norm centered --cmap RdBu_r --percentiles 1 99"
    ),
    "both signs, NaN": (
        lambda: _with(NORMAL, np.nan), "--norm centered --cmap RdBu_r --bad transparent"
    ),
    "mostly positive": (lambda: NORMAL + 2, ""),
    "an outlier": (lambda: _with(RNG.random(SHAPE), 90), "--percentiles 1 99"),
    "decades": (lambda: 10 ** RNG.uniform(0, 3, SHAPE), "--norm log"),
    "decades with a tail": (lambda: np.exp(4 * NORMAL), "--norm log --percentiles 1 99"),
    "decades and 0": (lambda: _with(10 ** RNG.uniform(0, 3, SHAPE), 0), ""),
    "0 to 1": (lambda: RNG.random(SHAPE), ""),
    "classes": (lambda: RNG.integers(0, 7, SHAPE).astype(np.uint8), "--norm labels"),
    "classes as floats": (lambda: RNG.integers(0, 7, SHAPE).astype(np.float32), "--norm labels"),
    "classes and 255": (
        lambda: _with(RNG.integers(0, 20, SHAPE), 255).astype(np.uint8), "--norm labels"
    ),
    "positive and even": (lambda: RNG.uniform(1e-3, 1, (4, 90, 90)), ""),
    "many integers": (lambda: RNG.integers(0, 9000, SHAPE).astype(np.int32), ""),
    "negative integers": (lambda: RNG.integers(-2, 3, SHAPE), "--norm centered --cmap RdBu_r"),
    "a mask": (lambda: NORMAL > 0, ""),
    "a mask of 0 and 255": (lambda: (NORMAL > 0).astype(np.uint8) * 255, ""),
    "grey pictures": (lambda: RNG.integers(0, 256, SHAPE, np.uint8), ""),
    "a constant": (lambda: np.full(SHAPE, 2.5), ""),
    "nothing finite": (lambda: np.full(SHAPE, np.nan), ""),
    "2 channels": (lambda: RNG.random((*SHAPE, 2)), "--channel flow"),
    "2 channels with a tail": (
        lambda: np.stack([_with(NORMAL, 80), NORMAL], -1), "--channel flow --percentiles 0 99"
    ),
    "2 channels of bytes": (
        lambda: RNG.integers(0, 256, (*SHAPE, 2), np.uint8), "--channel 0"
    ),
    "flow of some unknown": (
        lambda: _with(RNG.random((*SHAPE, 2)), 1.7e9), "--channel flow --bad transparent"
    ),
    "3 channels": (lambda: 7 * RNG.random((*SHAPE, 3)), "--channel rgb --percentiles 1 99"),
    "3 channels of colours": (
        lambda: RNG.random((*SHAPE, 3), np.float32), "--channel rgb --vmin 0 --vmax 1"
    ),
    "3 channels of 0 to 255": (
        lambda: 255 * RNG.random((*SHAPE, 3)), "--channel rgb --vmin 0 --vmax 255"
    ),
    "3 channels of little": (
        lambda: 0.1 * RNG.random((*SHAPE, 3)), "--channel rgb --percentiles 1 99"
    ),
    "normals": (lambda: _normals(), "--channel rgb --vmin -1 --vmax 1"),
    "4 channels of bytes": (
        lambda: RNG.integers(0, 256, (*SHAPE, 4), np.uint8), "--channel rgb"
    ),
    "depth": (lambda: _sparse(RNG.uniform(0.4, 9, SHAPE)), "--nodata 0 --bad transparent"),
    "depth in millimetres": (
        lambda: _sparse(RNG.integers(400, 9000, SHAPE)).astype(np.uint16),
        "--nodata 0 --bad transparent",
    ),
    "rectified": (lambda: np.maximum(NORMAL, 0), ""),
    "counts": (lambda: RNG.poisson(40, SHAPE) * (NORMAL > 0) + RNG.integers(0, 90, SHAPE), ""),
    "3 channels of bytes": (
        lambda: RNG.integers(0, 256, (*SHAPE, 3), np.uint8), "--channel rgb"
    ),
    "channels first": (lambda: RNG.random((4, 2, 20, 24)), "--channel flow"),
    "4 channels": (lambda: RNG.random((*SHAPE, 4)), "--channel argmax"),
}  # fmt: skip


@pytest.mark.parametrize("kind", ADVICE)
def test_the_advice_suits_the_data(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    make, wanted = ADVICE[kind]
    np.save("data.npy", make())
    assert main(["inspect", "data.npy"]) == 0
    out = capsys.readouterr().out
    advice = re.search(r"^  try: heatvid render \.\.\. (.*)$", out, re.MULTILINE)
    assert (advice[1] if advice else "") == wanted
    assert max(map(len, out.splitlines())) <= 90


@pytest.mark.parametrize("kind", [kind for kind, (_, wanted) in ADVICE.items() if wanted])
def test_the_advice_can_be_typed(kind: str) -> None:
    make, wanted = ADVICE[kind]
    np.save("data.npy", make())
    typed = ["render", "data.npy", "-o", "out.mp4", "-q", "--preset", "ultrafast"]
    assert main([*typed, *wanted.split()]) == 0


def test_two_channels_have_a_length(capsys: pytest.CaptureFixture[str]) -> None:
    data = RNG.normal(size=(5, 6, 7, 2)).astype(np.float32)
    np.save("data.npy", data)
    assert main(["inspect", "data.npy", "--layout", "THWC", "--json"]) == 0
    length = json.loads(capsys.readouterr().out)["channels"]["length"]
    assert length["maximum"] == pytest.approx(np.hypot(data[..., 0], data[..., 1]).max(), 1e-6)


@pytest.mark.parametrize("channels", [2, 3, 20])
def test_each_channel_has_its_numbers(channels: int, capsys: pytest.CaptureFixture[str]) -> None:
    data = RNG.normal(size=(5, 6, 7, channels)).astype(np.float32)
    data[1, 2, 3, 1] = np.nan
    np.save("data.npy", data)
    assert main(["inspect", "data.npy", "--layout", "THWC"]) == 0
    out = capsys.readouterr().out
    assert f"shape        5 x 6 x 7 x {channels}  (frames, height, width, channels)" in out
    assert f"channels     {channels}, on axis 3 of THWC" in out
    assert (f"... {channels - 16} more channels" in out) == (channels > 16)
    assert main(["inspect", "data.npy", "--layout", "THWC", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    names = [str(i) for i in range(channels)]
    assert list(report["channels"]) == names + (["length"] if channels == 2 else [])
    for i, name in enumerate(names):
        one, own = report["channels"][name], data[..., i]
        assert (one["minimum"], one["maximum"]) == (np.nanmin(own), np.nanmax(own))
        assert one["nan"] == (i == 1)
        assert one["finite"] == own.size - (i == 1)
        for q in ("1", "50", "99"):
            assert one["percentiles"][q] == pytest.approx(
                np.nanpercentile(own.astype(np.float64), float(q))
            )


def test_the_axis_of_the_channels_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    np.save("data.npy", np.zeros((5, 3, 20, 24)))
    assert main(["inspect", "data.npy"]) == 0
    assert "channels     3, on axis 1 of TCHW" in capsys.readouterr().out
    assert main(["inspect", "data.npy", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["read_as"] == "TCHW"
    assert dict(zip(report["axes"], report["shape"], strict=True)) == {
        "frames": 5, "height": 20, "width": 24, "channels": 3
    }  # fmt: skip


@pytest.mark.parametrize("mode", ["max", "mean", "norm", "argmax", 1])
def test_a_channel_that_is_chosen_is_what_is_reported(mode: Any) -> None:
    data = RNG.normal(size=(5, 6, 7, 3)).astype(np.float32)
    report = inspect_source(data, channel=mode)
    values = {
        "max": data.max(-1), "mean": data.mean(-1), "norm": np.sqrt((data**2).sum(-1)),
        "argmax": data.argmax(-1), 1: data[..., 1],
    }[mode]  # fmt: skip
    assert report.summary.minimum == pytest.approx(values.min(), 1e-6)
    assert report.summary.maximum == pytest.approx(values.max(), 1e-6)
    assert report.channels == {}
    assert len(report.distinct) == (3 if mode == "argmax" else 0)


def test_channels_that_are_shown_side_by_side_are_reported_each() -> None:
    data = RNG.random((5, 6, 7, 4)) * [1, 2, 3, 4]
    report = inspect_source(data, channel="grid")
    assert report.summary.maximum == data.max()
    assert [own.maximum for own in report.channels.values()] == data.max((0, 1, 2)).tolist()


@pytest.mark.parametrize("mode", ["rgb", "flow"])
def test_channels_that_are_coloured_together_are_reported_each(mode: str) -> None:
    count = 2 if mode == "flow" else 3
    report = inspect_source(RNG.random((5, 6, 7, count)), channel=mode)
    assert len(report.channels) == (3 if mode == "rgb" else 2 + 1)
    assert f"--channel {mode}" in report.suggested()


def test_zeros_that_stand_apart_are_said() -> None:
    depth = _sparse(RNG.uniform(0.4, 9, SHAPE)).astype(np.float32)
    report = inspect_source(depth)
    least = depth[depth > 0].min()
    assert report.zeros == ((depth == 0).sum(), least)
    share = f"{(depth == 0).mean():.2%}"
    assert f"  zeros        {share}, others from {least:.6g} on: 0 may be no measurement" in str(
        report
    )
    assert report.as_dict()["zeros_apart"] == {"zeros": (depth == 0).sum(), "least": least}
    assert inspect_source(np.maximum(NORMAL, 0)).zeros is None
    assert inspect_source(np.zeros(SHAPE)).zeros is None


@pytest.mark.parametrize("channel", [None, "flow"])
def test_unknown_flow_is_left_out_as_it_is_rendered(channel: str | None) -> None:
    flow = RNG.normal(size=(*SHAPE, 2)).astype(np.float32)
    known = heatvid.measure(flow, channel="flow", layout="THWC")
    flow[1, 2:5, 3] = 1.7e9
    flow[2, 2, 2, 1] = -1e10
    report = inspect_source(flow, channel=channel, layout="THWC")
    assert report.unknown == 4
    assert "  unknown      4 vectors, marked" in str(report)
    assert report.as_dict()["unknown"] == 4
    assert report.summary.maximum == flow[np.abs(flow) < 1e9].max()
    assert (
        report.channels["length"].maximum
        == heatvid.measure(flow, channel="flow", layout="THWC").vmax
        == known.vmax
    )
    assert report.channels["0"].nan_count == 4


def test_flow_of_half_precision_has_no_mark_of_unknown() -> None:
    flow = RNG.normal(size=(*SHAPE, 2)).astype(np.float16)
    assert inspect_source(flow, layout="THWC").unknown == 0


def test_a_source_that_is_open_stays_open(tmp_path: Path) -> None:
    np.save("x.npy", NORMAL)
    with heatvid.open_source("x.npy") as source:
        assert inspect_source(source).summary.minimum == NORMAL.min()
        assert inspect_source(source, frames="1:2").summary.minimum == NORMAL[1].min()
        assert np.array_equal(source.read(0, len(NORMAL)), NORMAL)
    source = heatvid.open_source(RNG.random((*SHAPE, 2)), channel="flow")
    assert len(inspect_source(source).channels) == 3


@pytest.mark.parametrize(
    ("mode", "advice"), [("RGB", "--channel rgb"), ("LA", "--channel 0"), ("RGBA", "--channel rgb")]
)
@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_pictures_are_advised_what_suits_pictures(mode: str, suffix: str, advice: str) -> None:
    kind = mode if suffix == ".png" else "RGB"
    Path("frames").mkdir()
    for i in range(2):
        pixels = RNG.integers(0, 256, (9, 9, len(kind)), np.uint8)
        Image.fromarray(pixels, kind).save(f"frames/{i}{suffix}")
    wanted = advice if suffix == ".png" else "--channel rgb"
    assert inspect_source("frames").suggested() == wanted


def test_few_whole_numbers_are_counted_one_by_one() -> None:
    data = RNG.integers(0, 5, (4, 9, 9)).astype(np.float32)
    data[0, 0, 0] = np.nan
    report = inspect_source(data)
    assert report.distinct == {i: int((data == i).sum()) for i in range(5)}
    rows = chart(report.summary, report.distinct)
    assert [row.split()[0] for row in rows] == ["value", "0", "1", "2", "3", "4"]
    assert inspect_source(data + 0.5).distinct == {}
    assert inspect_source(np.arange(65 * 4).reshape(1, 4, 65) % 65).distinct == {}


def test_tails_are_seen_and_gaps_are_not() -> None:
    data = RNG.random((4, 50, 50))
    data[0, 0, 0] = 1000
    rows = chart(inspect_source(data).summary, {})
    assert len(rows) == 4
    assert re.search(r"0  +99.99%  █{40}  ?.*◂ 1%, median, 99%$", rows[1])
    assert rows[2].strip() == "⋮"
    assert re.search(r"969  +0.01%  █▉$", rows[3])


def test_a_constant_is_one_row() -> None:
    rows = chart(inspect_source(np.full((4, 5, 6), 2.5)).summary, {})
    assert [row.split() for row in rows[1:]] == [["2.5", "100.00%", "█" * 40]]


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e-3, 1, 1e5, 1e12, 1e300])
def test_rows_begin_with_numbers_that_differ(scale: float) -> None:
    rows = chart(inspect_source(NORMAL * scale).summary, {})[1:]
    starts = [row.split()[0] for row in rows if row.strip() != "⋮"]
    assert len(set(starts)) == len(starts)
    np.testing.assert_allclose(float(starts[0]), (NORMAL * scale).min(), rtol=0.1)


def test_columns_are_aligned() -> None:
    lines = table("  label", [["a", "bcd"], [1.5, None], [12345.678, 7]])
    assert lines == [f"{'  label':15}    a  bcd", f"{'':15}  1.5", f"{'':15}12346    7"]


def test_json_tells_the_files_and_the_rate_of_a_video(capsys: pytest.CaptureFixture[str]) -> None:
    heatvid.render(numbered(), "in.mkv", fps="24000/1001", lossless=True)
    Path("frames").mkdir()
    for i, frame in enumerate(numbered()):
        np.save(f"frames/{i}.npy", frame)
    assert main(["inspect", "in.mkv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["fps"] == pytest.approx(24000 / 1001)
    assert main(["inspect", "frames", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["files"] == [f"{i}.npy" for i in range(6)]
    assert report["fps"] is None
