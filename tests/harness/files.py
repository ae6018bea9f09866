"""Damaged files of every readable format, as predictions, masks and backgrounds.

By hand: ``python -m tests.harness.files --count 20000``. A seed makes files from valid ones, at run
time, and everything that can read them does. What has to hold: errors are heatvid's own, one line
that begins with the file's name; warnings are of that kind too; nothing is written or left open; no
memory, no time without bounds. Each stretch of seeds runs in a process of its own, so that one that
ends it is found.
"""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

import heatvid
from heatvid._batch.dumps import dumps_in
from heatvid._batch.manifest import is_manifest, read_manifest
from heatvid._tools.inspect import inspect_source
from heatvid._under.picture_files import is_picture_file
from heatvid.sources import VIDEO_SUFFIXES
from heatvid.sources._label_names import names_of
from tests.harness.damage import damaged
from tests.harness.formats import DATA, MADE
from tests.harness.originals import Made, made, original_of

STRETCH = 250  # seeds of one process
MOST_SECONDS, MOST_KIB = 60, 1536 << 10  # of one way to read one file; a frame may have 256 MiB
MASKED = np.resize(DATA, (9, *DATA.shape[1:]))
_UNDER = (*VIDEO_SUFFIXES, ".npy", ".npz", ".gif")  # what backgrounds are, beside pictures
_SOME = 1 / 8  # of what is no background, and is refused as one
_OF_THE_OUTPUT = ("size is ",)  # begins what the output cannot take of a file that can be read
_OPTIONS = r"^(alpha_mask|background|like|font): (got )?'?"  # which files are given as
_DESCRIPTORS = "/proc/self/fd"


# --- ways to read files -----------------------------------------------------------------------


def ways(
    opened: Any, options: Mapping[str, Any], out: Path, dice: random.Random
) -> dict[str, Callable[[], Any]]:
    """Everything that files may be given to; all of it in this process, but for decoders."""
    if isinstance(opened, str) and is_manifest(opened):
        return {"manifest": lambda: list(read_manifest(opened))}
    if isinstance(opened, str) and opened.endswith(".txt"):
        return {"names": partial(names_of, opened)}
    if isinstance(opened, str) and opened.endswith(".ttf"):
        return {"font": partial(heatvid.to_rgb, DATA, title="a", font=opened)}
    render = partial(heatvid.render, progress=False)
    pictures, averaged = out / "%03d.png", {**options, "channel": "mean"}
    found = {
        "inspect": partial(inspect_source, opened, progress=False, **options),
        "render": partial(render, opened, pictures, **options),
    }
    if isinstance(opened, str):
        found["dumps"] = partial(dumps_in, opened)
        if os.path.basename(opened).startswith(MADE):
            found["like"] = partial(render, DATA, pictures, like=opened)
    if not _is_video(opened):
        found["channels"] = partial(render, opened, pictures, **averaged)
        found["mask"] = partial(_mask, opened, options, dice.choice((len(DATA), len(MASKED))))
    if _lies_under(opened) or dice.random() < _SOME:
        found["background"] = partial(heatvid.to_rgb, DATA, background=opened)
        found["pictures"] = partial(render, DATA, pictures, background=opened)
    return found


def _mask(opened: Any, options: Mapping[str, Any], frames: int) -> None:
    with heatvid.open_source(opened, **options) if options else nullcontext(opened) as mask:
        heatvid.to_rgb(MASKED[:frames], alpha_mask=mask, background="white")


def _is_video(opened: Any) -> bool:
    return isinstance(opened, str) and opened.endswith(VIDEO_SUFFIXES)


def _lies_under(opened: Any) -> bool:
    """Whether it is of a kind that a background may be."""
    if isinstance(opened, list):
        return is_picture_file(opened[0])
    if os.path.isdir(opened):
        return any(map(is_picture_file, os.listdir(opened)))
    return opened.endswith(_UNDER) or is_picture_file(opened)


# --- what has to hold -------------------------------------------------------------------------


def faults_of(folder: Path, files: Made, out: Path, dice: random.Random) -> Iterator[str]:
    """Say what does not hold of damaged files, which lie in a folder."""
    there = _listed(folder)
    for way, run in ways(files.opened_in(folder), files.options, out, dice).items():
        said, costs = _tried(run, folder, out)
        if costs:  # what is imported, or begun, is so once
            costs = _tried(run, folder, out)[1]
        yield from (f"{way}: {fault}" for fault in (*said, *costs))
        if new := sorted(_listed(folder) ^ there):
            yield f"{way}: writes {new}"


def _tried(run: Callable[[], Any], folder: Path, out: Path) -> tuple[list[str], list[str]]:
    """Do something; give what is wrong with what it says, and with what it costs."""
    before, since = len(os.listdir(_DESCRIPTORS)), time.process_time()
    _forget_peak()
    least = _peak_kib()
    said, costs = list(_outcome(run, folder, out)), []
    seconds, more = time.process_time() - since, _peak_kib() - least
    shutil.rmtree(out, ignore_errors=True)
    if len(os.listdir(_DESCRIPTORS)) > before:
        gc.collect()  # of what an error's traceback holds
    if (left := len(os.listdir(_DESCRIPTORS)) - before) > 0:
        costs.append(f"{left} descriptors are left open")
    if more > MOST_KIB:
        costs.append(f"{more >> 10} MiB")
    if seconds > MOST_SECONDS / 2:
        costs.append(f"{seconds:.0f} s")
    return said, costs


