"""``batch``: many jobs, on all cores of this machine, or on whatever executor is given."""

from __future__ import annotations

import os
import secrets
from collections.abc import Generator, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from importlib.metadata import version
from typing import Any, Unpack

from heatvid._batch import marks
from heatvid._batch.executing import Engine, Given, outcomes
from heatvid._batch.gallery.writing import NAME as PAGE
from heatvid._batch.gallery.writing import Gallery, is_free
from heatvid._batch.job import JobResult, JobSpec, shown
from heatvid._batch.limits import SharedLimits, demand_measurable, with_limits
from heatvid._batch.planning import (
    Wanted,
    begun,
    demand_folder,
    demand_part,
    demand_writable,
    elsewhere,
    plan_jobs,
    share,
)
from heatvid._batch.pool import Pool, devices_here, threads_each, worker_count
from heatvid._batch.results import ResultsFile, failed_outputs, name_of
from heatvid._batch.running import run_job
from heatvid._batch.stopping import give_up
from heatvid._batch.telling import Listener
from heatvid._encode.containers import suffix_of
from heatvid._encode.runs import remove_dead_runs
from heatvid._errors import OptionError, RenderError, brief, called
from heatvid._options.accepted import RenderOptions
from heatvid._options.documenting import documented
from heatvid._reasons import in_words


@documented()
def batch(
    jobs: Any,
    *,
    executor: Any = None,
    workers: int | None = None,
    folder: Any = None,
    name: str = "{stem}.mp4",
    resume: bool = False,
    retry_failed: bool = False,
    part: Any = None,
    shared_limits: bool = False,
    gallery: bool = True,
    **options: Unpack[RenderOptions],
) -> Iterator[JobResult]:
    """Render many dumps, each alone: where one fails, the others go on.

    All is checked before anything begins. A script calls this under
    ``if __name__ == "__main__":``, as its worker processes load the script again.

    Parameters
    ----------
    jobs : path, dict, or list of either
        A dump, a pattern of dumps, a folder of them, or a manifest (``.csv``, ``.json``,
        ``.parquet``): a row a job, with columns ``source``, ``output``, and any option by its name.
        A dict is such a row; its ``source`` may be whatever :func:`render` takes that pickles.
        A folder is one dump where it holds frames, a file each; else what it holds is each one.
    executor : concurrent.futures.Executor or distributed.Client, optional
        What runs the jobs, and stays open. By default processes of this machine. Of a cluster's
        workers, all see the files under the same names; with ``backend="cuda"`` each job takes one
        of the resource ``GPU``.
    workers : int, optional
        Processes here; by default as many as cores, memory, or GPUs with ``backend="cuda"``, allow.
    folder : path, optional
        Of outputs; a ``batch.json`` there tells what became of each job.
    name : str
        Names outputs in it, by ``{stem}``, ``{parent}`` and ``{key}`` of the source. These
        stand for the same in ``background`` and ``alpha_mask``.
    resume : bool
        Keep outputs that are whole, and were made by the same job.
    retry_failed : bool
        Run only the jobs that failed, as ``batch.json`` tells.
    part : (int, int) or str, optional
        Which share of how many, from 1 on, ``"2/8"``.
    shared_limits : bool
        Measure all first, so that all have one scale.
    gallery : bool
        Write ``index.html`` into the folder, a page that shows all outputs.
    {options}

    Yields
    ------
    JobResult
        Of each job, as it ends.

    Raises
    ------
    UsageError
        A source, an output or an option cannot be used; nothing has begun.

    Examples
    --------
    >>> for result in batch("dumps/*.npy", folder="videos"):  # doctest: +SKIP
    ...     print(result.output, result.state, result.error)
    """
    wanted = Wanted(
        demand_folder(folder), name, resume or retry_failed, retry_failed, demand_part(part),
        shared_limits, gallery,
    )  # fmt: skip
    return Batch(jobs, wanted, options, executor, workers).results()


