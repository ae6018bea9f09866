"""The mark of a job: a small hidden file by which its output is known for whole, and for its own.

It lies in a folder beside the output, of every kind of output, and is written when a job begins,
and again when its output stands there, with what became of it and the output's seal: how many
files and bytes it has, and a hash of the first and the last ones. So what was cut, replaced or
never finished is done again, a copied folder goes on where the first one stopped, and a job that
runs again after its end, on a cluster, finds that it is done.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from typing import Any

from heatvid._batch.job import JobResult, JobSpec, shown
from heatvid._encode.containers import are_pictures
from heatvid._encode.numbered_name import NumberedName, read_name

FOLDER = ".heatvid-batch"
_LONGEST = 200  # characters of a name
_END_BYTES = 1 << 16  # hashed of both ends


def begin(spec: JobSpec) -> None:
    """Say that the output, if one stands there, is this batch's to replace."""
    _write(spec.output, {"identity": spec.identity})


def note_done(spec: JobSpec, result: JobResult) -> None:
    """Say that the output is whole, and what it is."""
    if spec.identity:
        seal = _seal(spec.output)
        _write(spec.output, {"identity": spec.identity, "seal": seal, **result.as_dict()})


def result_of(spec: JobSpec) -> JobResult | None:
    """What became of this very job earlier, where its output is whole; else None."""
    mark = _read(spec.output)
    if not spec.identity or mark.get("identity") != spec.identity or not mark.get("seal"):
        return None
    if mark["seal"] != _seal(spec.output):
        return None
    facts = {name: mark.get(name) for name in JobResult.__dataclass_fields__}
    try:
        named = {"number": spec.number, "source": shown(spec.source), "output": spec.output}
        return JobResult(**{**facts, **named})  # type: ignore[arg-type]  # our own
    except TypeError:
        return None


def is_marked(output: str) -> bool:
    """Whether a batch wrote, or began to write, what has this name."""
    return bool(_read(output))


def forget(output: str) -> None:
    """Let an output be none of a batch's."""
    with contextlib.suppress(OSError):
        os.unlink(path_of(output))


def tidy(folder: str) -> None:
    """Remove the marks' folder of outputs that lie in ``folder``, where it holds none."""
    with contextlib.suppress(OSError):
        os.rmdir(os.path.join(folder, FOLDER))


def files_of(output: str) -> list[str]:
    """The files that stand under an output's name, in order."""
    if not are_pictures(output):
        return [output] if os.path.isfile(output) else []
    name, folder = read_name(output), os.path.dirname(output) or "."
    if not isinstance(name, NumberedName):
        path = os.path.join(folder, name)
        return [path] if os.path.isfile(path) else []
    with contextlib.suppress(OSError):
        numbers = [(name.index_of(each), each) for each in os.listdir(folder)]
        found = sorted((number, each) for number, each in numbers if number is not None)
        return [os.path.join(folder, each) for _, each in found]
    return []


def path_of(output: str, suffix: str = ".json") -> str:
    """Where a file is kept that belongs to an output; the mark itself by its suffix."""
    folder, name = os.path.split(os.path.abspath(output))
    if len(os.fsencode(name)) > _LONGEST:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()
    return os.path.join(folder, FOLDER, f"{name}{suffix}")


def _seal(output: str) -> list[Any] | None:
    """Files, bytes, and a hash of the first and the last file's ends; None where nothing is."""
    try:
        paths = files_of(output)
        if not paths:
            return None
        size = sum(os.stat(path).st_size for path in paths)
        return [len(paths), size, _ends(paths[0]), _ends(paths[-1])]
    except OSError:
        return None


def _ends(path: str) -> str:
    with open(path, "rb") as file:
        content = file.read(_END_BYTES)
        file.seek(max(0, os.fstat(file.fileno()).st_size - _END_BYTES))
        return hashlib.sha256(content + file.read()).hexdigest()[:32]


def _write(output: str, mark: dict[str, Any]) -> None:
    """Replace the mark at once; where that cannot be done, the job is done again later."""
    path = path_of(output)
    with contextlib.suppress(OSError):  # of two runs that write it, one finds its file gone
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.write(json.dumps(mark))  # in one piece
        os.replace(f"{path}.new", path)


def _read(output: str) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError, RecursionError):
        with open(path_of(output), encoding="utf-8") as file:
            mark = json.load(file)
        if isinstance(mark, dict):
            return mark
    return {}
