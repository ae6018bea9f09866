"""The canvas: how its planes lie in a frame's bytes."""

from __future__ import annotations

import numpy as np
import pytest

from heatvid._frames import Canvas, PixelFormat


@pytest.mark.parametrize(
    ("pixel_format", "size", "frame_bytes"),
    [
        ("yuv420p", (4, 6), 36),
        ("rgb24", (3, 5), 45),
        ("gray", (3, 5), 15),
        ("gray16le", (3, 5), 30),
    ],
)
def test_a_frame_has_the_bytes_of_its_planes(
    pixel_format: PixelFormat, size: tuple[int, int], frame_bytes: int
) -> None:
    canvas = Canvas(pixel_format, *size[:2])
    assert (canvas.height, canvas.width) == size
    assert canvas.frame_bytes == frame_bytes == sum(plane.size for plane in canvas.planes)
    assert canvas.is_gray == pixel_format.startswith("gray")


def test_only_yuv420p_is_padded() -> None:
    assert (Canvas("yuv420p", 3, 5).height, Canvas("yuv420p", 3, 5).width) == (4, 6)
    assert (Canvas("gray16le", 3, 5).height, Canvas("gray16le", 3, 5).width) == (3, 5)


def test_words_are_little_endian_views_of_the_frame() -> None:
    canvas = Canvas("gray16le", 2, 3)
    frame = np.zeros(canvas.frame_bytes, np.uint8)
    words = canvas.planes[0].words_of(frame)
    assert words.shape == (2, 3)
    words[1, 0] = 0x1234
    assert frame.tolist() == [0, 0, 0, 0, 0, 0, 0x34, 0x12, 0, 0, 0, 0]


def test_gray_is_a_view_of_the_frame() -> None:
    canvas = Canvas("gray", 2, 3)
    frame = np.arange(6, dtype=np.uint8)
    canvas.planes[0].of(frame)[1, 2] = 77
    assert frame[5] == 77
