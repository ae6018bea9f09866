"""``heatvid compare``: several sources side by side in one video, with their differences."""

from __future__ import annotations

import argparse
from typing import Any

from heatvid._commands.parsing import add_command
from heatvid._commands.render import add_rendering, run_rendering


def add_compare(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands, "compare", _compare, "render sources side by side, in step, on one scale"
    )
    parser.add_argument(
        "source", nargs="+", help="two or more, each what `heatvid render` takes, patterns quoted"
    )
    parser.add_argument(
        "--difference", action="store_true",
        help="show, too, how much each further source is more than the first, 0 in the middle",
    )  # fmt: skip
    add_rendering(parser)


def _compare(arguments: argparse.Namespace) -> int:
    from heatvid._jobs.compare import compared
    from heatvid._jobs.render import render_with

    panels = compared(arguments.source, difference=arguments.difference)
    return run_rendering(arguments, lambda output, options: render_with(panels, output, options))
