"""What makes a job the same one: its files, their sizes and times, its options, the version."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
from collections.abc import Iterator
from functools import cache
from glob import glob, has_magic
from importlib.metadata import version
from typing import Any

from heatvid._errors import printable
from heatvid._options.options import Options, option_fields
from heatvid._options.record import FILES, plain

_IN_NO_PIXEL = ("running", "overwrite", "like", "format")  # options, and groups of them


def identity_of(source: Any, output: str, options: Options) -> str:
    """Equal for jobs that give the same output; "" where a file's state cannot be told."""
    states = _states(source)
    if not states:
        return ""
    try:
        return _hash_of(states, output, options)
    except (pickle.PicklingError, AttributeError, TypeError):  # an object that does not travel
        return ""


def _hash_of(states: list[tuple[str, int, int]], output: str, options: Options) -> str:
    files = {name: found for name in FILES if (found := _states(getattr(options, name)))}
    told = [each for each in option_fields() if not _is_in_no_pixel(each)]
    facts = {
        "version": _version(),
        "source": states,
        "output": os.path.basename(output),
        "options": {
            each.name: _spelled(getattr(options, each.name))
            for each in told
            if each.name not in files
        },
        "files": files,
    }
    line = json.dumps(facts, sort_keys=True)
    return hashlib.sha256(line.encode()).hexdigest()[:32]


def _is_in_no_pixel(option: Any) -> bool:
    return bool({option.name, option.metadata["group"]} & set(_IN_NO_PIXEL))


@cache
def _version() -> str:
    return version("heatvid")


def _spelled(value: Any) -> Any:
    """A value as JSON has it; of objects the hash of what travels."""
    try:
        return plain(value)
    except TypeError:
        return hashlib.sha256(pickle.dumps(value)).hexdigest()


def _states(value: Any) -> list[tuple[str, int, int]]:
    """Name, size and time of every file that an input names; of what names none nothing."""
    if isinstance(value, list | tuple):
        each = [_states(item) for item in value]
        return [state for states in each for state in states] if all(each) else []
    if not isinstance(value, str | bytes | os.PathLike):
        return []
    return [state for path in _paths(os.fsdecode(value)) for state in _state(path)]


def _paths(path: str) -> Iterator[str]:
    """The files of a folder, all below it, of a pattern, or one; of FILE:ARRAY the file."""
    if os.path.isdir(path):
        for folder, folders, names in os.walk(path):
            folders.sort()
            yield from (os.path.join(folder, name) for name in sorted(names))
    elif os.path.lexists(path):
        yield path
    elif has_magic(path):
        for found in sorted(glob(path, recursive=True)):
            yield from _paths(found)
    elif ":" in path:
        yield from _paths(path.rpartition(":")[0])


def _state(path: str) -> Iterator[tuple[str, int, int]]:
    try:
        status = os.stat(path)
    except OSError:
        return
    yield printable(os.path.abspath(path)), status.st_size, status.st_mtime_ns
