"""The language of texts: what it says, what it needs, how wide it grows, what it refuses."""

from __future__ import annotations

import struct
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatvid._errors import OptionError
from heatvid._layout.fonts import DEFAULT_FILE, open_font
from heatvid._layout.texts import Extent, FrameFacts, parse_text, plain
from heatvid._values.limits import Limits

FACTS = FrameFacts(1.5, "left", (-1.0, 3.25, 0.125), Limits(0, 1))
DATED = FACTS._replace(time=np.datetime64("2026-03-04T05:06:07"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("{frame}", "7"),
        ("{frame:04d}|", "0007|"),
        ("{time} s", "1.50 s"),
        ("{time:.0f}", "2"),
        ("{time:%M:%S}", "00:01"),
        ("{name} {{x}} {value:min}", "left {x} -1"),
        ("{value:max:.2f}/{value:mean:+.3f}", "3.25/+0.125"),
        ("", ""),
        ("plain", "plain"),
    ],
)
def test_texts_say_what_is_known_of_a_frame(words: str, said: str) -> None:
    assert parse_text(words).words(7, FACTS) == said


@pytest.mark.parametrize(
    ("words", "said"),
    [("{time}", "2026-03-04 05:06"), ("{time:%d.%m. %H:%M:%S}", "04.03. 05:06:07")],
)
def test_dates_are_written_as_asked(words: str, said: str) -> None:
    assert parse_text(words, dated=True).words(0, DATED) == said


@pytest.mark.parametrize(
    ("words", "moves", "needs_values"),
    [
        ("a", False, False), ("{name}", True, False), ("{frame}", True, False),
        ("{value:min}", True, True), ("{{frame}}", False, False),
    ],
)  # fmt: skip
def test_texts_know_whether_they_move_and_whether_they_need_values(
    words: str, moves: bool, needs_values: bool
) -> None:
    text = parse_text(words)
    assert (text.moves, text.needs_values) == (moves, needs_values)


def test_a_name_that_all_frames_share_is_plain() -> None:
    text = parse_text("a {name:>6}", name="x")
    assert text == plain("a      x")
    assert not text.moves


@pytest.mark.parametrize(
    ("words", "dated", "why"),
    [
        ("{frames}", False, "{frames} is none"),
        ("{}", False, "{} is none"),
        ("{0}", False, "{0} is none"),
        ("{frame.real}", False, "none of its fields"),
        ("{frame!r}", False, "{frame!r} is none"),
        ("{value}", False, "{value} is none"),
        ("{value:median}", False, "{value:median} is none"),
        ("{value:mean:.2q}", False, "{value:mean:.2q}"),
        ("{value:mean:d}", False, "d"),
        ("{frame:c}", False, "not for texts"),
        ("{frame:1000000000d}", False, "not for texts"),
        ("{frame:{frame}}", False, "{frame:{frame}}"),
        ("{name:.2f}", False, "{name:.2f}"),
        ("{time:%Y}", False, "%Y: frames have seconds"),
        ("{time:.2f}", True, "frames have dates"),
        ("{time:%Q}", True, "%Q"),
        ("{time:%H%}", True, "%: unknown"),
        ("a { b", False, "expected '}'"),
        ("a } b", False, "Single '}'"),
    ],
)
def test_what_no_text_can_say_is_refused_when_it_is_read(words: str, dated: bool, why: str) -> None:
    with pytest.raises(OptionError, match=r"^title: got ") as caught:
        parse_text(words, option="title", dated=dated)
    assert why in str(caught.value)
    assert "allowed are {frame}" in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(words: str) -> None:
    with suppress(OptionError):
        parse_text(words).words(123, FACTS)


@given(st.integers(1, 10**6), st.floats(0, 1e5), st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_no_frame_is_wider_than_was_foreseen(
    frames: int, seconds: float, low: float, span: float
) -> None:
    text = parse_text("{frame} {time:.2f} {name} {value:mean:.1f}")
    extent = Extent(frames, seconds, ("a", "long name"), Limits(low, low + span))
    font = open_font(None, 12)
    widest = text.widest(font, extent)
    for share in (0.0, 0.33, 1.0):
        value = low + span * share
        facts = FrameFacts(seconds * share, "long name", (value, value, value))
        assert font.width(text.words(int((frames - 1) * share), facts)) <= widest


def test_no_date_is_wider_than_was_foreseen() -> None:
    text = parse_text("{time:%A %d. %B %Y %p}", dated=True)
    font = open_font(None, 14)
    widest = text.widest(font, Extent())
    for day in np.arange("2024-01-01", "2025-01-01", dtype="datetime64[D]"):
        for hour in (3, 15):
            facts = FrameFacts(day.astype("datetime64[h]") + hour)
            assert font.width(text.words(0, facts)) <= widest


def test_characters_that_a_font_lacks_are_named() -> None:
    font = open_font(None, 12)
    parse_text("Å µm −1 ≤ α").demand(font, Extent(), "title")
    with pytest.raises(OptionError, match=r"^text: the default font has no 漢 字; allowed"):
        parse_text("{name}").demand(font, Extent(names=("a", "漢字")), "text")


@pytest.mark.parametrize("path", ["nowhere.ttf", __file__])
def test_what_is_no_font_is_refused_by_name(path: Any) -> None:
    with pytest.raises(OptionError, match="allowed are TrueType") as caught:
        open_font(path, 12)
    assert path in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(("table", "first", "last"), [(b"glyf", 0, None), (b"hhea", 4, 6)])
def test_a_font_that_is_damaged_is_refused_when_it_is_drawn(
    table: bytes, first: int, last: int | None, tmp_path: Path
) -> None:
    """Its glyphs are no outlines, or its lines have no end."""
    content = bytearray((resources.files("heatvid") / "data" / DEFAULT_FILE).read_bytes())
    at = content.index(table)
    begin, size = struct.unpack(">II", content[at + 8 : at + 16])
    part = slice(begin + first, begin + (last or size))
    content[part] = b"\x7f" * (part.stop - part.start)
    (tmp_path / "x.ttf").write_bytes(content)
    with pytest.raises(OptionError, match=r"^font: .*x\.ttf: .*; allowed are TrueType"):
        open_font(str(tmp_path / "x.ttf"), 12).coverage("some words")
