"""The results file: every job of a batch and what became of it, whole at any time."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Sequence

from heatvid._batch.job import JobResult, JobSpec, shown
from heatvid._errors import OptionError, called

_RESTS = 20  # times as long as writing took, between two writings
_LEAST_SECONDS = 2.0


def name_of(part: tuple[int, int] | None) -> str:
    """What the file is called; each part of a batch has one of its own."""
    return "batch.json" if part is None else f"batch-{part[0]}-of-{part[1]}.json"


class ResultsFile:
    """Results on the disk, written again as they come, but not all the time.

    Parameters
    ----------
    path : str or None
        None writes nothing.
    specs : sequence of JobSpec
    version : str
    """

    def __init__(self, path: str | None, specs: Sequence[JobSpec], version: str) -> None:
        self._path, self._version = path, version
        self._entries: dict[int, str] = {}  # by number, as JSON
        for spec in specs:
            self._take(JobResult(spec.number, shown(spec.source), spec.output, "waiting"))
        self._due = 0.0

    def add(self, result: JobResult) -> None:
        """Take a result."""
        self._take(result)
        if time.monotonic() >= self._due:
            self.write()

    def _take(self, result: JobResult) -> None:
        told = {**result.as_dict(), "output": self._beside(result.output)}
        self._entries[result.number] = json.dumps(told)

    def _beside(self, output: str) -> str:
        """An output's path from the file's folder on, so that both can be moved together."""
        return os.path.relpath(output, os.path.dirname(self._path or "") or ".")

    def write(self) -> None:
        """Write all, now; a folder that cannot be written costs no result."""
        if self._path is None:
            return
        since = time.monotonic()
        jobs = ",\n".join(self._entries.values())
        table = f'{{"heatvid": {json.dumps(self._version)}, "jobs": [\n{jobs}\n]}}\n'
        with contextlib.suppress(OSError):
            os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
            with open(f"{self._path}.new", "w", encoding="utf-8") as file:
                file.write(table)
            os.replace(f"{self._path}.new", self._path)
        now = time.monotonic()
        self._due = now + max(_LEAST_SECONDS, _RESTS * (now - since))


def failed_outputs(path: str | None) -> set[str]:
    """The outputs of the jobs that failed, as an earlier batch has told.

    Raises
    ------
    OptionError
        There is no such file, or it is another's.
    """
    if path is None:
        raise OptionError("retry_failed: got True; allowed is that with a folder, and its results")
    try:
        with open(path, encoding="utf-8") as file:
            jobs = json.load(file)["jobs"]
        failed = [job["output"] for job in jobs if job["state"] == "failed"]
        return {os.path.abspath(os.path.join(os.path.dirname(path), output)) for output in failed}
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise OptionError(
            f"{called(path)}: tells of no earlier batch; allowed is retry_failed "
            "after a batch into this folder"
        ) from error
