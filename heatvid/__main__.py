"""``python -m heatvid`` and the console script: signals are heeded before more is loaded."""

import sys

from heatvid._signals import until_signalled


def main() -> int:
    """Run the command line in a process of its own."""
    return until_signalled(_command_line, for_good=True)


def _command_line() -> int:
    from heatvid._streams import fill_closed, keep_from_libraries
    from heatvid.cli import run

    fill_closed()
    if "--debug" not in sys.argv:
        keep_from_libraries()
    return run(None)


if __name__ == "__main__":
    raise SystemExit(main())
