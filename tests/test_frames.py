"""The canvas: how its planes lie in a frame's bytes."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest

from heatvid._canvas import Canvas, PixelFormat


@pytest.mark.parametrize(
    ("pixel_format", "size", "frame_bytes"),
    [
        ("yuv420p", (4, 6), 36),
        ("nv12", (4, 6), 36),
        ("yuv444p", (3, 5), 45),
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


@pytest.mark.parametrize("pixel_format", get_args(PixelFormat))
def test_only_subsampled_chroma_needs_padding(pixel_format: PixelFormat) -> None:
    canvas = Canvas(pixel_format, 3, 5)
    padded = {"420": (4, 6), "nv12": (4, 6), "422": (3, 6)}  # by what its name says of chroma
    size = next((size for part, size in padded.items() if part in pixel_format), (3, 5))
    assert (canvas.height, canvas.width) == size
    assert canvas.subsampled == (size == (4, 6))


@pytest.mark.parametrize(
    ("pixel_format", "first"),
    [
        ("yuv420p", ([0, 1, 2, 3], [8, 9], [10, 11])),
        ("nv12", ([0, 1, 2, 3], [8, 10], [9, 11])),
        ("yuv444p", ([0, 1, 2, 3], [8, 9, 10, 11], [16, 17, 18, 19])),
        ("rgb24", ([0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11])),
    ],
)
def test_samples_are_views_wherever_they_lie(
    pixel_format: PixelFormat, first: tuple[list[int], ...]
) -> None:
    canvas = Canvas(pixel_format, 2, 4)
    frame = np.arange(canvas.frame_bytes, dtype=np.uint8)
    samples = canvas.samples_of(frame)
    assert [part[0].tolist() for part in samples] == list(first)
    assert all(np.shares_memory(part, frame) for part in samples)
    assert sorted(np.concatenate([part.reshape(-1) for part in samples])) == frame.tolist()


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
