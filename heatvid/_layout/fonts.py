"""Fonts: a text becomes the coverage of its pixels; shaping and kerning are Pillow's."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from importlib import resources
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np

from heatvid._errors import OptionError, called, one_line, printable
from heatvid._frames import Bytes

DEFAULT_FILE = "DejaVuSans-subset.ttf"  # Latin, Greek and Cyrillic letters, signs of mathematics
NOWHERE = "\U0010fffd"  # for private use, and in no font: drawn as what is missing
RAISED, RAISED_SIZE = 0.38, 0.7  # of the size: baseline of a power, and its size
_MOST_EMS = 12  # of a line of any font
LEAST_PIXELS = 6  # of the size that a text is shrunk to

_DIGIT = re.compile("([0-9])")


class Label(NamedTuple):
    """A text that may end in a power: 10 and −2."""

    text: str
    power: str = ""


class Font:
    """One font at one size.

    Parameters
    ----------
    path : str or None
        Of a TrueType or OpenType file; by default the package's own.
    size : int
        Of an em, in pixels.

    Raises
    ------
    OptionError
        The file cannot be read as a font.
    """

    def __init__(self, path: str | None, size: int) -> None:
        from PIL import ImageFont

        self.path, self.size = path, size
        with self._reading():
            self._face = ImageFont.truetype(BytesIO(_content(path)), size)
            self.ascent, descent = self._face.getmetrics()
            self.height = self.ascent + descent
            if not 0 < self.height <= _MOST_EMS * size:
                raise OSError(f"its lines are of {self.height / size:g} ems")
        self._run = lru_cache(1024)(self._drawn)

    def at(self, size: int) -> Font:
        """The same font at another size."""
        return open_font(self.path, size)

    def demand(self, text: str, option: str) -> None:
        """Refuse what the font cannot draw.

        Raises
        ------
        OptionError
            Its message has the characters.
        """
        lacking = [character for character in dict.fromkeys(text) if not self._has(character)]
        if lacking:
            raise OptionError(
                f"{option}: {called(self.path) if self.path else 'the default font'} has no "
                f"{printable(' '.join(lacking))}; allowed is text that the font can draw (choose "
                "one with font=PATH)"
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Say that the file is damaged, of which FreeType reads each glyph when it is drawn."""
        try:
            yield
        except (OSError, ValueError) as error:
            said = getattr(error, "strerror", None) or one_line(error)
            raise OptionError(
                f"font: {called(self.path or DEFAULT_FILE)}: {said}; allowed are TrueType and "
                "OpenType files"
            ) from error

    def _has(self, character: str) -> bool:
        if not character.isprintable() and character not in "\u00a0\u200c\u200d":
            return False
        return self._glyph(character) != self._missing

    @cached_property
    def _missing(self) -> tuple[Any, ...]:
        return self._glyph(NOWHERE)

    def _glyph(self, character: str) -> tuple[Any, ...]:
        with self._reading():
            mask = self._face.getmask(character)
            return mask.size, bytes(mask), self._face.getlength(character)

    def width(self, text: str | Label) -> int:
        """Columns of :meth:`coverage`."""
        return sum(run.shape[1] for run in self._runs(text))

    def coverage(self, text: str | Label) -> Bytes:
        """Share of each pixel that is covered, shape (height, w) uint8, 0 to 255.

        All texts have the same baseline, ``ascent`` rows from the top, and all digits the same
        width, so that what counts does not shake.
        """
        runs = self._runs(text)
        return np.concatenate(runs, axis=1) if runs else np.zeros((self.height, 0), np.uint8)

    def _runs(self, text: str | Label) -> list[Bytes]:
        """What is drawn side by side: digits, and what stands between them, shaped together."""
        words, power = text if isinstance(text, Label) else (text, "")
        runs = [self._run(run) for run in _DIGIT.split(words) if run]
        return [*runs, self._raised(power)] if power else runs

    def _raised(self, power: str) -> Bytes:
        """A power in smaller letters, on a baseline that lies higher."""
        small = self.at(max(LEAST_PIXELS, round(RAISED_SIZE * self.size)))
        coverage = small.coverage(power)
        top = max(0, self.ascent - round(RAISED * self.size) - small.ascent)
        placed = np.zeros((self.height, coverage.shape[1]), np.uint8)
        placed[top : top + small.height] = coverage[: self.height - top]
        return placed

    @cached_property
    def middle(self) -> float:
        """Rows from the top to the middle of a digit."""
        rows = np.flatnonzero(self.coverage("0").max(axis=1))
        return float(rows.min() + rows.max() + 1) / 2 if len(rows) else self.height / 2

    @cached_property
    def _digit_width(self) -> int:
        return max(self._extent(digit)[1] for digit in "0123456789")

    def _extent(self, run: str) -> tuple[int, int]:
        """Columns before its origin, and in all."""
        with self._reading():
            left, _, right, _ = self._face.getbbox(run, anchor="ls")
            before = max(0, -math.floor(left))
            return before, before + max(math.ceil(self._face.getlength(run)), math.ceil(right))

    def _drawn(self, run: str) -> Bytes:
        from PIL import Image, ImageDraw

        before, width = self._extent(run)
        if _DIGIT.fullmatch(run):
            width = self._digit_width
        image = Image.new("L", (max(1, width), self.height))
        with self._reading():
            ImageDraw.Draw(image).text(
                (before, self.ascent), run, fill=255, font=self._face, anchor="ls"
            )
        coverage = np.asarray(image).copy()
        coverage.setflags(write=False)  # it is kept
        return coverage


@lru_cache(64)
def open_font(path: str | None = None, size: int = 16) -> Font:
    """The font of a file, or the package's own, at a size in pixels; the same one each time."""
    return Font(path, size)


def _content(path: str | None) -> bytes:
    if path is None:
        return (resources.files("heatvid") / "data" / DEFAULT_FILE).read_bytes()
    with open(path, "rb") as file:
        return file.read()
