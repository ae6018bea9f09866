"""The demo's flow is physical and repeatable, and its drawing lines up with it."""

from __future__ import annotations

import numpy as np
import pytest

from heatvid._tools import demo
from heatvid._tools.demo_drawing import drawn_background

HEIGHT, WIDTH, FRAMES = 192, 416, 240


@pytest.fixture(scope="module")
def wake() -> demo.Floats:
    return np.stack(list(demo.vortex_street(FRAMES, HEIGHT, WIDTH)))


def test_frames_are_float32_of_the_size_asked_for(wake: demo.Floats) -> None:
    assert wake.shape == (FRAMES, HEIGHT, WIDTH)
    assert wake.dtype == np.float32
    assert wake.flags.c_contiguous


def test_the_same_frames_come_every_time(wake: demo.Floats) -> None:
    again = np.stack(list(demo.vortex_street(3, HEIGHT, WIDTH)))
    np.testing.assert_array_equal(again, wake[:3])


def test_cylinder_is_nan_and_its_boundary_layer_is_strong(wake: demo.Floats) -> None:
    distance = demo.cylinder_distance(HEIGHT, WIDTH)
    np.testing.assert_array_equal(np.isnan(wake), np.broadcast_to(distance < 0, wake.shape))
    boundary_layer = (distance > 0) & (distance < 0.02)
    assert np.abs(wake[0, boundary_layer]).mean() > 1


def test_vortices_are_shed_at_the_known_frequency(wake: demo.Floats) -> None:
    # Strouhal 0.18 in an open flow (Williamson, Annu. Rev. Fluid Mech. 28, 1996), a little more
    # in a channel, whose walls force the fluid past the cylinder faster.
    column = round((demo.CYLINDER_X + 4 * demo.DIAMETER) * HEIGHT)
    signal = wake[:, HEIGHT // 2, column] - wake[:, HEIGHT // 2, column].mean()
    padded = 8 * FRAMES
    spectrum = np.abs(np.fft.rfft(signal * np.hanning(FRAMES), padded))
    strouhal = spectrum.argmax() / (padded * demo.TIME_PER_FRAME)
    assert 0.16 < strouhal < 0.22
    assert signal.std() > 0.2


def test_the_wake_turns_both_ways_down_to_the_outflow(wake: demo.Floats) -> None:
    outflow = wake[:, :, -1]
    assert outflow.max() > 0.3
    assert outflow.min() < -0.3


@pytest.mark.parametrize("size", [(72, 160), (135, 333)])
def test_drawing_has_the_size_asked_for_and_the_cylinder_in_its_place(
    size: tuple[int, int],
) -> None:
    picture = drawn_background(*size)
    assert picture.shape == (*size, 3)
    assert picture.dtype == np.uint8
    distance = demo.cylinder_distance(*size)
    steel = (distance < -0.02) & (distance > -0.03)
    paper = (distance > 0.01) & (distance < 0.02)
    assert picture[steel].mean() > 120 > picture[paper].mean()
