"""What is rendered, made ready to be sent to other processes, which may have another folder."""

from __future__ import annotations

import os
import pickle
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from glob import escape, has_magic
from typing import Any

from heatvid._errors import OptionError, brief, kind_of
from heatvid._jobs.panels import Grid, Panel, panels_in, rows_of
from heatvid._options.options import Options
from heatvid._options.record import FILES
from heatvid.sources._difference import Difference, sources_of
from heatvid.sources._named import split_key


def demand_work(options: Options, executor: Executor | None) -> None:
    """Refuse an executor that has nothing to do."""
    if executor is not None and options.segments is None:
        raise OptionError(
            f"executor: got {kind_of(executor)}; allowed with segments=N, which it renders"
        )


def demand_segments(options: Options, source: Any) -> None:
    """Refuse segments of what no other process could open, or would understand.

    Raises
    ------
    OptionError
        It is such a thing.
    """
    if options.segments is None:
        return
    panels = panels_in(rows_of(source))
    for one in (one for panel in panels for one in sources_of(panel.source)):
        if not _are_paths(one):
            raise OptionError(
                f"segments: got {options.segments} of {_what(one)}; allowed are files, which every "
                "process can open"
            )
    for asked in (vars(options), *(panel.options for panel in panels)):
        for name, value in asked.items():
            _demand_that_it_travels(name, value)


def to_send(source: Any, options: Options) -> tuple[Any, Options]:
    """A source and its options as they are sent, by names that hold in every folder."""
    sent = replace(options, progress=False, **_files(vars(options)))
    return _located_source(source), sent


def _located_source(source: Any) -> Any:
    if isinstance(source, Grid):
        rows = (tuple(item and _located_source(item) for item in row) for row in source.rows)
        return Grid(tuple(rows))
    if isinstance(source, Panel):
        options = {**source.options, **_files(source.options)}
        return Panel(_located_source(source.source), source.title, **options)
    if isinstance(source, Difference):
        return replace(source, a=_located_source(source.a), b=_located_source(source.b))
    return located(source)


def _files(options: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the options that may name files."""
    return {name: located(options[name]) for name in FILES if name in options}


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
        return os.path.join(os.getcwd(), path)  # with its last part, by which it is called
    file, key = split_key(path)
    if key is not None and not has_magic(file):
        return f"{os.path.join(os.getcwd(), file)}:{key}"
    if has_magic(path):
        return path if os.path.isabs(path) else os.path.join(escape(os.getcwd()), path)
    return path


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
