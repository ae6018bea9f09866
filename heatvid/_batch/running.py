"""One job run, wherever that is: its output stands there whole, or a line says why not."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from heatvid._batch import marks
from heatvid._batch.gallery.colored import colored
from heatvid._batch.gallery.posters import make_poster
from heatvid._batch.job import JobResult, JobSpec, shown
from heatvid._batch.sampling import sampled
from heatvid._batch.stopping import Stopped, Working, watch
from heatvid._batch.telling import teller
from heatvid._encode.output_file import BusyError
from heatvid._encode.runs import RunPath
from heatvid._jobs.render import render_with
from heatvid._jobs.result import RenderResult
from heatvid._progress import Listener, heard_by
from heatvid._reasons import in_words

_LOOK_SECONDS = 0.2  # between looks at an output that another run is writing
_PATIENCE_SECONDS = 3600.0  # with a run that may have been stopped for good


def run_job(spec: JobSpec, batch: str = "") -> JobResult:
    """Run one job; it may run twice at any time, and raises nothing, whatever ends it."""
    since = time.perf_counter()
    ended = JobResult(spec.number, shown(spec.source), spec.output, "failed")
    try:
        with Working(), _collected() as said:
            result = _run(spec, watch(batch))
            return replace(result, warnings=said)
    except Stopped:
        ended = replace(ended, state="stopped", error="stopped with its batch")
    except BaseException as error:  # KeyboardInterrupt would take a worker with it
        ended = replace(ended, error=in_words(error))
    return replace(ended, seconds=time.perf_counter() - since)


def heard(spec: JobSpec, check: Callable[..., None]) -> Listener:
    """Give what hears of a job's progress: it is told, and the job stopped where ``check`` does."""
    tell = teller(spec.number)

    def hear(stage: str, count: int, total: int | None) -> None:
        check()
        tell(stage, count, total)

    return hear


def _run(spec: JobSpec, check: Callable[..., None]) -> JobResult:
    check()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (done := marks.result_of(spec)) is None:
        try:
            return _rendered(spec, check)
        except BusyError:  # another run of it writes numbered pictures, which have one place
            if time.monotonic() > deadline:
                raise
            time.sleep(_LOOK_SECONDS)
            check()
    return replace(done, state="done")


def _rendered(spec: JobSpec, check: Callable[..., None]) -> JobResult:
    marks.begin(spec)
    try:
        return _whole(spec, check)
    except BaseException:
        if not marks.files_of(spec.output):  # what comes to stand there is none of ours
            marks.forget(spec.output)
        raise


def _whole(spec: JobSpec, check: Callable[..., None]) -> JobResult:
    since = time.perf_counter()
    with heard_by(heard(spec, check)):
        result = render_with(spec.source, RunPath(spec.output), spec.options)
    facts = _facts(result)
    statistics = sampled(spec.source, spec.options, facts["limits"])
    seconds = time.perf_counter() - since
    done = JobResult(
        spec.number, shown(spec.source), spec.output, "done", seconds=seconds,
        statistics=statistics, **facts,
    )  # fmt: skip
    if spec.poster:
        make_poster(spec.output, done.frames, done.fps, partial(colored, spec, done))
    marks.note_done(spec, done)
    return done


def _facts(result: RenderResult) -> dict[str, Any]:
    limits: Any = result.limits
    if limits is not None:
        limits = [list(one) if isinstance(one, tuple) else one for one in limits]
    return {
        "frames": result.frames,
        "height": result.height,
        "width": result.width,
        "fps": str(result.fps),
        "limits": limits,
        "quantity": result.about.long_name or result.about.name or "",
        "units": result.about.units or "",
    }


@contextmanager
def _collected() -> Iterator[list[str]]:
    """Collect warnings; only in a main thread, as all threads of a process share who shows them."""
    said: list[str] = []
    if threading.current_thread() is not threading.main_thread():
        yield said
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        yield said
        said += [" ".join(str(each.message).split()) for each in caught]
