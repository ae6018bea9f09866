"""What a message of an error has to be: one line that names what it is about."""

from __future__ import annotations

import os


def clear_line(error: BaseException, begin: str | os.PathLike[str] = "") -> str:
    """The message of an error; it has to be one printable line that begins with ``begin``."""
    line = str(error)
    assert line.isprintable(), f"{line!r} is not one line"
    assert not line.endswith("."), f"{line!r} ends with a full stop"
    assert line.startswith(str(begin)), f"{line!r} does not begin with {begin}"
    return line