class Batch:
    """A batch that is planned, and then run once.

    Attributes
    ----------
    specs : list of JobSpec
        Its jobs.
    notes : list of str
        What is to be said of how they were found.
    listener : callable or None
        Told how far jobs are that run in processes of this machine.
    """

    def __init__(
        self,
        jobs: Any,
        wanted: Wanted,
        given: Mapping[str, Any],
        executor: Any = None,
        workers: int | None = None,
    ) -> None:
        if workers is not None and executor is not None:
            raise OptionError("workers (--jobs): given beside executor (--dask), which has its own")
        if workers is not None and (not isinstance(workers, int) or workers < 1):
            raise OptionError(
                f"workers (--jobs): got {brief(workers)}; allowed is a whole number, 1 or more"
            )
        self._wanted, self._executor, self._workers = wanted, executor, workers
        self.listener: Listener | None = None
        self._all, self.notes = plan_jobs(jobs, wanted, given)
        if wanted.shared_limits:
            demand_measurable(self._all)
        self.specs = share(self._all, wanted.part)
        demand_writable(self.specs, wanted.resume)
        self._token = secrets.token_hex(8)
        self._gallery = Gallery(self._shown_folder())
        path = None
        if wanted.folder is not None:
            path = os.path.join(wanted.folder, name_of(wanted.part))
        self._failed = failed_outputs(path) if wanted.retry_failed else None
        self._file = ResultsFile(path, self.specs, version("heatvid"))
        self._engine: Engine | None = None

    def results(self) -> Generator[JobResult, None, None]:
        """Run the jobs; yield what became of each."""
        try:
            specs = self.specs
            if self._wanted.shared_limits:
                yield from self._measured()
                specs = [spec for spec in self.specs if spec.number not in self._unmeasured]
            for result in self._run(specs):
                self._note(result)
                yield result
        finally:
            if self._engine is not None:
                self._engine.close()
            self._sweep()
            self._file.write()
            self._gallery.write()

    def _note(self, result: JobResult) -> None:
        self._file.add(result)
        self._gallery.refresh()

    def _shown_folder(self) -> str | None:
        """The folder that gets a page; None where none is wished for, or its name is another's."""
        folder = self._wanted.folder
        if folder is None or not self._wanted.gallery:
            return None
        page = os.path.realpath(os.path.join(folder, PAGE))
        taken = any(os.path.realpath(spec.output) == page for spec in self._all)
        if taken or not is_free(folder):
            self.notes.append(f"{called(page)}: is another's file, and stays; so no gallery")
            return None
        return folder

    def _run(self, specs: Sequence[JobSpec]) -> Iterator[JobResult]:
        self._sweep()
        todo = []
        for spec in (begun(spec, self._wanted.resume) for spec in specs):
            kept = marks.result_of(spec) if self._wanted.resume else None
            if kept is not None:
                yield replace(kept, state="kept")
            elif self._failed is None or os.path.abspath(spec.output) in self._failed:
                todo.append(spec)
        if not todo:
            return
        engine = self._begin(len(todo))
        named = {spec.number: spec for spec in todo}
        todo = [self._fitted(spec) for spec in todo]
        for spec, outcome in outcomes(run_job, todo, engine, self._token):
            result = outcome if isinstance(outcome, JobResult) else _lost(spec, outcome)
            yield _as_named(result, spec, named[spec.number])

    def _measured(self) -> Iterator[JobResult]:
        """Find the limits of all sources; yield the jobs whose sources cannot be measured."""
        found = SharedLimits(self._begin(len(self._all)), self._token)
        fitted = {spec.number: self._fitted(spec) for spec in self._all}
        for _ in found.measure(list(fitted.values())):
            pass
        self._unmeasured = found.failed
        for spec in self.specs:
            if spec.number in found.failed:
                failed = RenderError(found.failed[spec.number])
                result = _as_named(_lost(spec, failed), fitted[spec.number], spec)
                self._file.add(result)
                yield result
        self.specs = [with_limits(spec, found.limits) for spec in self.specs]

    def _begin(self, tasks: int) -> Engine:
        """Start what runs tasks, with the first of them."""
        if self._engine is not None:
            return self._engine
        if self._executor is not None:
            executor = _executor_of(self._executor, self._on_gpus)
            self._engine = Given(executor, self._stop, self._answers)
            return self._engine
        devices = devices_here() if self._on_gpus and not self._with_device else 0
        self.workers = self._workers or worker_count(tasks, devices or None)
        self._engine = Pool(self.workers, devices, self.listener)
        return self._engine

    @property
    def _on_gpus(self) -> bool:
        return any(spec.options.backend == "cuda" for spec in self._all)

    @property
    def _with_device(self) -> bool:
        return any(spec.options.device is not None for spec in self._all)

    def _stop(self) -> None:
        give_up(self._token)

    def _answers(self) -> bool:
        """Whether a Dask client is connected; other executors are taken to be."""
        return getattr(self._executor, "status", "running") == "running"

    def _fitted(self, spec: JobSpec) -> JobSpec:
        """A job that takes its share of the machine; one core where that is not known."""
        if self._executor is not None:
            threads, spec = 1, elsewhere(spec)
        elif self.workers == 1:
            return spec
        else:
            threads = threads_each(self.workers)
        own = spec.options
        options = replace(own, threads=own.threads or threads)
        if suffix_of(spec.output) != ".exr":  # which has no encoder
            options = replace(options, encoder_threads=own.encoder_threads or threads)
        return replace(spec, options=options)

    def _sweep(self) -> None:
        """Remove what killed processes left where outputs go."""
        for folder in {os.path.dirname(os.path.abspath(spec.output)) for spec in self.specs}:
            remove_dead_runs(folder)
            marks.tidy(folder)


def _lost(spec: JobSpec, outcome: BaseException) -> JobResult:
    return JobResult(
        spec.number, shown(spec.source), spec.output, "failed", error=in_words(outcome)
    )


def _as_named(result: JobResult, spec: JobSpec, named: JobSpec) -> JobResult:
    """A result that calls files as the caller does, wherever the job ran."""
    error = result.error.replace(shown(spec.source), shown(named.source))
    return replace(result, source=shown(named.source), output=named.output, error=error)


def _executor_of(executor: Any, on_gpus: bool) -> Executor:
    """Take an executor, or that of a Dask client."""
    if isinstance(executor, Executor):
        return executor
    if callable(getattr(executor, "get_executor", None)):
        resources = {"resources": {"GPU": 1}} if on_gpus else {}
        found: Executor = executor.get_executor(pure=False, **resources)
        return found
    raise OptionError(
        f"executor: got {brief(executor)}; allowed are a concurrent.futures.Executor and a "
        "distributed.Client"
    )
