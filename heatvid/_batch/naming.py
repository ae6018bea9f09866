"""Names made of a dump's own: outputs by a pattern, backgrounds and masks beside them by stem."""

from __future__ import annotations

import os
from collections.abc import Mapping
from string import Formatter
from typing import Any

from heatvid._encode.containers import are_pictures
from heatvid._errors import OptionError, called
from heatvid.sources._files import kind_of

FIELDS = ("stem", "key", "parent")


def fields_of(source: Any, key: str | None, number: int) -> dict[str, str]:
    """What a pattern may name of a dump: its name without suffix, its array, its folder's name."""
    path = source[0] if isinstance(source, list | tuple) and source else source
    if not isinstance(path, str):
        return {"stem": f"{number:05d}", "key": key or "", "parent": ""}
    path = os.path.abspath(path)
    folder, name = os.path.split(path)
    plain = os.path.isdir(path) and kind_of(path) != ".zarr"
    stem = name if plain else os.path.splitext(name)[0]
    return {"stem": stem, "key": key or "", "parent": os.path.basename(folder)}


def filled(option: str, pattern: str, fields: Mapping[str, str]) -> str:
    """Fill in a pattern.

    Raises
    ------
    OptionError
        It names another field, or is no pattern.
    """
    try:
        parts = [(text, name, spec, how) for text, name, spec, how in Formatter().parse(pattern)]
    except ValueError:
        raise _refused(option, pattern) from None
    words = []
    for text, name, spec, how in parts:
        words.append(text)
        if name is not None:
            if name not in fields or spec or how:
                raise _refused(option, pattern)
            words.append(fields[name])
    return "".join(words)


def output_of(folder: str, pattern: str, fields: Mapping[str, str]) -> str:
    """Name an output in a folder; a percent sign of a stem is no number of pictures."""
    head, tail = os.path.split(pattern)
    escaped = {name: each.replace("%", "%%") for name, each in fields.items()}
    last = filled("name", tail, escaped if are_pictures(tail) else fields)
    return os.path.join(folder, filled("name", head, fields), last)


def _refused(option: str, pattern: str) -> OptionError:
    fields = ", ".join(f"{{{name}}}" for name in FIELDS)
    return OptionError(
        f"{option}: got {called(pattern)}; allowed are the fields {fields}, and {{{{ for a brace"
    )
