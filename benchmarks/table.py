"""Write the figures of benchmarks/results/ into README, between its markers."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from benchmarks import _readme


def main(arguments: Sequence[str]) -> int:
    """Rewrite README; with --check, the exit code is 1 when it is not as it would be written."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks table", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--check", action="store_true", help="write nothing")
    options = parser.parse_args(arguments)
    text = _readme.README.read_text(encoding="utf-8")
    new = _readme.filled(text)
    if options.check:
        print("README is as the results are" if new == text else "README is not as the results are")
        return int(new != text)
    _readme.README.write_text(new, encoding="utf-8")
    print(f"written: {', '.join(_readme.marked(new)) or 'no markers'}")
    return 0
