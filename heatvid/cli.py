"""The command line: argv to options to the public functions to an exit code.

Exit codes: 0 done; 1 rendering failed; 2 unusable arguments or input; 130 interrupted (143 by
SIGTERM, 129 by SIGHUP). An error is one line on standard error; a traceback only with ``--debug``.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NoReturn, TextIO

from heatvid._commands.batch import add_batch
from heatvid._commands.compare import add_compare
from heatvid._commands.gallery import add_gallery
from heatvid._commands.parsing import (
    ArgumentsError,
    Parser,
    add_command,
    add_option,
)
from heatvid._commands.render import add_render
from heatvid._errors import RenderError, UsageError, called
from heatvid._options.checks import KINDS
from heatvid._options.options import make_options, option_fields
from heatvid._reasons import in_words
from heatvid._signals import raise_arrived, until_signalled
from heatvid._streams import escape_names, say, show, show_summary

DONE, FAILED, UNUSABLE = 0, 1, 2
_ABOUT = "Turn per-frame predictions into videos that tell the truth."
_EXAMPLES = """\
examples:
  heatvid render saliency.npy -b clip.mp4 -o overlay.mp4
  heatvid render depth.npz --key depths --percentiles 1 99 -o depth.mp4
  heatvid render 'frames/*.png' --fps 24000/1001 -o frames.mp4
  heatvid compare old.npy new.npy --difference --colorbar right -o compare.mp4
  heatvid batch 'dumps/*.npy' -o videos
  heatvid inspect depth.npz
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return until_signalled(lambda: run(argv))


def run(argv: Sequence[str] | None) -> int:
    """Run the command line; signals are the caller's affair."""
    escape_names()
    shown, warnings.showwarning = warnings.showwarning, _show_warning
    try:
        arguments, unknown = _parser().parse_known_args(argv)
        arguments.parser.demand_known(unknown)
        code: int = arguments.run(arguments)
        return code
    except BrokenPipeError:  # `heatvid cmaps | head`
        return DONE
    except Exception as error:
        raise_arrived()  # an import may have made another error of it
        return _fail(error, debug="--debug" in (sys.argv[1:] if argv is None else argv))
    finally:
        warnings.showwarning = shown


def _fail(error: Exception, *, debug: bool) -> int:
    """Say what is wrong in one line, and give the exit code."""
    if isinstance(error, ArgumentsError):
        say(f"error: {' '.join(str(error).splitlines())}")
        return UNUSABLE
    if debug:
        raise error
    hint = "" if isinstance(error, (UsageError, RenderError)) else "; --debug shows where"
    say(f"error: {in_words(error)}{hint}")
    return UNUSABLE if isinstance(error, UsageError) else FAILED


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    say(f"warning: {message}")


def _parser() -> argparse.ArgumentParser:
    parser = Parser(
        "heatvid",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_render(commands)
    add_compare(commands)
    add_batch(commands)
    add_gallery(commands)
    _add_inspect(commands)
    _add_cmaps(commands)
    _add_demo(commands)
    _add_doctor(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when it is asked for, as that takes longer than all imports."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        import heatvid

        show(f"heatvid {heatvid.__version__}")
        parser.exit()


def _add_inspect(commands: Any) -> None:
    parser = add_command(commands, "inspect", _inspect, "show what a dump of predictions holds")
    parser.add_argument("source", nargs="+", help="what `heatvid render` takes")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--no-progress", dest="progress", action="store_const", const=False)
    for option in option_fields(("input",)):
        add_option(parser, option)


def _inspect(arguments: argparse.Namespace) -> int:
    from heatvid._tools.inspect import inspect_source

    source = arguments.source[0] if len(arguments.source) == 1 else arguments.source
    names = [option.name for option in option_fields(("input",))]
    report = inspect_source(
        source, progress=arguments.progress, **{name: getattr(arguments, name) for name in names}
    )
    show(json.dumps(report.as_dict(), indent=2) if arguments.json else report)
    return DONE


def _add_cmaps(commands: Any) -> None:
    parser = add_command(commands, "cmaps", _cmaps, "list colormaps")
    parser.add_argument("pattern", nargs="?", default="", help="part of the names wanted")
    parser.add_argument(
        "--kind", choices=KINDS, metavar="KIND", help="of one kind: " + ", ".join(KINDS)
    )
    parser.add_argument(
        "--colorblind-safe", action="store_true",
        help="only those whose colours differ for eyes without red or green cones, as measured",
    )  # fmt: skip
    parser.add_argument("-o", "--output", help="draw them on a sheet, a .png")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing sheet")


def _cmaps(arguments: argparse.Namespace) -> int:
    from heatvid._color.catalogue import colormap_names
    from heatvid._tools.cmap_sheet import draw_sheet

    kind, safe = arguments.kind, arguments.colorblind_safe
    names = colormap_names(arguments.pattern, kind=kind, colorblind_safe=safe)
    if not names:
        among = "of those asked for " if kind is not None or safe else ""
        raise UsageError(
            f"cmaps: no name {among}contains {arguments.pattern!r}; `heatvid cmaps` lists all"
        )
    if arguments.output is None:
        show("\n".join(names))
    else:
        draw_sheet(names, arguments.output, overwrite=arguments.overwrite)
        show_summary(f"{called(arguments.output)}: {len(names)} colormaps")
    return DONE


def _add_demo(commands: Any) -> None:
    parser = add_command(commands, "demo", _demo, "simulate the wake of a cylinder and render it")
    parser.add_argument("-o", "--output", default="demo.mp4", help="the video (default demo.mp4)")
    parser.add_argument("--overwrite", action="store_true", help="replace an existing output")
    parser.add_argument("-q", "--quiet", action="store_true", help="print errors only")


def _demo(arguments: argparse.Namespace) -> int:
    from heatvid._jobs.render import render_with
    from heatvid._progress import progress_bar
    from heatvid._tools.demo import FRAMES, vortex_street
    from heatvid._tools.demo_drawing import demo_options

    options = make_options({**demo_options(), "overwrite": arguments.overwrite, "progress": False})
    shown = False if arguments.quiet else None
    with progress_bar("simulating and rendering", FRAMES, shown) as advance:

        def frames() -> Any:
            for frame in vortex_street(FRAMES):
                yield frame
                advance(1)

        result = render_with(frames(), arguments.output, options)
    if not arguments.quiet:
        show_summary(result)
    return DONE


def _add_doctor(commands: Any) -> None:
    parser = add_command(commands, "doctor", _doctor, "show what works on this machine")
    parser.add_argument("--json", action="store_true", help="for programs")


def _doctor(arguments: argparse.Namespace) -> int:
    from heatvid._tools.doctor import examine

    report = examine()
    show(json.dumps(report.as_dict(), indent=2) if arguments.json else report)
    return DONE if report.works else FAILED
