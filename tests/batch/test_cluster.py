"""Batches on a real Dask cluster: every output once and right, whatever is lost on the way."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import heatvid
from heatvid._batch import marks
from heatvid.cli import main
from tests.harness.processes import processes
from tests.support.cluster import PATIENCE_SECONDS, Cluster, cluster_of
from tests.support.videos import numbered

pytest.importorskip("distributed")
# Warnings are of a cluster that is being lost.
pytestmark = pytest.mark.filterwarnings("ignore")
LONG = {"preset": "medium"}  # of noise: a second or so


def noise(count: int, frames: int = 40) -> list[str]:
    Path("dumps").mkdir()
    random = np.random.default_rng(0)
    for i in range(count):
        np.save(f"dumps/{i}.npy", random.integers(0, 256, (frames, 128, 128), np.uint8))
    return [f"dumps/{i}.npy" for i in range(count)]


def run(executor: Any, folder: str = "out", **given: Any) -> Counter[str]:
    results = heatvid.batch("dumps/*.npy", executor=executor, folder=folder, **given)
    return Counter(result.state for result in results)


def contents(folder: str) -> dict[str, bytes]:
    """Outputs by name; hidden ones too, but for the marks."""
    return {
        path.name: path.read_bytes()
        for path in Path(folder).iterdir()
        if path.is_file() and path.suffix not in (".json", ".html")
    }


@pytest.fixture
def undisturbed() -> Callable[[], dict[str, bytes]]:
    """What the dumps give where nothing happens, with one thread each."""

    def make() -> dict[str, bytes]:
        threads = {"threads": 1, "encoder_threads": 1}
        list(heatvid.batch("dumps/*.npy", folder="alone", workers=2, **LONG, **threads))
        return contents("alone")

    return make


@pytest.fixture
def of_two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cluster, Any]]:
    with cluster_of(2, tmp_path_factory.mktemp("cluster")) as both:
        yield both


def until(holds: Callable[[], Any]) -> Any:
    """Wait until something holds; give it."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := holds()):
        assert time.monotonic() < deadline, "it never held"
        time.sleep(0.02)
    return found


def being_written(folder: str = "out") -> list[str]:
    if not os.path.isdir(folder):
        return []
    return [name for name in os.listdir(folder) if ".heatvid-part" in name]


def test_one_two_and_four_workers_give_the_same_outputs(
    undisturbed: Callable[[], dict[str, bytes]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    noise(8, frames=10)
    expected = undisturbed()
    with cluster_of(1, tmp_path_factory.mktemp("cluster")) as (cluster, client):
        for workers in (1, 2, 4):
            cluster.add(workers - len(cluster.workers))
            client.wait_for_workers(workers, timeout=PATIENCE_SECONDS)
            assert run(client, f"out{workers}", **LONG) == {"done": 8}
            assert contents(f"out{workers}") == expected
        command = ["batch", "dumps", "-o", "out", "--dask", cluster.address, "--preset", "medium"]
        assert main(command) == 0
        assert contents("out") == expected


def test_a_worker_killed_while_it_writes_costs_nothing(
    undisturbed: Callable[[], dict[str, bytes]], of_two: tuple[Cluster, Any]
) -> None:
    noise(4)
    cluster, client = of_two
    results = heatvid.batch("dumps/*.npy", executor=client, folder="out", **LONG)
    states = [next(results).state]
    until(being_written)
    cluster.workers[0].kill()
    states += [result.state for result in results]
    assert states == ["done"] * 4
    assert contents("out") == undisturbed()


def test_a_worker_lost_after_it_finished_changes_nothing(
    undisturbed: Callable[[], dict[str, bytes]], of_two: tuple[Cluster, Any]
) -> None:
    noise(4, frames=10)
    cluster, client = of_two
    results = heatvid.batch("dumps/*.npy", executor=client, folder="out", **LONG)
    states = [next(results).state]
    until(lambda: len(marks_done("out")) == 4)
    before = contents("out")
    cluster.workers[0].kill()  # what it holds is computed again, by the other
    time.sleep(1)
    states += [result.state for result in results]
    assert states == ["done"] * 4
    assert contents("out") == before == undisturbed()


def marks_done(folder: str) -> list[Path]:
    return [
        path for path in Path(folder, marks.FOLDER).glob("*.json") if "seal" in path.read_text()
    ]


def test_a_lost_scheduler_ends_the_batch_and_another_run_goes_on(
    undisturbed: Callable[[], dict[str, bytes]], of_two: tuple[Cluster, Any]
) -> None:
    noise(4)
    cluster, client = of_two
    results = heatvid.batch("dumps/*.npy", executor=client, folder="out", **LONG)
    assert next(results).state == "done"
    cluster.scheduler.send_signal(signal.SIGKILL)
    assert "failed" in [result.state for result in results]
    cluster.close()
    threads = {"threads": 1, "encoder_threads": 1}
    assert run(None, resume=True, workers=2, **LONG, **threads).keys() <= {"done", "kept"}
    assert contents("out") == undisturbed()


def test_jobs_stop_where_the_client_has_gone(
    undisturbed: Callable[[], dict[str, bytes]], of_two: tuple[Cluster, Any], tmp_path: Path
) -> None:
    noise(2, frames=800)
    _, client = of_two
    results = heatvid.batch("dumps/*.npy", executor=client, folder="out", **LONG)

    def leave() -> None:
        until(being_written)
        client.close()

    threading.Thread(target=leave).start()
    assert [result.state for result in results] == ["failed"] * 2
    until(lambda: not processes(tmp_path / "out"))
    until(lambda: not being_written())
    assert contents("out") == {}


def test_a_batch_given_up_stops_its_jobs_there(of_two: tuple[Cluster, Any], tmp_path: Path) -> None:
    noise(4, frames=800)
    np.save("dumps/0.npy", numbered(2))
    _, client = of_two
    results = heatvid.batch("dumps/*.npy", executor=client, folder="out", **LONG)
    assert next(results).state == "done"
    until(being_written)
    results.close()  # type: ignore[attr-defined]  # a generator
    until(lambda: not processes(tmp_path / "out"))
    until(lambda: not being_written())
    assert list(contents("out")) == ["0.mp4"]
