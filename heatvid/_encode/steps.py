"""Steps that ffmpeg takes with frames that are whole, and why it fails."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from heatvid._encode.choosing import alternatives
from heatvid._errors import EncoderError
from heatvid._ffmpeg.messages import exit_in_words, exit_reason, last_words
from heatvid._reasons import DISK_WORDS

Made = TypeVar("Made")


class StepError(Exception):
    """ffmpeg could not take a step: its exit code, and what it said."""


def take(doing: str, when: str, step: Callable[[], Made]) -> Made:
    """Take a step; where it fails it is told as, say, ``adding the sound`` or ``as it was added``.

    Raises
    ------
    EncoderError
        ffmpeg failed, or did not end in time; not said of which output.
    """
    try:
        return step()
    except TimeoutError as error:
        raise EncoderError(f"{doing}: {error}") from error
    except StepError as error:
        code, said = error.args
        raise EncoderError(f"ffmpeg {exit_in_words(code)} {when}: {why(code, said)}") from error


def why(code: int | None, said: str) -> str:
    """Why ffmpeg failed: by the signal that ended it, else by its words, else by its exit code."""
    own = exit_reason(code)
    by_signal = own is not None and code is not None and code < 0
    told = None if by_signal else _explain(said)
    return told or own or "it gave no reason"


def _explain(said: str) -> str:
    """Put what ffmpeg said in one line, and what to do about it where that is known."""
    for word, what in DISK_WORDS.items():
        if word in said:
            return what
    if missing := re.search(r"Unknown encoder '([^']+)'", said):
        return f"this ffmpeg has no encoder {missing[1]}; {alternatives()}"
    return last_words(said)
