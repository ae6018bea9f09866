"""Outputs that several runs write at once, and what is left of runs whose processes were killed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from heatvid._encode import runs
from heatvid._encode.output_file import BusyError, OutputFile
from heatvid._encode.runs import claim_file, remove_dead_runs


def hidden(kind: str = "part", host: str = "", run: str = "0" * 16, name: str = "a.gif") -> Path:
    """What a killed process left of a run."""
    path = Path(f".{name}.heatvid-{kind}-{host or runs._host()}{run}")
    path.write_bytes(b"half")
    return path


def test_runs_of_one_job_do_not_meet_and_the_last_one_stays() -> None:
    first, second = (claim_file("a.mp4", overwrite=True, several=True) for _ in range(2))
    for output, content in ((first, b"first"), (second, b"second")):
        Path(output.temporary).write_bytes(content)
        output.commit()
    assert os.listdir() == ["a.mp4"]
    assert Path("a.mp4").read_bytes() == b"second"


def test_of_a_file_that_one_job_writes_alone_a_second_is_refused() -> None:
    first = claim_file("a.mp4", overwrite=True, several=False)
    with pytest.raises(BusyError, match="is being written by another job"):
        OutputFile("a.mp4", overwrite=True)
    first.discard()


def test_what_dead_runs_left_is_removed_and_what_is_written_stays() -> None:
    hidden()
    hidden("scratch")
    living = claim_file("b.gif", overwrite=True, several=True)
    Path(living.scratch).touch()
    Path(".mine.heatvid-part").touch()
    remove_dead_runs(".")
    left = {Path(living.temporary).name, Path(living.scratch).name, ".mine.heatvid-part"}
    assert set(os.listdir()) == left
    living.discard()


def test_what_another_machine_may_be_writing_stays_for_a_day() -> None:
    young, old = (hidden(host="0" * 8, run=run * 16) for run in "12")
    os.utime(old, (0, 0))
    remove_dead_runs(".")
    assert os.listdir() == [young.name]


def test_long_names_keep_to_what_file_systems_allow() -> None:
    name = "ä" * 120 + ".gif"
    output = claim_file(name, overwrite=True, several=True)
    assert len(os.fsencode(Path(output.temporary).name)) <= 255
    copy = Path(output.temporary.replace(runs._host(), "0" * 8))
    copy.touch()
    os.utime(copy, (0, 0))
    remove_dead_runs(".")
    assert os.listdir() == [Path(output.temporary).name]
    output.discard()
