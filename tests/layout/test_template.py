"""The template: filled, drawn on, pasted to, and copied from."""

from __future__ import annotations

import numpy as np
import pytest

from heatvid._canvas import FORMATS, Box, Canvas, PixelFormat
from heatvid._layout.template import Template

COLORED: list[PixelFormat] = [
    name for name, each in FORMATS.items() if each.samples in ("yuv", "rgb")
]


def noisy(canvas: Canvas) -> Template:
    rng = np.random.default_rng(3)
    frame = np.empty(canvas.frame_bytes, np.uint8)
    for samples in canvas.samples_of(frame):
        samples[...] = rng.integers(0, 1 << canvas.bits, samples.shape)
    return Template(canvas, frame)


@pytest.mark.parametrize("pixel_format", COLORED)
def test_what_is_cropped_and_pasted_elsewhere_is_the_same_there(pixel_format: PixelFormat) -> None:
    source, other = (
        noisy(Canvas(pixel_format, 12, 16)),
        Template.filled(Canvas(pixel_format, 20, 20), (9, 9, 9)),
    )
    before = other.frame.copy()
    other.paste(8, 10, source.crop(Box(2, 4, 6, 8)))
    there, here = Box(8, 10, 6, 8), Box(2, 4, 6, 8)
    for pasted, own in zip(
        other.canvas.samples_of(other.frame, there),
        source.canvas.samples_of(source.frame, here),
        strict=True,
    ):
        assert (pasted == own).all()
    other.fill(there, (9, 9, 9))
    assert (other.frame == before).all()


def test_a_patch_keeps_what_was_there_when_it_was_cropped() -> None:
    template = noisy(Canvas("yuv420p", 12, 16))
    before = template.frame.copy()
    patch = template.crop(Box(2, 4, 6, 8))
    template.fill(Box(3, 5, 4, 4), (255, 0, 0))
    assert (template.frame != before).any()
    patch.lay(template.canvas, template.frame)
    assert (template.frame == before).all()


def test_what_lies_beyond_a_template_is_cut_off() -> None:
    template = Template.filled(Canvas("rgb24", 4, 4), (1, 2, 3))
    template.fill(Box(-2, 3, 4, 5), (7, 7, 7))
    template.blend(3, -1, np.full((2, 2), 255, np.uint8), (8, 8, 8))
    pixels = template.canvas.planes[0].of(template.frame)[..., 0]
    assert pixels.tolist() == [[1, 1, 1, 7], [1, 1, 1, 7], [1, 1, 1, 1], [8, 1, 1, 1]]
