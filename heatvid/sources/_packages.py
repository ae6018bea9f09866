"""Packages that a format needs beyond heatvid's own."""

from __future__ import annotations

from importlib import import_module

from heatvid._errors import MissingDependencyError


def demand_package(package: str, what: str, extra: str = "sources") -> None:
    """Raise MissingDependencyError, with the command that helps, unless a package is there."""
    try:
        import_module(package)
    except ImportError as error:
        raise MissingDependencyError(
            f'{what} takes the package {package}; install it: pip install "heatvid[{extra}]"'
        ) from error
