"""A few damaged files of every format; many more by ``python -m tests.harness.files``."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

import heatvid
from heatvid.sources._files import kind_of
from heatvid.sources._formats import FORMATS
from tests.harness import files
from tests.harness.files import damaged_files, faults_of, read_many, ways
from tests.harness.formats import OTHERS
from tests.harness.originals import ORIGINALS, Made, made, original_of

pytestmark = pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="measures by Linux's /proc")

AS_BACKGROUNDS = ("moving.gif", "cmyk.jpg")
REFUSED = ("moving.png", "moving.webp", "made.html")  # several pictures, and what is only told of


def test_damaged_files_are_refused_in_one_line_and_leave_nothing() -> None:
    assert read_many(1_000_000, 40) == []


@pytest.mark.parametrize("original", [each for each in OTHERS if each.name not in REFUSED],
                         ids=lambda original: original.name)  # fmt: skip
def test_the_files_are_readable_before_they_are_damaged(original: Any, tmp_path: Path) -> None:
    """Each in one way or more, or damage would not matter; of the contract's, it says so."""
    opened, options = original.make(tmp_path)
    every = ways(str(opened), options, tmp_path / "out", random.Random(0))
    every["background" if original.name in AS_BACKGROUNDS else next(iter(every))]()


def test_every_format_is_among_the_files() -> None:
    made_quickly = [each for each in ORIGINALS if "xarray" not in each.name]
    suffixes = {kind_of(name) for each in made_quickly for name in made(each).files}
    folders = {kind_of(str(Path(name).parts[0])) for each in made_quickly
               for name in made(each).files}  # fmt: skip
    missing = [row.name for row in FORMATS if not {*row.suffixes} & (suffixes | folders)]
    assert missing == []


def test_seeds_in_a_row_reach_every_original_and_each_gives_the_same_damage() -> None:
    assert {original_of(7 + seed).name for seed in range(len(ORIGINALS))} == {
        original.name for original in ORIGINALS
    }
    valid = {"a/1.json": b"[1, 2]", "a/2.json": b"[3]", "b": bytes(99)}
    every = [damaged_files(valid, random.Random(seed)) for seed in range(40)]
    assert every == [damaged_files(valid, random.Random(seed)) for seed in range(40)]
    assert {name for each in every for name in valid if each.get(name) != valid[name]} == {*valid}


def test_what_does_not_hold_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = []

    def fail() -> None:
        raise LookupError("no such place")

    def leave() -> None:
        left.append(os.open(os.devnull, os.O_RDONLY))
        raise heatvid.SourceError("elsewhere: two\nlines")

    def write() -> None:
        (tmp_path / f"{len(os.listdir(tmp_path))}").touch()

    given = {"one": fail, "two": leave, "three": write}
    monkeypatch.setattr(files, "ways", lambda *_: given)
    found = [*faults_of(tmp_path, Made({}, ".", {}), tmp_path / "out", random.Random(0))]
    for each in left:
        os.close(each)
    assert found == [
        "one: raises LookupError: no such place",
        "two: says 'elsewhere: two\\nlines'",
        "two: 1 descriptors are left open",
        f"three: writes [{str(tmp_path / '0')!r}]",
    ]


def test_a_process_that_ends_is_told_with_its_seed_and_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        begun.append(command[command.index("--stretch") : -2])
        died = len(begun) == 1
        said = "seed 5 npy\nseed 6 TIFF\n" if died else "seed 7 npy\nFAULT seed 7 (npy) mask: x\n"
        return subprocess.CompletedProcess(command, -11 if died else 0, said, "Fatal error")

    monkeypatch.setattr(subprocess, "run", run)
    assert read_many(5, 3) == ["seed 6 TIFF ends the process (-11): Fatal error",
                               "seed 7 (npy) mask: x"]  # fmt: skip
    assert begun == [["--stretch", "5", "--count", "3"], ["--stretch", "7", "--count", "1"]]
