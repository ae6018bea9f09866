"""An output must not be one of its own inputs: it would be lost with the first success."""

from __future__ import annotations

import os
from collections.abc import Iterator
from glob import glob, has_magic
from typing import Any

from heatvid._encode.containers import are_pictures
from heatvid._encode.folders import full_path
from heatvid._encode.numbered_name import NumberedName, read_name
from heatvid._errors import AnyPath, OptionError, called


def demand_no_input(output: AnyPath, inputs: tuple[Any, ...]) -> None:
    """Refuse an output that is among the files that ``inputs`` name.

    Parameters
    ----------
    output : path
        A file, or a pattern of numbered ones.
    inputs : tuple
        What predictions, backgrounds and masks are opened from; other things than paths, folders,
        glob patterns and lists of them name no file.

    Raises
    ------
    OptionError
        It is.
    """
    name = read_name(output) if are_pictures(output) else None
    label = called(output)
    folder = full_path(label, os.path.dirname(os.fsdecode(output)) or ".")
    final = full_path(label, os.path.join(folder, name) if isinstance(name, str) else output)
    for each in _files(inputs):
        path = full_path(called(each), each, "allowed is the name of a file")
        if isinstance(name, NumberedName):
            at, last = os.path.split(path)
            hit = at == folder and name.names(last)
        else:
            hit = path == final
        if hit:
            raise OptionError(f"{label}: is also an input, {called(path)}; choose another output")


def _files(value: Any) -> Iterator[str]:
    """The files that an input names."""
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _files(each)
    elif isinstance(value, (str, bytes, os.PathLike)):
        path = os.fsdecode(value)
        if os.path.isdir(path):
            yield from (os.path.join(path, name) for name in os.listdir(path))
        elif not os.path.lexists(path) and has_magic(path):
            yield from glob(path, recursive=True)
        else:
            yield path
