"""How encoders are set: what fields get by default, and what a quality means."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid._canvas import Canvas
from heatvid._encode.arguments import encoder_arguments
from heatvid._encode.codecs import CODECS, NAMES
from heatvid._encode.containers import CONTAINERS
from heatvid._encode.settings import OutputSettings
from heatvid._encode.tuning import Detail, detail
from heatvid._encode.video import VideoSink
from heatvid._ffmpeg.process import run
from heatvid._ffmpeg.program import file_url, find_ffmpeg
from heatvid._frames import Bytes
from heatvid._options import output
from heatvid._options.options import make_options

CANVAS = Canvas("yuv420p", 128, 192)


def textured(count: int = 8, amount: float = 30.0) -> Bytes:
    """Frames of smooth noise that moves, around middle gray."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, amount, (256, 256))
    for axis in (0, 1):
        noise = sum(np.roll(noise, k, axis) for k in range(-3, 4)) / 3
    frames = np.full((count, CANVAS.frame_bytes), 128, np.uint8)
    for i, frame in enumerate(frames):
        part = noise[2 * i : 2 * i + CANVAS.height, i : i + CANVAS.width]
        CANVAS.planes[0].of(frame)[...] = np.clip(np.rint(part + 120), 16, 235)
    return frames


def words(settings: OutputSettings, **more: Any) -> str:
    return " ".join(encoder_arguments(settings, ".x", **more))


def decoded(path: Path) -> Bytes:
    command = [find_ffmpeg(), "-v", "error", "-nostdin", "-i", file_url(path)]
    done = run([*command, "-pix_fmt", "yuv420p", "-f", "rawvideo", "-"], timeout_seconds=60)
    return np.frombuffer(done.stdout, np.uint8).reshape(-1, CANVAS.frame_bytes)


def error_of(folder: Path, frames: Bytes, **options: object) -> float:
    """Root of the mean square of what encoding changes in the luma."""
    path = folder / "out.mp4"
    settings = OutputSettings(path, CANVAS, Fraction(30), overwrite=True, **options)  # type: ignore[arg-type]
    with VideoSink(settings) as sink:
        sink.write(frames)
    luma = CANVAS.planes[0].size
    error = decoded(path)[:, :luma].astype(float) - frames[:, :luma]
    return float(np.sqrt(np.mean(error**2)))


def test_options_name_the_codecs_that_there_are() -> None:
    assert output.CODECS == NAMES
    assert {name for each in CONTAINERS.values() for name in each.codecs} == set(NAMES)


def test_every_encoder_has_a_speed_for_each_preset_or_none() -> None:
    assert {len(row.speeds) for row in CODECS} == {0, len(output.PRESETS) - 1}


def test_fields_are_set_apart_from_films_and_labels() -> None:
    found = {
        content: words(OutputSettings("x.mp4", CANVAS, Fraction(30), content=content))
        for content in ("field", "labels", "pictures")
    }
    assert len(set(found.values())) == 3
    for each in found.values():
        assert "aq-mode=0" in each


def test_a_preset_that_is_asked_for_is_taken_as_it_is() -> None:
    text = words(OutputSettings("x.mp4", CANVAS, Fraction(30), preset="medium"))
    assert "-crf 18 -preset medium" in text
    assert "x264-params" not in text
    text = words(OutputSettings("x.mp4", CANVAS, Fraction(30), crf=23.5))
    assert "-crf 23.5 -preset superfast" in text


def test_detail_is_that_of_adaptive_quantisation() -> None:
    flat = np.full(CANVAS.frame_bytes, 128, np.uint8)
    assert detail(flat, CANVAS) == pytest.approx((-1.0397 * 14.427, 0))
    rough = flat.copy()
    rough[: CANVAS.planes[0].size : 2] = 130  # of every 256 samples, squares of 1 about the mean
    assert detail(rough, CANVAS) == pytest.approx((1.0397 * (8 - 14.427), 0))
    assert detail(flat[: 8 * 8 * 3 // 2], Canvas("yuv420p", 8, 8)) == (0, 0)


def crf_of(detail: Detail) -> float:
    text = words(OutputSettings("x.mp4", CANVAS, Fraction(30)), detail=detail)
    return float(text.split("-crf ")[1].split()[0])


def test_edges_are_searched_for_motion_more_finely_unless_they_are_all_there_is() -> None:
    settings = OutputSettings("x.mp4", CANVAS, Fraction(30))
    finely = ["subme=2" in words(settings, detail=Detail(-4.0, edges)) for edges in (0.3, 1.0, 5.0)]
    assert finely == [False, True, False]
    assert "subme=2" not in words(settings)


def test_edges_alone_are_encoded_coarsely_as_by_the_usual_setting() -> None:
    frame = np.full(CANVAS.frame_bytes, 128, np.uint8)
    luma = CANVAS.planes[0].of(frame)
    luma[:, 100:] = 180  # one edge, through a twelfth of the blocks
    found = detail(frame, CANVAS)
    assert found.edges > 3
    assert crf_of(found) > crf_of(found._replace(edges=0.3))
    assert crf_of(Detail(0.0, 5.0)) < crf_of(Detail(0.0, 6.0)) < crf_of(Detail(0.0, 99.0)) < 27


def test_the_smoother_a_field_the_finer_it_is_encoded() -> None:
    crfs = [crf_of(detail(textured(1, amount)[0], CANVAS)) for amount in (1.0, 4.0, 30.0)]
    assert crfs == sorted(crfs)
    assert crfs[0] < crfs[-1]


@pytest.mark.parametrize("codec", ["h264", "hevc", "av1", "vp9"])
def test_quality_means_the_same_with_every_codec(tmp_path: Path, codec: str) -> None:
    frames = textured()
    fine, coarse = (
        error_of(tmp_path, frames, codec=codec, quality=levels) for levels in (1.0, 4.0)
    )
    assert 0.4 < fine < 1.4
    assert 1.6 < coarse < 5.6


def test_a_field_by_default_is_as_close_as_the_usual_setting_of_the_encoder(
    tmp_path: Path,
) -> None:
    frames = textured(16)
    assert error_of(tmp_path, frames) <= error_of(tmp_path, frames, preset="medium") * 1.05


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"quality": 1, "crf": 20}, "quality: got 1.0; allowed without crf"),
        ({"quality": 1, "lossless": True}, "without lossless"),
        ({"hardware": "try", "lossless": True}, "without lossless"),
    ],
)
def test_options_that_contradict_each_other(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_options(given)
