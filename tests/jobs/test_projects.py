"""What projects write opens with its path alone, or one line says which option is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatvid.cli import main
from tests.support.projects import PROJECTS, Project

PLAIN = [row for row in PROJECTS if not row.said]
ASKING = [row for row in PROJECTS if row.said]
INSPECTED = [*PLAIN, *(row for row in ASKING if "--channel" in row.option)]
FAST = ("--preset", "ultrafast", "-q")


def named(row: Project) -> str:
    return row.name


@pytest.mark.parametrize("project", PLAIN, ids=named)
def test_a_dump_renders_with_nothing_but_its_path(project: Project, tmp_path: Path) -> None:
    source, output = str(project.make(tmp_path)), tmp_path / "out" / "x.mp4"
    assert main(["render", source, "-o", str(output), *FAST]) == 0
    assert output.stat().st_size > 0


@pytest.mark.parametrize("project", ASKING, ids=named)
def test_a_dump_that_needs_an_option_says_which_in_one_line(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = str(project.make(tmp_path)), tmp_path / "out" / "x.mp4"
    command = ["render", source, "-o", str(output), *FAST]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert error.startswith("heatvid: error: ")
    assert error.count("\n") == 1
    assert project.said in error
    assert not output.parent.exists()


@pytest.mark.parametrize("project", [row for row in ASKING if row.option], ids=named)
def test_with_that_option_it_renders(project: Project, tmp_path: Path) -> None:
    source, output = str(project.make(tmp_path)), tmp_path / "out" / "x.mp4"
    assert main(["render", source, "-o", str(output), *FAST, *project.option]) == 0
    assert output.stat().st_size > 0


@pytest.mark.parametrize("project", INSPECTED, ids=named)
def test_what_inspect_says_to_try_renders(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, output = str(project.make(tmp_path)), tmp_path / "out" / "x.mp4"
    assert main(["inspect", source]) == 0
    tried = capsys.readouterr().out.partition("try: heatvid render ... ")[2].split()
    assert main(["render", source, "-o", str(output), *FAST, *tried]) == 0
