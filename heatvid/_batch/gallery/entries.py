"""What the page is told of each job, from the results files of a folder."""

from __future__ import annotations

import base64
import contextlib
import json
import math
import os
import re
from fractions import Fraction
from typing import Any
from urllib.parse import quote

from heatvid._batch import marks
from heatvid._batch.gallery.posters import MOVING, has_poster, poster_path
from heatvid._encode.containers import are_pictures, is_page, suffix_of
from heatvid._encode.numbered_name import NumberedName, read_name
from heatvid._errors import SourceError, called, printable

_NAME = re.compile(r"batch(-\d+-of-\d+)?\.json")
_SEEN = (".png", ".jpg", ".jpeg", ".webp")  # numbered pictures that browsers show
_CARRIED_BYTES = 3_000_000  # of posters in the page; what is more is loaded beside it
_TALL = 31  # steps of the highest bin


def jobs_in(folder: str) -> list[dict[str, Any]]:
    """Read every job of a folder's results files, each output once; the newest file tells.

    Raises
    ------
    SourceError
        There is no such file, or it is another's.
    """
    try:
        names = [name for name in os.listdir(folder) if _NAME.fullmatch(name)]
        paths = [os.path.join(folder, name) for name in names]
        paths.sort(key=lambda path: (os.stat(path).st_mtime_ns, path))
    except OSError as error:
        raise SourceError(f"{called(folder)}: {error.strerror}; allowed is a folder") from error
    if not paths:
        raise SourceError(f"{called(folder)}: has no batch.json, which `heatvid batch` writes")
    found: dict[str, dict[str, Any]] = {}
    for job in (job for path in paths for job in _jobs_of(path)):
        known = found.get(job["output"])
        if known is None or job["state"] != "waiting":
            found[job["output"]] = job
    return sorted(found.values(), key=lambda job: _number(job.get("number")) or 0)


def _jobs_of(path: str) -> list[dict[str, Any]]:
    try:
        with open(path, encoding="utf-8") as file:
            jobs = json.load(file)["jobs"]
        whole = all(isinstance(job[key], str) for job in jobs for key in ("output", "state"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SourceError(f"{called(path)}: is no results file of a batch") from error
    if not whole:
        raise SourceError(f"{called(path)}: is no results file of a batch")
    return list(jobs)


def entries_of(jobs: list[dict[str, Any]], folder: str) -> list[dict[str, Any]]:
    """Say of each job what the page shows; links go from the folder on."""
    entries, left = [], _CARRIED_BYTES
    for job in jobs:
        entry = _told(job)
        if job["state"] in ("done", "kept"):
            entry |= _output(os.path.join(folder, job["output"]), folder)
            poster = _poster(os.path.join(folder, job["output"]), folder, left)
            left -= len(poster)
            entry["poster"] = poster
        entries.append(entry)
    return entries


def _told(job: dict[str, Any]) -> dict[str, Any]:
    """What a results file says, as plain text and finite numbers."""
    entry: dict[str, Any] = {
        "name": printable(job["output"]),
        "state": job["state"],
        "fps": _rate(job.get("fps")),
        "limits": _limits(job.get("limits")),
        "warnings": [str(each) for each in job.get("warnings") or []],
    }
    for key in ("source", "error", "quantity", "units"):
        entry[key] = str(job.get(key) or "")
    entry["error"] = entry["error"].removeprefix(f"{entry['source']}: ")
    for key in ("frames", "height", "width", "seconds"):
        entry[key] = _number(job.get(key)) or 0
    told = job.get("statistics")
    if isinstance(told, dict):
        keys = ("minimum", "mean", "maximum", "low", "high")
        entry["statistics"] = {key: _number(told.get(key)) for key in keys}
        entry["bars"] = _bars(told.get("histogram"))
    return entry


def _output(path: str, folder: str) -> dict[str, Any]:
    """How an output is shown, where it lies, and how many bytes it has."""
    files = marks.files_of(path)
    if not files:
        return {"kind": "gone"}
    size = 0
    with contextlib.suppress(OSError):
        size = sum(os.stat(file).st_size for file in files)
    told: dict[str, Any] = {"bytes": size, "href": _link(files[0], folder)}
    if not are_pictures(path):
        kind = "page" if is_page(path) else "moving" if suffix_of(path) in MOVING else "video"
        return {**told, "kind": kind}
    name = read_name(path)
    if suffix_of(path) not in _SEEN or not isinstance(name, NumberedName):
        return {**told, "kind": "stored"}
    beside = os.path.join(os.path.dirname(path), "")
    numbered = {
        "before": _link(beside, folder) + quote(os.fsencode(name.before)),
        "digits": name.digits,
        "after": quote(os.fsencode(name.after)),
        "first": name.index_of(os.path.basename(files[0])),
    }
    return {**told, "kind": "numbered", "numbered": numbered}


def _poster(output: str, folder: str, left: int) -> str:
    """A poster as the page's own, or where it lies; empty where there is none."""
    path = poster_path(output)
    if not has_poster(output):
        return ""
    with contextlib.suppress(OSError):
        if os.stat(path).st_size * 4 / 3 > left:
            return _link(path, folder)
        with open(path, "rb") as file:
            return "data:image/webp;base64," + base64.b64encode(file.read()).decode()
    return ""


def _link(path: str, folder: str) -> str:
    """A relative link, in which nothing of a name has a meaning of its own."""
    relative = os.path.relpath(path, folder).replace(os.sep, "/")
    slash = "/" if path.endswith(os.sep) else ""
    return "" if relative == "." else quote(os.fsencode(relative)) + slash


def _limits(told: Any) -> list[float] | None:
    """The first and the last colour's value; of several channels the outermost."""
    flat = told if isinstance(told, list) else []
    flat = [each for one in flat for each in (one if isinstance(one, list) else [one])]
    values = [value for each in flat if (value := _number(each)) is not None]
    if len(values) < 2:
        return None
    return values if len(values) == 2 else [min(values), max(values)]


def _bars(counts: Any) -> list[int]:
    """A histogram's bins, the highest of them 31; roots, as few values among many matter."""
    values = [_number(each) or 0.0 for each in counts] if isinstance(counts, list) else []
    most = max(values, default=0.0)
    return [math.ceil(_TALL * math.sqrt(max(each, 0.0) / most)) for each in values] if most else []


def _rate(fps: Any) -> float:
    try:
        return float(Fraction(fps or 0))
    except (ValueError, TypeError, ZeroDivisionError):
        return 0.0


def _number(value: Any) -> float | None:
    """A finite number, which is all that JSON has."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return value
