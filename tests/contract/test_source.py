"""Every source keeps the promises of ``Source``: the frames that were saved, or a clear error."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from heatvid._errors import HeatvidError, OptionError, SourceError, UsageError
from heatvid._frames import AnyArray
from heatvid.sources import Source, open_source
from tests.support.broken_sources import BROKEN, Broken
from tests.support.file_sources import FILES
from tests.support.footprint import counted, footprint
from tests.support.lines import clear_line
from tests.support.sources import KINDS as PLAIN
from tests.support.sources import Frames, Given, Kind, as_slice, name_of
from tests.support.stored_sources import STORED

KINDS = [*PLAIN, *FILES, *STORED]
POISON = 0xAA


@pytest.fixture(params=KINDS, ids=name_of)
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def given(kind: Kind, tmp_path: Path) -> Given:
    return kind.make(tmp_path)


def kinds_that(trait: Callable[[Kind], Any]) -> pytest.MarkDecorator:
    """Run a test on the kinds of one trait."""
    return pytest.mark.parametrize("kind", list(filter(trait, KINDS)), ids=name_of)


def everything(source: Source, size: int = 4) -> Frames:
    return np.concatenate([batch.data.copy() for batch in source.batches(size)])


def demand(got: AnyArray, wanted: Frames) -> None:
    """Demand frames to be equal, in their dtype, too."""
    assert (got.shape, got.dtype) == (wanted.shape, wanted.dtype)
    np.testing.assert_array_equal(got, wanted)


def poisoned(source: Source, count: int) -> AnyArray:
    """Memory for ``count`` frames, full of rubbish."""
    shape = (count, *source.buffer_shape)
    memory = np.full(math.prod(shape) * source.dtype.itemsize, POISON, np.uint8)
    return memory.view(source.dtype).reshape(shape)


# --- what it says of itself ------------------------------------------------------------------


def test_a_source_says_what_it_gives(kind: Kind, given: Given) -> None:
    with given.open() as source:
        assert source.name == given.name
        assert source.dtype == given.frames.dtype
        assert source.dtype.isnative
        assert source.frame_shape == given.frames.shape[1:]
        assert source.shape == (source.length, *source.frame_shape)
        assert (source.names, source.fps) == (given.names, given.fps)
        assert source.rewindable == kind.rewindable
        assert source.in_memory == kind.in_memory
        assert source.concurrent == kind.concurrent
        assert source.length == (len(given.frames) if kind.has_length else None)
        assert (source.unread(0, 2) is not None) == kind.unread
        # Axes may lie in another order, and channels that are left out beside those taken.
        assert math.prod(source.buffer_shape) % math.prod(source.frame_shape) == 0


def test_a_source_says_what_its_values_are(given: Given) -> None:
    with given.open() as source:
        for name, wanted in given.about.items():
            np.testing.assert_array_equal(getattr(source.about, name), wanted, err_msg=name)
        for of_frames in (source.about.times, source.about.labels):
            assert of_frames is None or len(of_frames) == source.length
        for of_places, length in zip(
            (source.about.rows, source.about.columns), source.frame_shape[:2], strict=True
        ):
            assert of_places is None or len(of_places) == length
        assert source.chunk >= 1


@kinds_that(lambda kind: not kind.has_length)
def test_the_length_of_a_stream_is_known_when_it_has_ended(given: Given) -> None:
    with given.open() as source:
        with pytest.raises(TypeError, match="no length until it has ended"):
            len(source)
        everything(source)
        assert source.length == len(source) == len(given.frames)


# --- reading ---------------------------------------------------------------------------------


def test_batches_of_any_size_are_the_frames_in_their_order(kind: Kind, given: Given) -> None:
    count = len(given.frames)
    for size in (4,) if kind.costly else (1, 4, 9, 100):
        with given.open() as source:
            ends = []
            for batch in source.batches(size):
                ends.append(batch.start + len(batch))
                demand(batch.data, given.frames[batch.start : ends[-1]])
        assert ends == [*range(size, count, size), count]


def test_there_are_fewer_frames_at_the_end_only(given: Given) -> None:
    with given.open() as source:
        count = len(given.frames)
        for i, start in enumerate((*range(0, count, 4), count, count)):
            memory = poisoned(source, 4) if i % 2 else None
            demand(source.read(start, 4, memory), given.frames[start : start + 4])


@kinds_that(lambda kind: not kind.in_memory)
def test_memory_that_is_given_is_filled_and_no_more(given: Given) -> None:
    with given.open() as source:
        out = poisoned(source, 5)
        got = source.read(0, 3, out)
        demand(got, given.frames[:3])
        assert np.shares_memory(got, out)
        assert (out[3:].reshape(-1).view(np.uint8) == POISON).all()


@kinds_that(lambda kind: kind.rewindable)
def test_frames_can_be_read_again_and_in_any_order(kind: Kind, given: Given) -> None:
    count = len(given.frames)
    rng = np.random.default_rng(0)
    with given.open() as source:
        for start in (
            count - 1,
            0,
            0,
            count,
            *rng.integers(0, count + 1, 1 if kind.costly else 9).tolist(),
        ):
            size = int(rng.integers(1, count + 3))
            memory = poisoned(source, size) if rng.integers(2) else None
            demand(source.read(start, size, memory), given.frames[start : start + size])


@kinds_that(lambda kind: not kind.rewindable)
@pytest.mark.parametrize("start", [0, 1, 3, 100])
def test_what_is_given_once_is_refused_a_second_time(given: Given, start: int) -> None:
    with given.open() as source:
        demand(source.read(0, 2), given.frames[:2])
        with pytest.raises(UsageError) as caught:
            source.read(start, 1)
        clear_line(caught.value, given.name)
        demand(source.read(2, 2), given.frames[2:4])


@kinds_that(lambda kind: kind.concurrent)
def test_several_threads_may_read_at_once(given: Given) -> None:
    count = len(given.frames)
    with given.open() as source, ThreadPoolExecutor(4) as pool:

        def read(start: int) -> Frames:
            return source.read(start, 2, poisoned(source, 2)).copy()

        starts = np.random.default_rng(0).integers(0, count, 60).tolist()
        for start, got in zip(starts, pool.map(read, starts), strict=True):
            demand(got, given.frames[start : start + 2])


@kinds_that(lambda kind: kind.unread)
def test_frames_that_are_left_to_be_read_are_the_same(given: Given) -> None:
    with given.open() as source:
        frames = source.unread(0, 100)
        assert frames is not None
        assert len(frames) == len(source) == len(given.frames)
        for frame, wanted in zip(frames, given.frames, strict=True):
            assert (frame.shape, frame.dtype) == (wanted.shape, wanted.dtype)
            got = np.empty_like(wanted)
            for top in range(0, len(wanted), 2):
                frame.read_rows(top, got[top : top + 2])
            frame.check()
            demand(got, wanted)
        assert source.unread(len(frames), 4) == []


# --- choosing --------------------------------------------------------------------------------

# Starts, stops and steps, so that every value meets every other once.
STARTS, STOPS = ("", "0", "2", "-3", "40"), ("", "7", "-1", "-40", "4")
STEPS = ("", "1", "2", "-1", "-3")
SLICES = [
    f"{start}:{stop}:{STEPS[(i + j) % 5]}"
    for i, start in enumerate(STARTS)
    for j, stop in enumerate(STOPS)
]
FORWARD = [f"{start}:{stop}:{step}" for start, stop, step in
           (("", "", "2"), ("2", "", ""), ("3", "8", "3"), ("0", "1", ""), ("", "40", "1"),
            ("8", "40", "7"), ("5", "5", ""), ("7", "3", "1"), ("40", "", "2"))]  # fmt: skip


def demand_choices(given: Given, texts: list[str]) -> None:
    """Demand what NumPy chooses, and an error where that is nothing."""
    some = [text for text in texts if len(given.frames[as_slice(text)])]
    assert some
    for i, text in enumerate(some):
        with open_source(given.open(), frames=text if i % 2 else as_slice(text)) as source:
            demand(everything(source, 1 + i % 3), given.frames[as_slice(text)])
    for text in set(texts) - set(some):
        with (
            given.open() as opened,
            pytest.raises(SourceError, match="frames selects none") as caught,
        ):
            everything(open_source(opened, frames=text))
        clear_line(caught.value, given.name)


@kinds_that(lambda kind: kind.has_length)
def test_a_choice_of_frames_is_a_python_slice(kind: Kind, given: Given) -> None:
    demand_choices(given, SLICES[::6] if kind.costly else SLICES)


@kinds_that(lambda kind: not kind.has_length)
def test_a_choice_from_a_stream_is_the_same(given: Given) -> None:
    demand_choices(given, FORWARD)


@kinds_that(lambda kind: not kind.has_length)
@pytest.mark.parametrize("text", ["-1:", ":-1", "::-1", "-3:"])
def test_a_stream_cannot_be_counted_from_its_end(given: Given, text: str) -> None:
    with pytest.raises(OptionError, match="from the end, which a stream does not show") as caught:
        open_source(given.open(), frames=text)
    clear_line(caught.value, given.name)


# --- closing ---------------------------------------------------------------------------------


def read_if_it_can(source: Source, start: int, count: int, instead: Frames) -> AnyArray:
    """Read from what may be closed: an error has to be a clear one, and gives ``instead``."""
    try:
        return source.read(start, count)
    except HeatvidError as error:
        clear_line(error, source.name.partition("[")[0])
        return instead


def test_reading_after_closing_is_an_error_or_right(given: Given) -> None:
    source = given.open()
    demand(source.read(0, 1), given.frames[:1])
    source.close()
    source.close()
    wanted = given.frames[1:3]
    demand(read_if_it_can(source, 1, 2, instead=wanted), wanted)
    source.close()


@kinds_that(lambda kind: kind.unread)
def test_frames_left_to_be_read_are_not_read_after_closing(given: Given) -> None:
    source = given.open()
    frames = source.unread(0, 1)
    assert frames is not None
    source.close()
    with pytest.raises(SourceError, match="closed"):
        source.unread(0, 1)
    with pytest.raises(SourceError, match="closed"):
        frames[0].read_rows(0, np.empty_like(given.frames[0]))


@counted
def test_nothing_stays_open(kind: Kind, given: Given) -> None:
    def leave(source: Source) -> None:
        with source:
            source.read(0, 2)
            raise KeyError("mine")

    before = footprint()
    for _ in range(1 if kind.costly else 2):
        with given.open() as source:
            source.read(0, 1)
        source.close()
        with pytest.raises(KeyError, match="mine"):
            leave(given.open())
        given.open().close()
        with given.open() as opened, pytest.raises(SourceError, match="frames selects none"):
            open_source(opened, frames="5:5")  # which leaves it open
    assert footprint() == before


# --- files that change, and files that are wrong from the start ------------------------------

CHANGES = [(kind, name) for kind in KINDS for name in kind.changes]


@pytest.mark.parametrize(("kind", "name"), CHANGES, ids=lambda part: getattr(part, "name", part))
def test_a_file_that_changes_after_opening_is_an_error(kind: Kind, given: Given, name: str) -> None:
    with given.open() as source:
        assert given.file is not None
        kind.changes[name](given.file)
        with pytest.raises(SourceError) as caught:
            everything(source)
        clear_line(caught.value, given.file)


@pytest.mark.parametrize(
    ("kind", "name"), [pair for pair in CHANGES if pair[0].watched],
    ids=lambda part: getattr(part, "name", part),
)  # fmt: skip
def test_a_file_that_changes_while_it_is_read_is_an_error(
    kind: Kind, given: Given, name: str
) -> None:
    with given.open() as source:
        assert given.file is not None
        source.read(0, 1)
        unread = source.unread(0, 1) or []
        kind.changes[name](given.file)
        with pytest.raises(SourceError) as caught:
            source.read(min(1, len(given.frames) - 1), 1)
        clear_line(caught.value, given.file)
        for frame in unread:
            with pytest.raises(SourceError, match="changed while"):
                frame.check()


@pytest.mark.parametrize(
    "broken", [row for row in BROKEN if not row.late], ids=lambda row: row.name
)
def test_what_is_broken_is_refused_in_one_line_that_begins_with_its_name(
    broken: Broken, tmp_path: Path
) -> None:
    what = broken.make(tmp_path)
    before = footprint()
    with pytest.raises(UsageError, match=broken.message) as caught:
        open_source(what, **broken.options)
    clear_line(caught.value, broken.begin or str(what))
    assert footprint() == before


@pytest.mark.parametrize("broken", [row for row in BROKEN if row.late], ids=lambda row: row.name)
def test_what_is_found_broken_as_it_is_read_is_said_as_clearly(
    broken: Broken, tmp_path: Path
) -> None:
    what = broken.make(tmp_path)
    before = footprint()
    with open_source(what, **broken.options) as source:
        with pytest.raises(SourceError, match=broken.message) as caught:
            everything(source)
        clear_line(caught.value, broken.begin or str(what))
    assert footprint() == before
