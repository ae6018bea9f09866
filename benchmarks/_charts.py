"""Draws the plot of a result beside its JSON, where matplotlib is installed."""

from __future__ import annotations

from pathlib import Path


def draw(path: Path) -> None:
    pass
