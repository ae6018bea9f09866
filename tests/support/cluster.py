"""A Dask cluster on this machine: scheduler and workers as processes of their own, over TCP."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 60.0
# No pages of a dashboard, no measuring of the machine: processes that begin soon.
QUIET = {
    "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False",
    "DASK_DISTRIBUTED__ADMIN__LOG_LENGTH": "0",
    "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "5s",
    "DASK_DISTRIBUTED__LOGGING__DISTRIBUTED": "critical",
}


class Cluster:
    """A scheduler, and workers that come and go.

    Attributes
    ----------
    address : str
    scheduler : subprocess.Popen
    workers : list of subprocess.Popen
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        found = folder / "scheduler.json"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.scheduler = self._start(
            "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show",
            "--scheduler-file", str(found), "--protocol", "tcp",
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            with contextlib.suppress(OSError, ValueError):
                self.address = json.loads(found.read_text())["address"]
                return
            assert time.monotonic() < deadline, "the scheduler did not begin"
            time.sleep(0.05)

    def add(self, count: int, *options: str) -> None:
        """Add workers, each a process of one thread that nobody begins again."""
        for _ in range(count):
            worker = self._start(
                "worker", self.address, "--no-nanny", "--nthreads", "1", "--no-dashboard",
                "--host", "127.0.0.1", "--death-timeout", "20", "--local-directory",
                str(self._folder), *options,
            )  # fmt: skip
            self.workers.append(worker)

    def _start(self, kind: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments]
        with open(self._folder / f"{kind}.log", "ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, env={**os.environ, **QUIET}, cwd=self._folder
            )

    def close(self) -> None:
        """End all processes."""
        for process in (*self.workers, self.scheduler):
            process.kill()
        for process in (*self.workers, self.scheduler):
            process.wait()


@contextlib.contextmanager
def cluster_of(workers: int, folder: Path) -> Iterator[tuple[Cluster, Any]]:
    """Begin a cluster, and connect to it once all workers are there."""
    from distributed import Client

    cluster = Cluster(folder)
    try:
        cluster.add(workers)
        client = Client(cluster.address, timeout=PATIENCE_SECONDS, set_as_default=False)
        try:
            client.wait_for_workers(workers, timeout=PATIENCE_SECONDS)
            yield cluster, client
        finally:
            with contextlib.suppress(Exception):  # it may have been lost on purpose
                client.close(timeout=2)
    finally:
        cluster.close()