def _outcome(run: Callable[[], Any], folder: Path, out: Path) -> Iterator[str]:
    with warnings.catch_warnings(record=True) as caught, _patience():
        warnings.simplefilter("always")
        try:
            run()
        except heatvid.HeatvidError as error:
            text = str(error)
            begins = re.sub(_OPTIONS, "", text)
            if not begins.startswith((str(folder), *_OF_THE_OUTPUT)) or "\n" in text:
                yield f"says {text!r}"
            if out.exists() and any(out.iterdir()):
                yield f"leaves {sorted(each.name for each in out.iterdir())}"
        except Exception as error:
            yield f"raises {type(error).__name__}: {error}"
    for each in caught:
        if not str(each.message).startswith((str(folder), "frame ")):
            yield f"warns {each.category.__name__}: {each.message} ({each.filename})"


@contextmanager
def _patience() -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise TimeoutError(f"it takes more than {MOST_SECONDS} s of a core")

    before = signal.signal(signal.SIGPROF, give_up)
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    faulthandler.dump_traceback_later(3 * MOST_SECONDS, exit=True)  # where no signal is heard
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _listed(folder: Path) -> set[str]:
    return {os.path.join(at, name) for at, folders, names in os.walk(folder)
            for name in (*folders, *names)}  # fmt: skip


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _peak_kib() -> int:
    found = re.search(r"^VmHWM:\s+([0-9]+)", Path("/proc/self/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


# --- many of them -----------------------------------------------------------------------------


def read_damaged(seed: int, folder: Path) -> Iterator[str]:
    """Damage an original by a seed, and say what does not hold of it."""
    dice = random.Random(seed)
    valid = made(original_of(seed))
    within = folder / f"{seed}"
    for path, content in damaged_files(valid.files, dice).items():
        (within / path).parent.mkdir(parents=True, exist_ok=True)
        (within / path).write_bytes(content)
    yield from faults_of(within, valid, folder / "out", dice)
    shutil.rmtree(within)


def damaged_files(files: Mapping[str, bytes], dice: random.Random) -> dict[str, bytes]:
    """Damage one of some files, or leave it out; those that only numbers tell apart count once."""
    kinds: dict[str, list[str]] = {}
    for name in sorted(files):
        kinds.setdefault(re.sub("[0-9]+", "#", name), []).append(name)
    name = dice.choice(kinds[dice.choice(list(kinds))])
    out = dict(files)
    if len(files) > 1 and dice.random() < _SOME:
        del out[name]
    else:
        out[name] = damaged(files[name], dice)
    return out


def _run_stretch(first: int, count: int, folder: Path) -> None:
    """Say of each seed that it begins, and what does not hold of it."""
    for seed in range(first, first + count):
        name = original_of(seed).name
        print(f"seed {seed} {name}", flush=True)  # noqa: T201 (the parent reads it)
        for fault in read_damaged(seed, folder):
            print(f"FAULT seed {seed} ({name}) {fault}", flush=True)  # noqa: T201


def read_many(first: int, count: int) -> list[str]:
    """Read damaged files in processes of their own; give what did not hold."""
    faults: list[str] = []
    at, end = first, first + count
    while at < end:
        with tempfile.TemporaryDirectory(prefix="heatvid-files-") as folder:
            some = min(STRETCH, end - at)
            command = [sys.executable, "-X", "faulthandler", "-m"]
            command += [__spec__.name if __name__ == "__main__" else __name__]
            command += ["--stretch", str(at), "--count", str(some), "--folder", folder]
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
            done = subprocess.run(command, capture_output=True, text=True, env=environment)
        lines = done.stdout.splitlines()
        faults += [line.removeprefix("FAULT ") for line in lines if line.startswith("FAULT ")]
        at += some
        if done.returncode:
            begun = [line for line in lines if line.startswith("seed ")]
            last = begun[-1] if begun else "no seed"
            words = done.stderr if len(done.stderr) < 4000 else (
                f"{done.stderr[:3000]} ... {done.stderr[-1000:]}")  # fmt: skip
            faults.append(f"{last} ends the process ({done.returncode}): {words}")
            at = int(last.split()[1]) + 1 if begun else end
    return faults


def main() -> int:
    """Run by hand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--stretch", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stretch is not None:
        _run_stretch(arguments.stretch, arguments.count, arguments.folder)
        return 0
    kinds: Counter[str] = Counter()
    for at in range(arguments.first, arguments.first + arguments.count, STRETCH):
        some = min(STRETCH, arguments.first + arguments.count - at)
        for fault in read_many(at, some):
            kinds[fault.split(": ")[0].split()[-1]] += 1
            print(fault, flush=True)  # noqa: T201
        print(f"{at + some - arguments.first} files", file=sys.stderr, flush=True)  # noqa: T201
    print(f"{arguments.count} files, {sum(kinds.values())} faults {dict(kinds)}")  # noqa: T201
    return 1 if kinds else 0


if __name__ == "__main__":
    sys.exit(main())
