"""The lowest versions that pyproject.toml declares, as requirements that pip installs exactly.

``python -m tests.lowest numba video`` prints those of the package and of the extras named, one a
line; ``--python`` the lowest Python instead. It takes nothing but Python's own library.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"


def read_project() -> dict[str, Any]:
    """The table ``project`` of pyproject.toml."""
    with PYPROJECT.open("rb") as file:
        project: dict[str, Any] = tomllib.load(file)["project"]
    return project


def lowest(project: dict[str, Any], extras: Sequence[str]) -> list[str]:
    """Requirements of the lowest version of each dependency, sorted."""
    names = list(project["dependencies"])
    for extra in extras:
        names += project["optional-dependencies"][extra]
    return sorted(set(_each(project, names)))


def _each(project: dict[str, Any], requirements: Sequence[str]) -> Iterator[str]:
    own = re.compile(rf"{re.escape(project['name'])}\[([\w, -]+)\]")
    for requirement in requirements:
        if extras := own.fullmatch(requirement):
            for extra in extras[1].split(","):
                yield from _each(project, project["optional-dependencies"][extra.strip()])
        else:
            yield _exactly(requirement)


def _exactly(requirement: str) -> str:
    """``numpy==2.0`` of ``numpy>=2.0``; what is pinned stays as it is."""
    parts = re.fullmatch(r"([\w.-]+(?:\[[\w, -]+\])?) *(>=|==) *([\w.*+!-]+)", requirement)
    if parts is None:
        raise ValueError(f"{requirement!r} does not say its lowest version, as in 'name>=1.2'")
    return f"{parts[1]}=={parts[3]}"


def lowest_python(project: dict[str, Any]) -> str:
    """The lowest version of Python, ``3.11``."""
    return _exactly(f"python{project['requires-python']}").removeprefix("python==")


def main() -> None:
    """Print them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("extras", nargs="*")
    parser.add_argument("--python", action="store_true")
    arguments = parser.parse_args()
    project = read_project()
    if arguments.python:
        print(lowest_python(project))
    else:
        print("\n".join(lowest(project, arguments.extras)))


if __name__ == "__main__":
    main()
