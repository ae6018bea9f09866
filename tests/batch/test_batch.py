"""Batches: every job on its own, what is whole is kept, what failed is told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid import JobResult
from heatvid._batch import marks
from heatvid._batch.executing import outcomes
from heatvid._batch.pool import Pool
from heatvid._batch.running import run_job
from heatvid.cli import main
from tests.support.executors import Inline
from tests.support.videos import encoded, numbered

FAST: dict[str, Any] = {"preset": "ultrafast", "folder": "out"}


def run(jobs: Any = "dumps/*.npy", executor: Any = None, **given: Any) -> dict[str, JobResult]:
    """Results by their outputs."""
    if ".exr" in str(given.get("name")):
        given["preset"] = None
    results = heatvid.batch(jobs, executor=executor or Inline(), **{**FAST, **given})
    folder = str(given.get("folder", "out"))
    return {os.path.relpath(result.output, folder): result for result in results}


def states(results: dict[str, JobResult]) -> Counter[str]:
    return Counter(result.state for result in results.values())


def hidden(folder: str = "out") -> list[str]:
    return [name for name in os.listdir(folder) if name.startswith(".") and name != marks.FOLDER]


def test_each_dump_becomes_what_rendering_it_gives(dumps: list[str]) -> None:
    results = run()
    heatvid.render(dumps[1], "alone.mp4", preset="ultrafast", encoder_threads=1)
    assert encoded("out/clip_1.mp4") == encoded("alone.mp4")
    result = results["clip_1.mp4"]
    assert (result.state, result.frames, result.width, result.fps) == ("done", 3, 32, "30")
    assert result.limits == [0.0, 2.0]
    assert result.statistics is not None
    assert (result.statistics["minimum"], result.statistics["maximum"]) == (0.0, 2.0)
    assert sum(result.statistics["histogram"]) == 3 * 24 * 32
    assert hidden() == []


def test_what_fails_fails_alone_and_is_told_in_one_line(dumps: list[str]) -> None:
    Path("dumps/clip_1.npy").write_bytes(b"nothing")
    np.save("dumps/empty.npy", np.zeros((0, 4, 4)))
    results = run()
    assert states(results) == {"done": 2, "failed": 2}
    assert results["clip_1.mp4"].error.startswith("dumps/clip_1.npy: is not an .npy file")
    assert "\n" not in results["empty.mp4"].error
    left = [marks.FOLDER, "batch.json", "clip_0.mp4", "clip_2.mp4", "index.html"]
    assert sorted(os.listdir("out")) == left
    marked = {name.partition(".mp4")[0] for name in os.listdir(f"out/{marks.FOLDER}")}
    assert marked == {"clip_0", "clip_2"}


def test_the_results_file_tells_every_job(dumps: list[str]) -> None:
    Path("dumps/clip_2.npy").write_bytes(b"nothing")
    run()
    table = json.loads(Path("out/batch.json").read_text())
    told = [(job["source"], job["state"]) for job in table["jobs"]]
    assert told == [(dumps[0], "done"), (dumps[1], "done"), (dumps[2], "failed")]
    assert table["heatvid"] == heatvid.__version__


@pytest.mark.parametrize(
    "name",
    ["{stem}.mp4", "{stem}.gif", "{stem}.html", "{stem}/%03d.png", "{stem}/%03d.exr"],
)
def test_what_is_whole_is_kept_and_the_rest_is_made(name: str, dumps: list[str]) -> None:
    run(dumps[:2], name=name)
    executor = Inline()
    results = run(executor=executor, name=name, resume=True)
    assert executor.ran == 1
    assert sorted(result.state for result in results.values()) == ["done", "kept", "kept"]
    assert next(iter(results.values())).frames == 3


def cut(output: str) -> None:
    os.truncate(output, 1000)


def grow(output: str) -> None:
    np.save("dumps/clip_0.npy", numbered(4))


def touch(output: str) -> None:
    os.utime("dumps/clip_0.npy", ns=(1, 1))


def unmark(output: str) -> None:
    folder, name = os.path.split(output)
    Path(folder, marks.FOLDER, f"{name}.json").write_text('{"identity": "')


@pytest.mark.parametrize("change", [cut, grow, touch, os.unlink])
def test_what_is_not_whole_or_of_another_job_is_made_again(
    change: Callable[[str], None], dumps: list[str]
) -> None:
    run(dumps[:2])
    change("out/clip_0.mp4")
    assert states(run(dumps[:2], resume=True)) == {"kept": 1, "done": 1}


def test_other_options_make_another_job_but_other_threads_do_not(dumps: list[str]) -> None:
    run(dumps[:1])
    assert states(run(dumps[:1], resume=True, threads=2, backend="numpy")) == {"kept": 1}
    assert states(run(dumps[:1], resume=True, cmap="magma")) == {"done": 1}


def test_a_copied_folder_goes_on_where_the_first_stopped(dumps: list[str]) -> None:
    run(dumps[:2])
    shutil.copytree("out", "copy", copy_function=shutil.copyfile)
    assert states(run(folder="copy", resume=True)) == {"kept": 2, "done": 1}


def test_only_what_failed_is_run_again(dumps: list[str]) -> None:
    Path("dumps/clip_1.npy").write_bytes(b"nothing")
    run()
    np.save("dumps/clip_1.npy", numbered(2))
    executor = Inline()
    assert states(run(executor=executor, retry_failed=True)) == {"kept": 2, "done": 1}
    assert executor.ran == 1


def test_a_job_that_runs_again_after_its_end_changes_nothing(dumps: list[str]) -> None:
    seen: list[Any] = []

    class Twice(Inline):
        def submit(self, task: Any, /, *args: Any, **kwargs: Any) -> Any:
            seen.append((task(*args), os.stat("out/clip_0.mp4")))
            return super().submit(task, *args, **kwargs)

    assert states(run(dumps[:1], executor=Twice())) == {"done": 1}
    ((first, status),) = seen
    assert first.state == "done"
    assert os.path.samestat(os.stat("out/clip_0.mp4"), status)


@pytest.mark.parametrize("name", ["{stem}.mp4", "{stem}/%03d.png"])
def test_two_runs_of_one_job_at_once_leave_one_output(name: str, dumps: list[str]) -> None:
    np.save(dumps[0], np.repeat(numbered(1, 64, 64), 200, 0))
    with ThreadPoolExecutor(3) as pool:

        class Thrice(Inline):
            def submit(self, task: Any, /, *args: Any, **kwargs: Any) -> Any:
                futures = [pool.submit(task, *args) for _ in range(3)]
                assert [future.result().state for future in futures] == ["done"] * 3
                return super().submit(task, *args, **kwargs)

        assert states(run(dumps[:1], executor=Thrice(), name=name)) == {"done": 1}
    assert hidden() == []
    assert len(marks.files_of(f"out/{name.format(stem='clip_0')}")) in (1, 200)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), MemoryError()])
def test_no_exception_leaves_a_task(
    error: BaseException, dumps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise error

    monkeypatch.setattr("heatvid._batch.running.render_with", fail)
    result = run(dumps[:1])["clip_0.mp4"]
    assert result.state == "failed"
    assert result.error.startswith(("KeyboardInterrupt", "SystemExit", "out of memory"))


def test_warnings_of_a_job_come_with_its_result() -> None:
    frames = numbered(2)
    frames[1] = np.nan
    np.save("a.npy", frames)
    assert "every value is NaN" in run("a.npy")["a.mp4"].warnings[0]


# --- one scale --------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, {"percentiles": (3, 80)}, {"norm": "log"}])
def test_shared_limits_are_those_of_all_values(given: dict[str, Any], dumps: list[str]) -> None:
    results = run(shared_limits=True, **given)
    whole = np.concatenate([np.load(path) for path in dumps])
    expected = list(heatvid.measure(whole, **given))
    assert [result.limits for result in results.values()] == [expected] * 3


def test_what_cannot_be_measured_fails_alone(dumps: list[str]) -> None:
    Path("dumps/clip_2.npy").write_bytes(b"nothing")
    results = run(shared_limits=True)
    assert states(results) == {"failed": 1, "done": 2}
    assert results["clip_2.mp4"].error.startswith("dumps/clip_2.npy: is not an .npy file")
    assert results["clip_0.mp4"].limits == [0.0, 2.0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"norm": "labels"}, "norm: got 'labels'"),
        ({"scope": "frame"}, "scope: got 'frame'"),
        ({"limits": (0, 1)}, "limits"),
    ],
)
def test_what_has_no_limits_to_share_is_refused(
    given: dict[str, Any], words: str, dumps: list[str]
) -> None:
    with pytest.raises(heatvid.OptionError) as caught:
        run(shared_limits=True, **given)
    assert words in str(caught.value)


# --- processes --------------------------------------------------------------------------------


def test_a_batch_given_up_stops_what_runs_and_leaves_nothing(dumps: list[str]) -> None:
    for path in dumps:
        np.save(path, np.random.default_rng(0).integers(0, 256, (300, 256, 256), np.uint8))
    results = heatvid.batch(dumps, workers=2, preset="placebo", folder="out")
    threading.Timer(2.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    since = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(results)
    assert time.monotonic() - since < 30
    assert [name for name in os.listdir("out") if name.startswith(".clip")] == []
    assert not [name for name in os.listdir("out") if name.endswith(".mp4")]


def die_once(flag: str, alone: bool) -> str:
    """A task that kills its worker the first time."""
    path = Path(flag)
    if not path.exists() or alone:
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return flag


def test_what_a_killed_worker_was_at_runs_again_and_what_kills_it_always_fails_alone() -> None:
    engine = Pool(2)
    try:
        alone = dict(outcomes(_task, [("a", False), ("b", False), ("c", True)], engine))
    finally:
        engine.close()
    assert alone["a", False] == "a"
    assert alone["b", False] == "b"
    assert "worker process was killed" in str(alone["c", True])


def _task(item: tuple[str, bool]) -> str:
    return die_once(*item)


def test_jobs_in_threads_stop_with_their_batch(dumps: list[str]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (600, 256, 256), np.uint8)
    np.save(dumps[1], noise)
    with ThreadPoolExecutor(1) as pool:
        results = heatvid.batch(dumps, executor=pool, preset="placebo", folder="out")
        assert next(results).state == "done"
        results.close()  # type: ignore[attr-defined]  # a generator
    assert [name for name in os.listdir("out") if "clip_1" in name or "clip_2" in name] == []


def test_each_worker_has_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    engine = Pool(2, devices=2)
    try:
        seen = {str(found) for _, found in outcomes(_visible, [0.5] * 4, engine)}
    finally:
        engine.close()
    assert seen == {"3", "5"}


def _visible(seconds: float) -> str:
    time.sleep(seconds)
    return os.environ["CUDA_VISIBLE_DEVICES"]


@pytest.mark.parametrize(
    ("backend", "asked"),
    [("cuda", {"pure": False, "resources": {"GPU": 1}}), ("numpy", {"pure": False})],
)
def test_jobs_for_gpus_ask_a_cluster_for_one(
    backend: str, asked: dict[str, Any], dumps: list[str]
) -> None:
    given: list[dict[str, Any]] = []

    class Client:
        def get_executor(self, **settings: Any) -> Inline:
            given.append(settings)
            return Inline()

    run(executor=Client(), backend=backend)
    assert given == [asked]


def test_a_cluster_that_is_lost_ends_the_batch(
    dumps: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("heatvid._batch.executing._LOOK_SECONDS", 0.01)
    monkeypatch.setattr("heatvid._batch.executing._LOST_SECONDS", 0.1)

    class Lost:
        status = "connecting"

        def get_executor(self, **_: Any) -> Any:
            return Never()

    class Never(Inline):
        def submit(self, task: Any, /, *args: Any, **kwargs: Any) -> Any:
            return Future()

    results = run(executor=Lost())
    assert states(results) == {"failed": 3}
    assert "the cluster was lost" in results["clip_0.mp4"].error


def test_what_is_no_executor_is_refused(dumps: list[str]) -> None:
    with pytest.raises(heatvid.OptionError, match="executor: got 3; allowed are"):
        run(executor=3)


def test_a_cluster_that_does_not_answer_is_one_line(
    dumps: list[str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr("heatvid._batch.cluster._CONNECT_SECONDS", 0.5)
    assert main(["batch", "dumps", "-o", "out", "--dask", "tcp://127.0.0.1:1"]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(
        "heatvid: error: dask: got tcp://127.0.0.1:1, where no scheduler answers"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"workers": 2}, "workers (--jobs): given beside executor"),
        ({"part": "3/2"}, "part: got '3/2'; allowed is I/N"),
        ({"retry_failed": True}, "out/batch.json: tells of no earlier batch"),
        ({"name": "{stem}.zip"}, "output is out/clip_0.zip"),
        ({"format": "mp4"}, "format: got 'mp4'"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_begins(
    given: dict[str, Any], words: str, dumps: list[str]
) -> None:
    with pytest.raises(heatvid.OptionError) as caught:
        run(**given)
    assert words in str(caught.value)
    assert not Path("out").exists()


def test_the_command_tells_what_failed_and_ends_with_1(
    dumps: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    Path("dumps/clip_1.npy").write_bytes(b"nothing")
    code = main(["batch", "dumps", "-o", "out", "--preset", "ultrafast", "--jobs", "1"])
    said = capfd.readouterr()
    assert code == 1
    assert said.out.startswith("out: 3 jobs, 2 done, 1 failed; ")
    assert said.err.splitlines()[0] == "heatvid: dumps: 3 dumps"
    assert said.err.splitlines()[1].startswith("heatvid: failed: dumps/clip_1.npy  is not an .npy")


def test_a_warning_names_the_first_job_that_it_is_of(
    dumps: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    for name in ("clip_1", "clip_2"):
        np.save(f"dumps/{name}.npy", np.full((2, 8, 8), np.nan))
    main(["batch", "dumps", "-o", "out", "--preset", "ultrafast", "--jobs", "1"])
    (line,) = (each for each in capfd.readouterr().err.splitlines() if "warning" in each)
    assert line.startswith("heatvid: warning: frame 0: every value is NaN")
    assert line.endswith(" (2 jobs, dumps/clip_1.npy first)")


def test_the_command_tells_programs_by_events(
    dumps: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    code = main(["batch", *dumps, "-o", "out", "--json", "--part", "1/3", "--preset", "ultrafast"])
    events = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert code == 0
    assert [event["event"] for event in events] == ["begin", "done", "end"]
    assert events[1]["output"] == "out/clip_0.mp4"
    assert os.path.isfile("out/batch-1-of-3.json")


def test_a_task_of_no_batch_is_run_as_it_is(dumps: list[str]) -> None:
    from heatvid._batch.planning import Wanted, begun, plan_jobs

    specs, _ = plan_jobs(dumps[:1], Wanted(folder="out"), {"preset": "ultrafast"})
    assert run_job(begun(specs[0], resume=False)).state == "done"
