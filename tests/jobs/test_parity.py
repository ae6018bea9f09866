"""The command line and Python are one: each option means the same, and is refused alike, in both.

A new option fails here until it has a row.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import heatvid
from heatvid._options.checks import NORMS
from heatvid._options.options import option_fields
from heatvid.cli import main
from tests.support.typed import BARE, FLAGS, OVER, flags
from tests.support.videos import encoded

NAMES = [option.name for option in option_fields()]
EXACT: dict[str, Any] = {"lossless": True, "preset": "ultrafast"}


pytestmark = pytest.mark.usefixtures("among_dumps")


@dataclass(frozen=True)
class Row:
    """One option: values that show, with what else they need, and values that are refused."""

    good: tuple[Any, ...]
    bad: tuple[Any, ...]
    beside: dict[str, Any] = field(default_factory=dict)
    source: str = "values.npy"
    shows: bool = True  # the video is another than without the option


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


def test_every_option_has_a_row() -> None:
    assert sorted(ROWS) == sorted(NAMES)


# --- values -------------------------------------------------------------------------------------


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
