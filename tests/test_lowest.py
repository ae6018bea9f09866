"""Every dependency declares its lowest version, and CI installs exactly that."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.lowest import PYPROJECT, lowest, lowest_python, main, read_project

README = PYPROJECT.with_name("README.md").read_text(encoding="utf-8")
PROJECT: dict[str, Any] = {
    "name": "own",
    "requires-python": ">=3.9",
    "dependencies": ["numpy>=2.0", "a-b[c,d]==12.*"],
    "optional-dependencies": {
        "one": ["x.y >= 1.7.1.post1"],
        "two": ["own[one, three]", "numpy>=2.0"],
        "three": ["z==4.1"],
    },
}


def test_a_minimum_becomes_the_version() -> None:
    assert lowest(PROJECT, []) == ["a-b[c,d]==12.*", "numpy==2.0"]
    assert lowest_python(PROJECT) == "3.9"


def test_extras_of_the_package_itself_are_followed() -> None:
    every = ["a-b[c,d]==12.*", "numpy==2.0", "x.y==1.7.1.post1", "z==4.1"]
    assert lowest(PROJECT, ["two"]) == every
    assert lowest(PROJECT, ["three"]) == [*every[:2], "z==4.1"]


@pytest.mark.parametrize("without", ["numpy", "numpy<3", "numpy>1", "numpy>=2,<3", "numpy~=2.0"])
def test_what_says_no_lowest_version_is_refused(without: str) -> None:
    with pytest.raises(ValueError, match="does not say its lowest version"):
        lowest({**PROJECT, "dependencies": [without]}, [])


def test_every_dependency_of_every_extra_has_a_lowest_version() -> None:
    project = read_project()
    for extra in project["optional-dependencies"]:
        pins = lowest(project, [extra, "test"])
        assert "numpy==2.0" in pins
        assert len({pin.split("==")[0] for pin in pins}) == len(pins), "two versions of one package"


def test_they_are_printed_one_a_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["lowest", "video"])
    main()
    lines = capsys.readouterr().out.splitlines()
    assert lines == lowest(read_project(), ["video"])
    monkeypatch.setattr("sys.argv", ["lowest", "--python"])
    main()
    assert capsys.readouterr().out == f"{lowest_python(read_project())}\n"


def test_the_readme_names_the_lowest_versions() -> None:
    named = re.search(r"Python (\S+), NumPy (\S+) and FFmpeg (\S+) are the lowest", README)
    assert named, "README says nothing of the lowest versions"
    pins = dict(pin.split("==") for pin in lowest(read_project(), []))
    assert (named[1], named[2]) == (lowest_python(read_project()), pins["numpy"])
    carries = Path(PYPROJECT).read_text(encoding="utf-8")
    assert re.search(rf'"imageio-ffmpeg>=\S+", +# with FFmpeg {re.escape(named[3])}', carries)
