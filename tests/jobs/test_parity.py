"""The command line and Python are one: each option means the same, and is refused alike, in both.

A new option fails here until it has a row.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import heatvid
from heatvid._options.checks import NORMS
from heatvid._options.options import Options, option_fields
from heatvid.cli import main
from tests.support.clicks import video_with_clicks
from tests.support.command import main_undone
from tests.support.videos import encoded, numbered, pictures

NAMES = [option.name for option in option_fields()]
DEFAULTS = {option.name: option.default for option in option_fields()}
EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast"}


@dataclass(frozen=True)
class Row:
    """One option: values that show, with what else they need, and values that are refused."""

    good: tuple[Any, ...]
    bad: tuple[Any, ...]
    beside: dict[str, Any] = field(default_factory=dict)
    source: str = "values.npy"
    shows: bool = True  # the video is another than without the option


OVER = {"background": "picture.png"}
BARE = {"raw": "int32", "shape": "6x24x32", "skip_bytes": 128}  # behind the header of .npy
NAMED = {"norm": "labels", "label_names": "names.txt"}
MODES = ("argmax", "max", "mean", "norm", "rgb", "grid", 1)
ROWS: dict[str, Row] = {
    "key": Row(("a", "b"), ("c", ""), source="two.npz", shows=False),
    "layout": Row(("TWH",), ("XY", "THWC", ""), {}, "square.npy"),
    "channel": Row(MODES, ("red", 7, 1.5), {}, "classes.npy", shows=False),
    "frames": Row(("1:5:2",), ("x", "50:60", "::0")),
    "select": Row((), ("level", "", ("a=1", "b"))),
    "nodata": Row((0.5,), ("none", float("inf")), {"bad": "red"}, "halves.npy"),
    "scale": Row((-2, 0.5), ("x", float("nan")), {"vmin": 0.0, "vmax": 1.0}),
    "offset": Row((0.25, -1), ("x", float("inf")), {"vmin": 0.0, "vmax": 1.0}),
    "flip": Row(("vertical", "horizontal"), ("both", "")),
    "raw": Row(("int32", "float32"), ("float31", ""), BARE, shows=False),
    "shape": Row(("6x24x32", "24x32", "12x12x32"), ("20xW", "", "3", "0x5", "7x24x32"), BARE,
                 shows=False),
    "skip_bytes": Row((128,), (-1, "x", 7), BARE, shows=False),
    "byte_order": Row(("little", "big"), ("middle",), BARE, shows=False),
    "norm": Row(NORMS[1:-1], ("logarithmic", ""), {}, "positive.npy"),
    "vmin": Row((-0.25, -1e-3, 0), ("low", float("nan"))),
    "vmax": Row((1.25, 3), ("high", float("inf"))),
    "limits": Row(((-0.25, 1.25), (0, 0)), ((9, 1), (1,), ("a", "b"))),
    "percentiles": Row(((5, 90),), ((9, 1), (-1, 50), ("a", "b"))),
    "scope": Row(("frame", "running"), ("all", ""), {}, "growing.npy"),
    "gamma": Row((0.5, 2), (0, "x"), {"norm": "power"}),
    "center": Row((0.25, -1), ("x", float("nan")), {"norm": "centered"}),
    "linthresh": Row((0.1,), (0, -1, "x"), {"norm": "symlog"}),
    "smooth": Row((1.5, 3), (-1, "x")),
    "cmap": Row(("turbo", "magma_r"), ("infrno", ""), shows=True),
    "under": Row(("red", "#00ff00"), ("zork",), {"vmin": 0.3}),
    "over": Row(("red", "transparent"), ("zork",), {"vmax": 0.3}),
    "bad": Row(("white", "transparent"), ("zork",), OVER),
    "label_colors": Row(
        ({0: "transparent", 3: "red", -1: "red"},), ({-40000: "red"}, {0: "zork"}, {99999: "red"}),
        {**OVER, "norm": "labels"}, "labels.npy",
    ),
    "outlines": Row((1, 3), (-1, 65, 1.5), {"norm": "labels"}, "labels.npy"),
    "outline_color": Row(
        ("black", "#8040c0"), ("zork",), {"channel": "argmax", "outlines": 2}, "classes.npy"
    ),
    "background": Row(("picture.png", "teal", "pictures.npy"), ("zork", "no*.png")),
    "background_frames": Row(
        ("::-1",), ("x", "50:60", "::0"), {"background": "pictures.npy"}
    ),
    "alpha": Row((0.25, 1, 0), (2, -0.5, "half"), OVER),
    "alpha_ramp": Row(((0.2, 0.9),), ((2, 1), (50, 60), ("a", "b")), OVER),
    "alpha_mask": Row(("mask.npy", "masks.npy"), ("no.npy", "two.npy", "levels.npy"), OVER),
    "blend": Row(("multiply", "screen", "lighten", "darken", "add"), ("subtract",), OVER),
    "fit": Row(("letterbox", "crop"), ("fill",), OVER, "square.npy"),
    "place": Row(
        ("3,4,20,11", "50%,0,50%,50%"), ("1,2,3", "-1,0,3,3", "0,0,0,4", "60,0,9,9", "a"), OVER
    ),
    "resample": Row(("nearest", "bicubic"), ("lanczos",), OVER, "square.npy"),
    "source_fps": Row((12, "24000/1001"), ("fast", 0, "1/0")),
    "hold": Row(("nearest", "linear"), ("next", ""), {"source_fps": 4, "fps": 10}),
    "speed": Row((2, "1/2", 0.75), ("fast", 0, -1, 1e10)),
    "panels": Row(
        ("background,heat,overlay", "heat,heat"), ("heat,sky", "", 3), OVER, "square.npy"
    ),
    "captions": Row((("left", "right"),), (("left",),), {"panels": "heat,heat"}),
    "columns": Row((1,), (0, "x"), {"panels": "heat,heat,heat"}),
    "gap": Row((0, 20), (-1, 2.5, "x"), {"panels": "heat,heat"}),
    "gap_color": Row(("red",), ("zork",), {"panels": "heat,heat"}),
    "panel_size": Row(("64x48", "50x51"), ("64", "0x9", "ax9", ""), {"panels": "heat,heat"}),
    "size": Row(("128x96", "99x51"), ("128", "0x9", "ax9", "70000x9", "")),
    "zoom": Row((2, 0.5, 1.5), (0, 65, "x")),
    "own_limits": Row((True,), ("yes",), {"channel": "grid"}, "classes.npy"),
    "colorbar": Row(("right", "left", "bottom", "top"), ("middle",), {"zoom": 8}),
    "label": Row(("depth (m)",), (), {"zoom": 8, "colorbar": "right"}),
    "title": Row(("A title", "größer"), ("\u4e00",), {"zoom": 8}),
    "text": Row(
        ("{frame} {time:.2f} s {name}", "{value:min} {value:mean:.3f}"),
        ("{zork}", "{time:%Q}", "{frame"), {"zoom": 8},
    ),
    "text_place": Row(("top-right", "bottom"), ("middle",), {"zoom": 8, "text": "{frame}"}),
    "text_size": Row((20,), (2, "x"), {"zoom": 8, "text": "{frame}"}),
    "text_color": Row(("red",), ("zork",), {"zoom": 8, "text": "{frame}"}),
    "text_box": Row(("red", "transparent"), ("zork",), {"zoom": 8, "text": "{frame}"}),
    "font": Row((), ("none.ttf", "values.npy"), {"zoom": 8, "text": "{frame}"}),
    "legend": Row(
        ("right", "bottom"), ("middle",), {"zoom": 8, **NAMED, "colorbar": "left"}, "labels.npy"
    ),
    "label_names": Row(("names.txt",), ("none.txt",), {"zoom": 8, **NAMED, "legend": "right"},
                       "labels.npy", shows=False),
    "scale_bar": Row(
        (5, "auto"), (0, "x", 1000), {"zoom": 8, "pixel_size": 0.5}, shows=False
    ),
    "pixel_size": Row((0.65,), (0, "x"), {"zoom": 8, "scale_bar": "auto"}, shows=False),
    "unit": Row(("µm",), (), {"zoom": 8, "scale_bar": "auto", "pixel_size": 2}),
    "format": Row((), ("mp4", "mp3", "")),
    "like": Row(("made.mp4",), ("none.mp4", "values.npy", "clicks.mp4")),
    "fps": Row(("24000/1001", 12.5, 25), ("fast", 0, "1/0")),
    "codec": Row(("hevc", "av1"), ("h265", "ffv1"), {"lossless": False}),
    "quality": Row((4, 0.5), (0, 40, "x"), {"lossless": False}),
    "crf": Row((30, 0), (60, 64, "x"), {"lossless": False}),
    "preset": Row(("veryfast",), ("fastest",), {"lossless": False}),
    "encoder_threads": Row((1, 2), (0, 65, "x"), shows=False),
    "hardware": Row(("try",), ("always", "yes"), {"lossless": False}, shows=False),
    "pix_fmt": Row(("yuv420p", "yuv444p", "nv12"), ("yuv422p", "nv21")),
    "bits": Row((10,), (9, 12, 16, "x"), {"pix_fmt": "yuv420p"}),
    "transparent": Row((), ("yes",)),
    "encode_depth": Row(("lerobot",), ("x",), {"lossless": False}),
    "range": Row(("pc",), ("full",), {"pix_fmt": "yuv420p"}),
    "lossless": Row((True,), ("yes",), {"lossless": False}),
    "audio": Row((True,), ("yes",), {"background": "clicks.mp4"}),
    "dither": Row((), ("random", "none")),
    "start_number": Row((), (-1, 1.5, "x", 3)),
    "exact": Row((), (True, "yes")),
    "cmaps": Row((), ("turbo",)),
    "loop": Row((), (-1, 1.5, "x", 3)),
    "overwrite": Row((True,), ("yes",), shows=False),
    "backend": Row(("numpy", "auto"), ("abacus",), shows=False),
    "device": Row((), (-1, 1.5, "x")),
    "batch_size": Row((1, 4), (0, 1.5, "x"), shows=False),
    "threads": Row((1, 3), (0, 257, "x"), shows=False),
    "segments": Row((1, 2), (0, 1.5, "x"), shows=False),
    "progress": Row((False,), ("never",), shows=False),
}  # fmt: skip
FLAGS = ("own_limits", "lossless", "exact", "transparent", "audio", "overwrite", "progress")


def test_every_option_has_a_row() -> None:
    assert sorted(ROWS) == sorted(NAMES)


# --- values -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("parity")
    frames = numbered() * 2 - 0.5
    frames[0, 3, 3] = np.nan
    rng = np.random.default_rng(5)
    arrays = {
        "values": frames,
        "positive": numbered() * 300 + 0.1,
        "growing": numbered() * np.arange(1, 7).reshape(-1, 1, 1),
        "square": numbered(6, 24, 24),
        "halves": np.rint(numbered() * 2) / 2,
        "labels": np.kron(rng.integers(0, 6, (6, 6, 8)), np.ones((4, 4))).astype(np.uint8),
        "classes": rng.random((6, 24, 32, 3), np.float32),
        "flow": rng.normal(size=(6, 24, 32, 2)).astype(np.float32),
        "pictures": pictures(),
        "mask": np.linspace(0, 1, 24 * 32, dtype=np.float32).reshape(24, 32),
        "masks": np.stack([np.full((12, 16), 50 * i, np.uint8) for i in range(6)]),
        "levels": np.full((24, 32), 255.0),
    }
    arrays["two"] = arrays["masks"][:2]
    for name, array in arrays.items():
        np.save(at / f"{name}.npy", array)
    (at / "names.txt").write_text("0: sky\n1: road\n2: car\n")
    np.savez(at / "two.npz", a=frames, b=frames[::-1])
    Image.fromarray(pictures(1, 48, 64)[0]).save(at / "picture.png")
    heatvid.render(frames, at / "made.mp4", cmap="turbo", vmax=3, preset="ultrafast")
    video_with_clicks(at / "clicks.mp4", "aac", frames=6, seconds=0.2)
    return at


@pytest.fixture(autouse=True)
def in_the_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(folder)
    for name in ("typed.mp4", "refused.mp4"):
        Path(name).unlink(missing_ok=True)
    with main_undone():
        yield


def flags(options: dict[str, Any]) -> list[str]:
    """Options as they are typed."""
    typed = []
    for name, value in options.items():
        flag = "--no-progress" if name == "progress" else f"--{name.replace('_', '-')}"
        if name in FLAGS:
            typed += [flag] if isinstance(value, bool) else [f"{flag}={value}"]
        elif isinstance(value, dict):
            typed += [flag, *(f"{label}={color}" for label, color in value.items())]
        else:
            typed += [flag, *map(str, value if isinstance(value, tuple) else [value])]
    return typed


def rendered(source: str, options: dict[str, Any]) -> bytes:
    heatvid.render(source, "python.mp4", **{"overwrite": True, **options})
    return Path("python.mp4").read_bytes()


def shown(source: str, options: dict[str, Any]) -> bytes:
    rendered(source, options)
    return encoded(Path("python.mp4"))


@cache
def without(name: str) -> bytes:
    """What comes of the row without its option."""
    row = ROWS[name]
    merged = {**EXACT, **row.beside}
    merged.pop(name, None)
    return shown(row.source, merged)


GOOD = [(name, value) for name, row in ROWS.items() for value in row.good]
BAD = [(name, value) for name, row in ROWS.items() for value in row.bad]


def spell(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


@pytest.mark.parametrize(("name", "value"), GOOD, ids=spell)
def test_an_option_typed_gives_the_bytes_of_python(name: str, value: Any) -> None:
    row = ROWS[name]
    options = {**EXACT, **row.beside, name: value}
    if not options["lossless"]:
        del options["lossless"]
    if name == "overwrite":
        Path("typed.mp4").write_bytes(b"old")
    assert main(["render", row.source, "-o", "typed.mp4", "-q", *flags(options)]) == 0
    assert Path("typed.mp4").read_bytes() == rendered(row.source, options)


@pytest.mark.parametrize(
    ("name", "value"), [pair for pair in GOOD if ROWS[pair[0]].shows], ids=spell
)
def test_an_option_shows_in_the_video(name: str, value: Any) -> None:
    row = ROWS[name]
    assert shown(row.source, {**EXACT, **row.beside, name: value}) != without(name)


@pytest.mark.parametrize(("name", "value"), BAD, ids=spell)
def test_a_wrong_value_is_refused_in_one_line_that_says_what_is_allowed(
    name: str, value: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    row = ROWS[name]
    options = {**EXACT, **row.beside, name: value}
    if options["lossless"] is False:
        del options["lossless"]
    with pytest.raises(heatvid.UsageError) as error:
        heatvid.render(row.source, "refused.mp4", **options)
    in_python = str(error.value)
    assert in_python.startswith((name, row.source, f"{value}:")), in_python
    assert re.search("allowed|; (use|give|the first is)|lists every|no such", in_python), in_python
    assert "\n" not in in_python
    before = sorted(os.listdir())
    assert main(["render", row.source, "-o", "refused.mp4", *flags(options)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"heatvid: error: [^\n]*[^.\n]\n", err), err
    # What was received may be typed in another way, as [1, 2].
    assert name in FLAGS or err.split(";")[1:] == f"{in_python}\n".split(";")[1:]
    assert sorted(os.listdir()) == before


# --- options that need others -------------------------------------------------------------------

# Each option where it would change nothing, and the words that say what it needs.
APART: list[tuple[dict[str, Any], str]] = [
    ({"gamma": 2.0}, "gamma: .*with norm='power' only"),
    ({"shape": "6x24x32"}, "shape: .*with raw="),
    ({"skip_bytes": 128}, "skip_bytes: .*with raw="),
    ({"byte_order": "big"}, "byte_order: .*with raw="),
    ({"raw": "int32"}, "raw: .*with shape="),
    ({"key": "a", **BARE}, "key: .*without raw="),
    ({"gamma": 2.0, "norm": "log"}, "gamma: .*with norm='power' only"),
    ({"center": 1.0}, "center: .*with norm='centered' only"),
    ({"linthresh": 1.0}, "linthresh: .*with norm='symlog' only"),
    ({"outlines": 2}, "outlines: .*with norm='labels' or channel='argmax' only"),
    ({"label_colors": {0: "red"}}, "label_colors: .*with norm='labels' or channel='argmax' only"),
    ({"outline_color": "red", "norm": "labels"}, "outline_color: .*with outlines=N only"),
    ({"norm": "log", "channel": "argmax"}, "norm: .*is 'labels' with channel='argmax'"),
    ({"norm": "log", "channel": "flow"}, "norm: .*none with channel='flow'"),
    ({"norm": "labels", "channel": "rgb"}, "norm: .*one value a pixel"),
    *[
        ({name: value, "channel": mode}, f"{name}: .*not with channel='rgb' or 'flow'")
        for mode in ("rgb", "flow")
        for name, value in {"cmap": "turbo", "under": "red", "over": "red"}.items()
    ],
    ({"alpha_ramp": (0.0, 1.0), "channel": "rgb"}, "alpha_ramp: .*not with channel='rgb'"),
    (
        {"alpha_ramp": (0.0, 1.0), "channel": "flow", "alpha_mask": "mask.npy"},
        "alpha_ramp: .*without alpha_mask",
    ),
    ({"colorbar": "right", "pix_fmt": "gray16le"}, "colorbar: .*with colours, not with encode_d"),
    ({"colorbar": "right", "channel": "rgb"}, "colorbar: .*not with channel='rgb' or 'flow'"),
    ({"panels": "heat", "channel": "grid"}, "panels: .*without channel='grid'"),
    ({"zoom": 2.0, "size": "99x99"}, "zoom: .*without size"),
    ({"label": "x"}, "label: .*with colorbar="),
    ({"text_place": "top"}, "text_place: .*with text="),
    ({"label_names": "names.txt"}, "label_names: .*with legend= or colorbar="),
    ({"unit": "m"}, "unit: .*with scale_bar="),
    ({"legend": "right", "norm": "linear"}, "legend: .*fields of labels"),
    ({"background_frames": "1:2"}, "background_frames: .*with background="),
    ({"alpha_ramp": (0.0, 1.0), "norm": "labels"}, r"alpha_ramp: .*label_colors=\{0: 'transpar"),
    ({"smooth": 1.0, "norm": "labels"}, "smooth: .*not labels"),
    ({"smooth": 1.0, "channel": "argmax"}, "smooth: .*not labels"),
    ({"resample": "bicubic", "norm": "labels", **OVER}, "resample: .*is 'nearest' with labels"),
    ({"vmin": 1.0, "norm": "labels"}, "vmin: .*with values on a scale"),
    ({"vmax": 1.0, "norm": "identity"}, "vmax: .*with values on a scale"),
    ({"vmin": 1.0, "channel": "flow"}, "vmin: .*is vmax with channel='flow'"),
    ({"percentiles": (1.0, 99.0), "norm": "sigmoid"}, "percentiles: .*limits are found in"),
    ({"percentiles": (1.0, 99.0), "norm": "identity"}, "percentiles: .*limits are found in"),
    ({"scope": "frame", "channel": "argmax"}, "scope: .*limits are found in the data"),
    ({"scope": "frame", "vmin": 0.0, "vmax": 1.0}, "scope: .*give both vmin and vmax"),
    ({"percentiles": (1.0, 99.0), "vmin": 0.0, "vmax": 1.0}, "percentiles: .*both vmin and vmax"),
    ({"audio": True}, "audio: .*with background=, a video"),
    ({"audio": True, "background": "teal"}, "audio: .*over a video"),
    ({"audio": True, "background": "clicks.mp4", "speed": 2}, "audio: .*without speed, which"),
    ({"hold": "linear", "norm": "labels"}, "hold: .*'nearest' with labels"),
    ({"hold": "linear", "channel": "argmax"}, "hold: .*'nearest' with labels"),
    ({"hold": "linear", "norm": "identity"}, "hold: .*nothing lies between two"),
    ({"hold": "linear", "encode_depth": "lerobot"}, "hold: .*with encode_depth"),
    ({"crf": 20, "lossless": True}, "crf: .*without lossless"),
    ({"hardware": "try", "segments": 2}, "hardware: .*without segments"),
    ({"range": "pc", "lossless": True}, "range: .*with pix_fmt='yuv420p'"),
    ({"blend": "multiply"}, "blend: .*over a background"),
    ({"fit": "crop"}, "fit: .*over pictures"),
    ({"resample": "bicubic"}, "resample: .*over pictures"),
    ({"place": "0,0,9,9"}, "place: .*over pictures"),
    ({"place": "0,0,9,9", "background": "teal"}, "place: .*over pictures"),
    ({"fit": "letterbox", "background": "teal"}, "fit: .*over pictures"),
    ({"pix_fmt": "rgb24"}, "lossless=True"),
    ({"pix_fmt": "yuv422p"}, "pix_fmt: .*with bits=10 or codec='prores' only"),
    ({"pix_fmt": "nv12", "bits": 10}, "pix_fmt: .*with bits=10 are 'yuv420p'"),
    ({"bits": 10, "channel": "rgb"}, "bits: .*not with channel='rgb'"),
    ({"bits": 10, "alpha_mask": "mask.npy"}, "bits: .*alpha_mask"),
    ({"bits": 10, "lossless": True}, "bits: got 10 for an output in rgb24; allowed are videos"),
    ({"bits": 10, **OVER}, "bits: .*not over pictures"),
    ({"transparent": True, **OVER}, "transparent: .*without background="),
    ({"transparent": True, "pix_fmt": "yuv444p"}, "pix_fmt: .*without transparent"),
    ({"transparent": True, "bits": 10}, "bits: .*without transparent"),
    ({"transparent": True}, r"transparent: \.mp4 would drop it in silence; allowed are \.webm"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "words"), APART, ids=lambda part: str(part)[:60])
def test_an_option_that_would_change_nothing_is_refused(
    options: dict[str, Any], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    modes = {"rgb": "classes.npy", "argmax": "classes.npy", "flow": "flow.npy"}
    source = modes.get(options.get("channel", ""), "values.npy")
    with pytest.raises(heatvid.OptionError, match=words) as error:
        heatvid.render(source, "refused.mp4", **options)
    assert main(["render", source, "-o", "refused.mp4", *flags(options)]) == 2
    assert capsys.readouterr().err == f"heatvid: error: {error.value}\n"
    assert not Path("refused.mp4").exists()


def test_the_normalize_object_has_its_own_limits() -> None:
    colors = pytest.importorskip("matplotlib.colors")
    frames = np.load("values.npy")
    with pytest.raises(
        heatvid.OptionError, match=r"norm: got .*; allowed is an object, LogNorm\(\)"
    ):
        heatvid.to_rgb(frames, norm=colors.LogNorm)
    for limit in ("vmin", "vmax"):
        with pytest.raises(heatvid.OptionError, match=rf"{limit}: .*in the Normalize object"):
            heatvid.to_rgb(frames, norm=colors.Normalize(), **{limit: 1})
    for given in ({"percentiles": (1, 99)}, {"scope": "frame"}):
        assert heatvid.to_rgb(frames, norm=colors.Normalize(), **given).shape
        with pytest.raises(heatvid.OptionError, match="Normalize object that has its own"):
            heatvid.to_rgb(frames, norm=colors.Normalize(0, 1), **given)


def test_to_rgb_and_the_writer_refuse_the_same(tmp_path: Path) -> None:
    frames = np.load("values.npy")
    for options in ({"blend": "screen"}, {"fit": "crop", "background": "teal"}, {"gamma": 2}):
        with pytest.raises(heatvid.OptionError) as from_to_rgb:
            heatvid.to_rgb(frames, **options)
        with (
            pytest.raises(heatvid.OptionError) as from_writer,
            heatvid.VideoWriter(tmp_path / "o.mp4", vmin=0, vmax=1, **options) as video,
        ):
            video.write(frames)
        assert str(from_to_rgb.value) == str(from_writer.value)
    with heatvid.VideoWriter(tmp_path / "o.mp4", vmin=0, vmax=1, blend="screen") as video:
        video.write(frames, background=pictures())


def test_a_value_at_its_default_is_never_out_of_place() -> None:
    frames = np.load("values.npy")
    for name in set(DEFAULTS) & {"gamma", "center", "outlines", "blend", "fit", "scope"}:
        assert heatvid.to_rgb(frames, **{name: DEFAULTS[name]}).any()
    assert Options().norm == "linear"
