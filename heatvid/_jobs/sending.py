"""What is rendered, made ready to be sent to other processes, which may have another folder."""

from __future__ import annotations

import os
import pickle
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import fields, replace
from glob import escape, has_magic
from typing import Any

from heatvid._errors import OptionError, brief, kind_of
from heatvid._jobs.composition import is_composed
from heatvid._options.options import Options
from heatvid.sources._named import split_key


def demand_segments(options: Options, source: Any, executor: Executor | None) -> None:
    """Refuse segments of what no other process could open, or would understand.

    Raises
    ------
    OptionError
        It is such a thing, or an executor is given that has nothing to do.
    """
    if options.segments is None:
        if executor is not None:
            raise OptionError(
                f"executor: got {kind_of(executor)}; allowed with segments=N, which it renders"
            )
        return
    if is_composed(options, source):
        raise OptionError(
            f"segments: got {options.segments} of what is composed; allowed is one field that "
            "fills the frame"
        )
    if not _are_paths(source):
        raise OptionError(
            f"segments: got {options.segments} of {_what(source)}; allowed are files, which every "
            "process can open"
        )
    for option in fields(options):
        _demand_that_it_travels(option.name, getattr(options, option.name))


def to_send(source: Any, options: Options) -> tuple[Any, Options]:
    """A source and its options as they are sent, by names that hold in every folder."""
    background, mask = located(options.background), located(options.alpha_mask)
    sent = replace(options, background=background, alpha_mask=mask, progress=False)
    return located(source), sent


def located(value: Any) -> Any:
    """Say where files lie, from the root on; what names none stays as it is."""
    if isinstance(value, list | tuple):
        return [located(each) for each in value]
    if not isinstance(value, str | bytes | os.PathLike):
        return value
    path = os.fsdecode(value)
    if "://" in path:
        return path
    if os.path.lexists(path):
        return os.path.abspath(path)
    if has_magic(path):
        return path if os.path.isabs(path) else os.path.join(escape(os.getcwd()), path)
    file, key = split_key(path)
    return path if key is None else f"{os.path.abspath(file)}:{key}"


def _are_paths(source: Any) -> bool:
    each: Sequence[Any] = source if isinstance(source, list | tuple) else [source]
    named = all(isinstance(one, str | bytes | os.PathLike) for one in each)
    return named and "-" not in map(os.fspath, each)


def _what(source: Any) -> str:
    return "standard input" if isinstance(source, str) else kind_of(source)


def _demand_that_it_travels(name: str, value: Any) -> None:
    try:
        pickle.dumps(value)
    except Exception as error:
        raise OptionError(
            f"{name}: got {brief(value)}, which no other process understands; allowed with "
            "segments is what can be pickled"
        ) from error
