"""Run a measurement by name: ``python -m benchmarks NAME [options]``."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType

NAMES = (
    "peers",
    "scaling",
    "cpu-vs-gpu",
    "gpu",
    "startup",
    "encoder_overhead",
    "encoders",
    "readers",
    "memory",
    "batch",
    "composition",
    "table",
)


def main(arguments: list[str]) -> int:
    """List the measurements, or run the one that is named first; returns the exit code."""
    if not arguments or arguments[0] not in NAMES:
        print("usage: python -m benchmarks NAME [options]; NAME --help says more\n")
        for name in NAMES:
            summary = (_module(name).__doc__ or "").splitlines()[0]
            print(f"  {name:18} {summary}")
        return 0 if not arguments else 2
    return int(_module(arguments[0]).main(arguments[1:]))


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.{name.replace('-', '_')}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
