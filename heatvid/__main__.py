"""``python -m heatvid`` and the console script: signals are heeded before more is loaded."""

from heatvid._signals import until_signalled


def main() -> int:
    """Run the command line in a process of its own."""
    return until_signalled(_command_line, for_good=True)


def _command_line() -> int:
    from heatvid._streams import fill_closed
    from heatvid.cli import run

    fill_closed()
    return run(None)


if __name__ == "__main__":
    raise SystemExit(main())
