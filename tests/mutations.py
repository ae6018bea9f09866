"""Plant faults in copies of the tree, one at a time, and tell which ones the daily tests miss.

By hand, from the root of the tree::

    python -m tests.mutations [-k WORD] [-j JOBS]
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.support.planted import FAULTS, Fault

ROOT = Path(__file__).parents[1]
PARTS = ("heatvid", "tests", "benchmarks", "pyproject.toml", "README.md")
PATIENCE_SECONDS = 900  # tests that take longer hang, which is seen as well
# Of a fault in one backend's own code, only that backend needs to be looked at.
BACKENDS = {"_numpy/": "numpy", "_numba/": "numba", "_cuda/": "cuda on the host"}
PASSED, FAILED = 0, 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Plant all faults whose file or text has a word; give the number that nobody saw."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutations")
    parser.add_argument("-k", metavar="WORD", default="", help="of the file or the text")
    parser.add_argument("-j", metavar="JOBS", type=int, default=1, help="at a time")
    given = parser.parse_args(arguments)
    chosen = [fault for fault in FAULTS if given.k in f"{fault.file} {fault.text}"]
    if not chosen:
        parser.error(f"-k {given.k}: no fault has this word")
    for fault in chosen:
        planted(fault)
    demand_that_all_pass(chosen)
    with ThreadPoolExecutor(given.j) as pool:
        missed = sum(not seen for seen in pool.map(is_seen, chosen))
    print(f"{len(chosen)} faults planted, {missed} missed")
    return missed


def planted(fault: Fault) -> str:
    """The file with the fault in it."""
    text = (ROOT / fault.file).read_text("utf-8")
    found = text.count(fault.text)
    if found != 1:
        sys.exit(f"{fault.file} has this {found} times, not once: {fault.text!r}")
    return text.replace(fault.text, fault.instead)


def demand_that_all_pass(faults: Sequence[Fault]) -> None:
    """Run the tests without any fault: where they fail, they would see anything."""
    tests = sorted({name for fault in faults for name in fault.tests})
    with copied() as tree:
        code, words = run_tests(tests, tree)
    if code != PASSED:
        sys.exit(f"without a fault, tests end with exit code {code}: {words}")


def is_seen(fault: Fault) -> bool:
    """Whether the tests fail in a copy of the tree that has the fault."""
    since = time.monotonic()
    own = [f"--backend={name}" for part, name in BACKENDS.items() if part in fault.file]
    with copied() as tree:
        Path(tree, fault.file).write_text(planted(fault), "utf-8")
        code, words = run_tests([*own, *fault.tests], tree)
    told = {PASSED: "MISSED", FAILED: "seen"}.get(code, f"exit code {code}")
    seconds = time.monotonic() - since
    print(f"{told} after {seconds:.0f} s: {fault.file}: {fault.text!r}\n    {words}", flush=True)
    return code == FAILED


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the tree."""
    with tempfile.TemporaryDirectory(prefix="heatvid-fault-") as folder:
        for part in PARTS:
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            copy(ROOT / part, Path(folder, part))
        yield Path(folder)


def run_tests(arguments: Sequence[str], tree: Path) -> tuple[int, str]:
    """Run tests up to the first that fails; the exit code, and which one failed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, "--hypothesis-seed=0", *arguments], cwd=tree, capture_output=True,
            text=True, timeout=PATIENCE_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return FAILED, f"nothing within {PATIENCE_SECONDS} seconds"
    lines = done.stdout.splitlines() or done.stderr.splitlines() or [""]
    failures = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
    return done.returncode, (failures or lines)[-1][:200]


if __name__ == "__main__":
    sys.exit(main())
