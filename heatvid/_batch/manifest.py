"""A manifest: a table of jobs, a row each, its columns source, output, and any option by name."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterator
from dataclasses import Field
from typing import Any

from heatvid._errors import (
    MissingDependencyError,
    OptionError,
    SourceError,
    UsageError,
    called,
    one_line,
    printable,
)
from heatvid._options.checks import typed
from heatvid._options.options import each_checked, option_fields
from heatvid._options.record import FILES

SUFFIXES = (".csv", ".json", ".parquet")
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_PATHS = ("source", "like", *FILES)
OWN = ("source", "output")


def is_manifest(path: str) -> bool:
    """Whether a source is a table of jobs."""
    return os.path.splitext(path)[1].lower() in SUFFIXES


def read_manifest(path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read a table; yield what to call each row, and what it gives, checked.

    Relative paths of inputs are taken from the folder of the manifest.

    Raises
    ------
    SourceError, OptionError
        It cannot be read, or a column or value is not allowed; the message names the row.
    """
    label = called(path)
    suffix = os.path.splitext(path)[1].lower()
    try:
        rows = {".csv": _csv, ".json": _json, ".parquet": _parquet}[suffix](path)
    except UsageError:
        raise
    except Exception as error:  # of csv, json and pyarrow
        why = getattr(error, "strerror", None) or one_line(error)
        raise SourceError(f"{label}: cannot be read as a manifest: {printable(why)}") from error
    if not rows:
        raise SourceError(f"{label}: has no rows; one job or more are needed")
    folder = os.path.dirname(path)
    for number, row in enumerate(rows, 1):
        name = f"{label}, row {number}"
        yield name, _checked(name, row, folder)


def _checked(name: str, row: Any, folder: str) -> dict[str, Any]:
    if not isinstance(row, dict):
        raise OptionError(f"{name}: is no table of names and values; allowed is an object")
    if not row.get("source"):
        raise OptionError(f"{name}: has no source; allowed is a path in the column source")
    given = {key: each for key, each in row.items() if not _is_empty(each)}
    options = {key: each for key, each in given.items() if key not in OWN}
    fields = {option.name: option for option in option_fields()}
    try:
        read = {key: _value(fields[key], each) if key in fields else each
                for key, each in options.items()}  # fmt: skip
        each_checked(read)
    except OptionError as error:
        raise OptionError(f"{name}: {error}") from error
    read |= {key: given[key] for key in OWN if key in given}
    return {key: _placed(each, folder) if key in _PATHS else each for key, each in read.items()}


def _placed(value: Any, folder: str) -> Any:
    """A path from the manifest's folder on; what may be a colour is one where no file is there."""
    if isinstance(value, list):
        return [_placed(each, folder) for each in value]
    if not isinstance(value, str) or os.path.isabs(value) or "://" in value:
        return value
    path = os.path.join(folder, value)
    return path if "." in value or "/" in value or os.path.lexists(path) else value


def _value(option: Field[Any], value: Any) -> Any:
    """What a text of a table stands for; values of other kinds as they are."""
    if not isinstance(value, str):
        return value
    meta = option.metadata
    if isinstance(option.default, bool) or option.name == "progress":
        return _TRUTHS.get(value.strip().lower(), value)
    if meta["nargs"]:
        words = value.split()
        return [typed(word) for word in words] if meta["check"].numeric else words
    return typed(value) if meta["check"].numeric else value


def _is_empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def _csv(path: str) -> list[Any]:
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows, 1):
        if None in row:
            raise OptionError(
                f"{called(path)}, row {number}: has more cells than there are columns"
            )
    return rows


def _json(path: str) -> list[Any]:
    with open(path, encoding="utf-8") as file:
        table = json.load(file)
    rows = table.get("jobs") if isinstance(table, dict) else table
    if not isinstance(rows, list):
        raise ValueError("allowed is a list of objects, or an object with one as jobs")
    return rows


def _parquet(path: str) -> list[Any]:
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise MissingDependencyError(
            f"{called(path)}: Parquet takes the package pyarrow; install it: pip install "
            "pyarrow, or give .csv or .json"
        ) from error
    rows: list[Any] = pyarrow.parquet.read_table(path).to_pylist()
    return rows
