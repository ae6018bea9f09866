"""``heatvid render``, and what other commands that write one video have in common with it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from heatvid._commands.parsing import add_command, add_option, chosen_options
from heatvid._errors import UsageError
from heatvid._options.options import option_fields
from heatvid._streams import say, show_summary

if TYPE_CHECKING:
    from heatvid._jobs.result import RenderResult
    from heatvid._options.options import Options

DONE = 0
_SMALL = 256  # columns, than which fewer are no video to look at


def add_render(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "render", _render, "render predictions as a video")
    parser.add_argument(
        "source", nargs="+", help=".npy, .npz, image folder or glob, video; or the files of frames"
    )
    add_rendering(parser)


def add_rendering(parser: Any) -> None:
    """Add the output, and all options of :func:`heatvid.render`."""
    parser.add_argument(
        *("-o", "--output"), required=True,
        help="the video: .mp4 .mov .mkv .webm; moving pictures: .gif .apng .webp .avif; numbered "
        "ones: frames/%%05d.png .jpg .webp .tif; -: --format",
    )  # fmt: skip
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")
    groups: dict[str, Any] = {}
    for option in option_fields():
        group = option.metadata["group"]
        if group not in groups:
            groups[group] = parser.add_argument_group(group)
        add_option(groups[group], option)


def _render(arguments: argparse.Namespace) -> int:
    from heatvid._jobs.render import render_with

    source = arguments.source[0] if len(arguments.source) == 1 else arguments.source
    return run_rendering(arguments, lambda output, options: render_with(source, output, options))


def run_rendering(
    arguments: argparse.Namespace, render: Callable[[Any, Options], RenderResult]
) -> int:
    """Render into the output by the options that are given, and tell of the result."""
    from heatvid._jobs.made import options_from

    given = chosen_options(arguments)
    if arguments.quiet:
        given["progress"] = False
    to_stdout = arguments.output == "-"
    output = _standard_output() if to_stdout else arguments.output
    options = options_from(given, output=None if to_stdout else output)
    result = render(output, options)
    if arguments.debug:
        say(f"backend {result.backend}: {result.reason}")
        if result.reading:
            say(result.reading)
    if not arguments.quiet:
        if result.about.note:
            say(result.about.note)
        summary = f"{result}{_zoom_hint(result, options)}"
        if to_stdout:
            say(summary)
        else:
            show_summary(summary)
    return DONE


def _zoom_hint(result: RenderResult, options: Options) -> str:
    """What enlarges a video that is small to look at."""
    from heatvid._encode.containers import are_pictures, is_page
    from heatvid._options.rule import of_values

    sized = options.zoom or options.size or options.panel_size
    kept = of_values(options) or are_pictures(result.path) or is_page(result.path)
    if sized or kept or result.width >= _SMALL:
        return ""
    return f"; small to look at: --zoom {min(64, -(-_SMALL // result.width))} enlarges it"


def _standard_output() -> Any:
    """Standard output as a binary file, which is no terminal."""
    if sys.stdout is None or sys.stdout.isatty():
        what = "closed" if sys.stdout is None else "a terminal"
        raise UsageError(f"output: standard output is {what}; allowed is a file or a pipe")
    return sys.stdout.buffer
