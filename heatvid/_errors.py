"""The errors heatvid raises on purpose.

::

    HeatvidError
    ├── UsageError (also ValueError)          arguments or input that cannot be used; exit code 2
    │   ├── OptionError                       an option's value, or options that exclude each other
    │   ├── SourceError                       a file or array that cannot be read as predictions
    │   └── MissingDependencyError            a package or program that has to be installed first
    └── RenderError (also RuntimeError)       rendering began and failed; exit code 1
        └── EncoderError                      ffmpeg failed, in its own words

A message says what was received, then what is allowed, then what to do; one line, no final stop.
Errors raised by the caller's own code (an iterator, say) pass through as they are.
"""

import os

AnyPath = str | bytes | os.PathLike[str] | os.PathLike[bytes]
_MOST_OF_PATH = 300  # characters that are shown; a file's name has up to 255 bytes


class HeatvidError(Exception):
    """Base of every error that heatvid raises on purpose."""


class UsageError(HeatvidError, ValueError):
    """Arguments or input that cannot be used; nothing has been written."""


class OptionError(UsageError):
    """An option has a value that is not allowed, or contradicts another."""


class SourceError(UsageError):
    """A file or an array cannot be read as a sequence of predictions.

    The message begins with the file's name, or with ``array`` for data in memory.
    """


class MissingDependencyError(UsageError):
    """An optional package, or ffmpeg, has to be installed first; the message says how."""


class RenderError(HeatvidError, RuntimeError):
    """Rendering began and could not be finished; nothing stands under the final name."""


class EncoderError(RenderError):
    """ffmpeg failed; the message carries its own words and the frames written until then."""


def one_line(error: BaseException) -> str:
    """What an error says, on one line; its kind where it says nothing."""
    return " ".join(str(error).split()) or type(error).__name__


def brief(value: object) -> str:
    """Show a value as it was received, on one line that a message can hold."""
    is_rate = type(value).__name__ == "Fraction"  # whose import takes time
    line = str(value) if is_rate else " ".join(repr(value).split())
    return kind_of(value) if " at 0x" in line else shortened(line)  # an address says nothing


def kind_of(value: object) -> str:
    """Name a value by its type, with the article."""
    name = type(value).__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def shortened(line: str) -> str:
    """Cut a line to what a message can hold."""
    return line if len(line) <= 80 else f"{line[:77]}..."


def printable(text: AnyPath) -> str:
    """Spell a text, or a path of any bytes, on one line: what cannot be shown is escaped."""
    text = os.fsdecode(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def called(path: AnyPath) -> str:
    """Spell a path as messages call it: on one line, of a very long one its end."""
    line = printable(path)
    return line if len(line) <= _MOST_OF_PATH else f"...{line[-_MOST_OF_PATH:]}"
