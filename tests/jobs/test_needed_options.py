"""An option that would change nothing is refused, by the command line as by Python."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._options.options import Options, option_fields
from heatvid.cli import main
from tests.support.typed import BARE, OVER, flags
from tests.support.videos import pictures

pytestmark = pytest.mark.usefixtures("among_dumps")

DEFAULTS = {option.name: option.default for option in option_fields()}

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
    ({"label_names": "names.txt", "colorbar": "right"}, "label_names: .*with norm='labels'"),
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
