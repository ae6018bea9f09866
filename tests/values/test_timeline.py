"""Which frame is shown when, against the plain definition: one after another, by exact times."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatvid._values.timeline import Clock, Even, Timeline, Uneven, frames_until, runs

RATES = st.sampled_from([
    Fraction(rate)
    for rate in ("1", "6", "24000/1001", "24", "25", "30000/1001", "30", "60", "1/3600", "7/3")
])  # fmt: skip
SPEEDS = st.sampled_from([Fraction(s) for s in ("1", "4", "1/3", "2.5", "7", "1/2")])
TIMES = st.lists(st.integers(0, 3_000_000), min_size=1, max_size=9).map(sorted)


def slowly(times: list[Fraction], moment: Fraction, hold: str) -> tuple[int, int, float]:
    """The frames around a moment, looked for among all."""
    before = max([i for i, time in enumerate(times) if time <= moment], default=0)
    after = min(before + 1, len(times) - 1)
    span, since = times[after] - times[before], moment - times[before]
    if hold == "previous" or not span or since <= 0:
        return before, before, 0.0
    if hold == "nearest":
        near = after if since > times[after] - moment else before
        return near, near, 0.0
    return before, after, float(since / span)


def taken(timeline: Timeline, count: int) -> list[tuple[int, int, float]]:
    first, second, weight = timeline.taken(0, count)
    assert (first.dtype, weight.dtype) == (np.intp, np.float64)
    return list(zip(first.tolist(), second.tolist(), weight.tolist(), strict=True))


@given(RATES, RATES, SPEEDS, st.integers(1, 20), st.integers(0, 9), st.booleans())
@pytest.mark.parametrize("hold", ["previous", "nearest", "linear"])
def test_frames_evenly_apart(
    hold: Any, rate: Fraction, fps: Fraction, speed: Fraction, length: int, late: int,
    backwards: bool,
) -> None:  # fmt: skip
    begins = Fraction(late, 7)
    clock = Clock(fps, 25, speed, begins, backwards)
    times = [begins + i / rate for i in range(length)]
    moments = [begins + k * speed / fps for k in range(25)]
    wanted = [slowly(times, moment, hold) for moment in moments]
    timeline = Timeline(clock, Even(rate, length, begins), hold)
    assert taken(timeline, 25) == (wanted[::-1] if backwards else wanted)
    assert clock.seconds(0, 25).tolist() == [
        float(moment) for moment in (moments[::-1] if backwards else moments)
    ]


@given(TIMES, RATES, SPEEDS)
@pytest.mark.parametrize("hold", ["previous", "nearest", "linear"])
def test_frames_at_times_of_their_own(
    hold: Any, ticks: list[int], fps: Fraction, speed: Fraction
) -> None:
    times = [Fraction(tick, 1_000_000) for tick in ticks]
    clock = Clock(fps, 25, speed, times[0])
    wanted = [slowly(times, clock.at(k), hold) for k in range(25)]
    assert taken(Timeline(clock, Uneven(tuple(ticks)), hold), 25) == wanted


@given(RATES, RATES, SPEEDS, st.integers(1, 40))
def test_an_output_ends_when_what_it_shows_has_been_shown(
    rate: Fraction, fps: Fraction, speed: Fraction, length: int
) -> None:
    clock = Clock(fps, None, speed)
    count = Timeline(clock, Even(rate, None)).frames_of(length)
    assert count == frames_until(clock, length / rate)
    assert clock.at(count - 1) < length / rate or count == 1
    assert clock.at(count) >= length / rate


@given(RATES, RATES, SPEEDS, st.integers(1, 12))
def test_frames_that_each_are_shown_once_in_order_are_left_alone(
    rate: Fraction, fps: Fraction, speed: Fraction, length: int
) -> None:
    clock = Clock(fps, length, speed)
    timeline = Timeline(clock, Even(rate, length), "linear")
    in_order = taken(timeline, length) == [(i, i, 0.0) for i in range(length)]
    assert timeline.identity == (rate * speed == fps)
    assert in_order or not timeline.identity
    again = len(set(timeline.taken(0, 60, 10**9).first.tolist())) < 60
    assert timeline.repeats or not again


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_each_frame_of_a_batch_is_read_once_for_places_beside_each_other(frames: list[int]) -> None:
    shown = np.full(len(frames), -1)
    order = []
    for place, frame, count in runs(np.array(frames, np.intp)):
        shown[place : place + count] = range(frame, frame + count)
        order.append(frame)
    held = [i for i in range(len(frames)) if i and frames[i] == frames[i - 1]]
    assert (np.flatnonzero(shown < 0) == held).all()
    assert [frame for frame in shown if frame >= 0] == [
        frame for i, frame in enumerate(frames) if i not in held
    ]
    assert order == sorted(order)


def test_the_last_frame_is_shown_as_long_as_the_middle_one() -> None:
    assert Uneven((0, 10, 500, 600)).lasts == Fraction(100, 1_000_000)
    assert Uneven((5,)).ends(1) == Fraction(5, 1_000_000) + 1
    assert Even(Fraction(6), 12).ends(12) == 2
