"""``heatvid batch``: many dumps, each a job; a bar or events meanwhile, a table of what failed."""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from heatvid._commands.parsing import add_command, add_option, chosen_options
from heatvid._errors import called
from heatvid._options.options import option_fields
from heatvid._progress import job_bars
from heatvid._signals import note_written
from heatvid._streams import say, show, show_summary

if TYPE_CHECKING:
    from heatvid._batch.batch import Batch
    from heatvid._batch.job import JobResult

DONE, FAILED = 0, 1
_SHOWN = 50  # of what failed; batch.json has all
_NOT_MEANT = ("format",)


def add_batch(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "batch", _batch, "render many dumps, each as a video")
    parser.add_argument(
        "source", nargs="+",
        help="dumps, patterns, folders of dumps (one of frames, a file each, is one dump), or a "
        "manifest, .csv .json .parquet: columns source, output, and any option by name",
    )  # fmt: skip
    parser.add_argument(
        *("-o", "--output"), required=True, metavar="FOLDER",
        help="the folder of the outputs, and of batch.json, which tells what became of each",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    group = parser.add_argument_group("batch")
    group.add_argument(
        "--name", default="{stem}.mp4", metavar="PATTERN",
        help="names outputs, by {stem}, {parent} and {key} of the source, which -b and "
        "--alpha-mask take, too (default {stem}.mp4)",
    )  # fmt: skip
    group.add_argument(
        "--jobs", type=int, metavar="N",
        help="processes; by default as many as cores, memory, or GPUs with --backend cuda, allow",
    )  # fmt: skip
    group.add_argument("--dask", metavar="ADDRESS", help="run on this Dask cluster instead")
    group.add_argument(
        "--continue", dest="resume", action="store_true",
        help="keep what is whole and was made by the same job",
    )  # fmt: skip
    group.add_argument(
        "--retry-failed", action="store_true", help="run only what failed, as batch.json tells"
    )
    group.add_argument(
        "--part", metavar="I/N", help="run a share of the jobs, of machines without a cluster"
    )
    group.add_argument(
        "--shared-limits", action="store_true", help="measure all first, so that all have one scale"
    )
    group.add_argument(
        "--no-gallery", dest="gallery", action="store_false",
        help="write no index.html, which shows all outputs",
    )  # fmt: skip
    group.add_argument("--json", action="store_true", help="events, one JSON line each, on stdout")
    groups: dict[str, Any] = {}
    for option in option_fields():
        name = option.metadata["group"]
        if option.name not in _NOT_MEANT:
            groups.setdefault(name, None)
            groups[name] = groups[name] or parser.add_argument_group(name)
            add_option(groups[name], option)
    parser.set_defaults(format=None)


def _batch(arguments: argparse.Namespace) -> int:
    from heatvid._batch.batch import Batch
    from heatvid._batch.planning import Wanted, demand_folder, demand_part

    wanted = Wanted(
        folder=demand_folder(arguments.output),
        name=arguments.name,
        resume=arguments.resume or arguments.retry_failed,
        retry_failed=arguments.retry_failed,
        part=demand_part(arguments.part),
        shared_limits=arguments.shared_limits,
        gallery=arguments.gallery,
    )
    with _client(arguments.dask) as client:
        batch = Batch(arguments.source, wanted, chosen_options(arguments), client, arguments.jobs)
        return _run(batch, arguments)


@contextmanager
def _client(address: str | None) -> Iterator[Any]:
    """Connect to a cluster, where one is named."""
    if address is None:
        yield None
        return
    from heatvid._batch.cluster import connected

    with connected(address) as client:
        yield client


def _run(batch: Batch, arguments: argparse.Namespace) -> int:
    """Run it, and tell of it as it goes, and at its end."""
    told = _Told(arguments, len(batch.specs))
    told.begin(batch.notes)
    with (
        job_bars("batch", told.jobs, told.shows_bar) as bars,
        closing(batch.results()) as results,
    ):
        names = {spec.number: os.path.basename(spec.output) for spec in batch.specs}
        batch.listener = lambda job, stage, done, total: bars.tell(
            job, f"{names[job]} {stage}", done, total
        )
        for result in results:
            told.add(result)
            bars.end(result.number, f"{len(told.failed)} failed" if told.failed else "")
    told.end()
    return FAILED if told.failed else DONE


class _Told:
    """What is said of a batch, to a person or to a program.

    Attributes
    ----------
    jobs : int
        In all.
    failed : list of JobResult
    """

    def __init__(self, arguments: argparse.Namespace, jobs: int) -> None:
        self.jobs, self.failed = jobs, list[Any]()
        self._folder, self._events = arguments.output, arguments.json
        self._quiet, self._progress = arguments.quiet, arguments.progress
        self._since = time.perf_counter()
        self._counts: Counter[str] = Counter()
        self._warned: dict[str, list[JobResult]] = {}

    @property
    def shows_bar(self) -> bool | None:
        """Whether a bar is shown; None where a terminal decides."""
        return False if self._quiet or self._events else self._progress

    def begin(self, notes: list[str]) -> None:
        """Say what there is to do."""
        for note in [] if self._quiet else notes:
            say(note)
        self._event("begin", jobs=self.jobs)

    def add(self, result: JobResult) -> None:
        """Take a result."""
        self._counts[result.state] += 1
        self.failed += [result] if result.state == "failed" else []
        for words in dict.fromkeys(result.warnings):
            self._warned.setdefault(words, []).append(result)
        whole = self._counts["done"] + self._counts["kept"]
        note_written(f"{whole} of {self.jobs} jobs are done, and --continue goes on")
        self._event(result.state, **result.as_dict())

    def end(self) -> None:
        """Say what came of it."""
        seconds = time.perf_counter() - self._since
        self._event("end", **self._counts, seconds=round(seconds, 3))
        if not self._quiet:
            for words, (first, *others) in self._warned.items():
                where = f"{len(others) + 1} jobs, {first.source} first" if others else first.source
                say(f"warning: {words} ({where})")
        if not self._quiet and not self._events:
            show_summary(self._summary(seconds))
        _say_failed(self.failed)

    def _event(self, event: str, **facts: Any) -> None:
        if self._events:
            show(json.dumps({"event": event, **facts}))

    def _summary(self, seconds: float) -> str:
        counts, jobs = self._counts, self.jobs
        told = [f"{counts[state]} {state}" for state in ("done", "kept", "failed") if counts[state]]
        left = jobs - counts.total()
        told += [f"{left} left"] if left else []
        what = f"{jobs} job{'s' * (jobs != 1)}, {', '.join(told)}"
        return f"{called(self._folder)}: {what}; {seconds:.1f} s"


def _say_failed(failed: list[JobResult]) -> None:
    """Say what failed, a line each, those of one folder under each other."""
    width = max((len(result.source) for result in failed[:_SHOWN]), default=0)
    for result in failed[:_SHOWN]:
        error = result.error.removeprefix(f"{result.source}: ")
        say(f"failed: {result.source:{width}}  {error}")
    if len(failed) > _SHOWN:
        say(f"failed: {len(failed) - _SHOWN} more, as batch.json tells")
