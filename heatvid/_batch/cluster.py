"""A Dask cluster by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from heatvid._errors import OptionError, one_line, printable
from heatvid.sources._packages import demand_package

_CONNECT_SECONDS = 20.0


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to a scheduler; leaving it leaves the cluster as it is.

    Raises
    ------
    MissingDependencyError
        Dask's distributed is not installed.
    OptionError
        Nothing answers there.
    """
    demand_package("distributed", "dask: a cluster", "dask")
    distributed: Any = import_module("distributed")
    try:
        client = distributed.Client(address, timeout=_CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise OptionError(
            f"dask: got {printable(address)}, where no scheduler answers ({one_line(error)}); "
            "allowed is an address such as tcp://127.0.0.1:8786"
        ) from error
    try:
        yield client
    finally:
        client.close()
