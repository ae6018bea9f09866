"""``heatvid gallery``: the page of a folder that a batch wrote, made again."""

from __future__ import annotations

import argparse
from typing import Any

from heatvid._commands.parsing import add_command
from heatvid._streams import show_summary


def add_gallery(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "gallery", _gallery, "show all outputs of a batch on a page")
    parser.add_argument("folder", help="that `heatvid batch` wrote to, in one run or in parts")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an index.html of another kind"
    )
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


def _gallery(arguments: argparse.Namespace) -> int:
    from heatvid._batch.gallery.again import gallery_again

    shown = False if arguments.quiet else None
    told = gallery_again(arguments.folder, overwrite=arguments.overwrite, progress=shown)
    if not arguments.quiet:
        show_summary(told)
    return 0
