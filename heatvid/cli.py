"""The command line: argv to options to the public functions to an exit code.

Exit codes: 0 done; 1 rendering failed; 2 unusable arguments or input; 130 interrupted (143 by
SIGTERM, 129 by SIGHUP). An error is one line on standard error; a traceback only with ``--debug``.
"""

from __future__ import annotations

import argparse
import difflib
import json
import re
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import Field
from typing import Any, NoReturn, TextIO

from heatvid._errors import RenderError, UsageError
from heatvid._options.checks import KINDS
from heatvid._options.options import make_options, option_fields
from heatvid._reasons import own_reason
from heatvid._signals import raise_arrived, until_signalled
from heatvid._streams import escape_names, say, show, show_summary

DONE, FAILED, UNUSABLE = 0, 1, 2
_WIDEST = 55  # of an option's value, that a line of 80 holds


def _number(text: str) -> float | int | str:
    """Read a number; the options' own checks have a word for whatever else it is."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


_ABOUT = "Turn per-frame predictions into videos that tell the truth."
_EXAMPLES = """\
examples:
  heatvid render saliency.npy -b clip.mp4 -o overlay.mp4
  heatvid render depth.npz --key depths --percentiles 1 99 -o depth.mp4
  heatvid render 'frames/*.png' --fps 24000/1001 -o frames.mp4
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


class _ArgumentsError(Exception):
    """What argparse has to say."""


class _Parser(argparse.ArgumentParser):
    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        # argparse's own pattern takes -1e-3 for an option.
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage: an error is one line."""
        raise _ArgumentsError(f"{message}; `{self.prog} --help` shows what is allowed")

    def print_help(self, file: Any = None) -> None:
        """Print the help as anything else."""
        show(self.format_help().removesuffix("\n"))

    def demand_known(self, unknown: Sequence[str]) -> None:
        """Refuse arguments that are left over, with a guess at the option that was meant."""
        if unknown:
            name = unknown[0].partition("=")[0]
            close = difflib.get_close_matches(name, self._option_string_actions, n=1)
            guess = f" (did you mean {close[0]}?)" if close else ""
            self.error(f"unknown argument: {unknown[0]}{guess}")


def _fail(error: Exception, *, debug: bool) -> int:
    """Say what is wrong in one line, and give the exit code."""
    if isinstance(error, _ArgumentsError):
        code = UNUSABLE
    elif debug:
        raise error
    else:
        code = UNUSABLE if isinstance(error, UsageError) else FAILED
    say(f"error: {' '.join(_words_of(error).splitlines())}")
    return code


def _words_of(error: Exception) -> str:
    what = str(error)
    if isinstance(error, (_ArgumentsError, UsageError, RenderError)):
        return what
    own = own_reason(error.errno) if isinstance(error, OSError) else None
    kind = "out of memory" if isinstance(error, MemoryError) else own or type(error).__name__
    return f"{kind}: {what or type(error).__name__}; --debug shows where"


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
    parser = _Parser(
        "heatvid",
        description=_ABOUT,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_render(commands)
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


def _command(commands: Any, name: str, run: Callable[[Any], int], help: str) -> Any:
    parser = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
    parser.set_defaults(run=run, parser=parser)
    parser.add_argument(
        "--debug", action="store_true",
        help="show a traceback of an error, why a backend was chosen, and how frames are read",
    )  # fmt: skip
    return parser


def _add_render(commands: Any) -> None:
    parser = _command(commands, "render", _render, "render predictions as a video")
    parser.add_argument(
        "source", nargs="+", help=".npy, .npz, image folder or glob, video; or the files of frames"
    )
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
        _add_option(groups[group], option)


def _add_option(group: Any, option: Field[Any]) -> None:
    name, meta = option.name, option.metadata
    flag = "--" + name.replace("_", "-")
    text = meta["help"].replace("%", "%%")
    if name == "progress":
        group.add_argument(
            "--no-progress", dest=name, action="store_const", const=False, help="show no progress"
        )
    elif isinstance(option.default, bool):
        group.add_argument(flag, action="store_true", default=None, help=text)
    else:
        settings: dict[str, Any] = {"help": text, "dest": name, "default": None}
        choices = meta["check"].choices
        settings["metavar"] = "|".join(choices) if choices else meta["metavar"]
        if len(settings["metavar"]) > _WIDEST:
            settings |= {"metavar": "NAME", "help": f"{text}: {', '.join(choices)}"}
        if meta["nargs"]:
            several = meta["nargs"] < 0
            names = meta["metavar"] if several else tuple(meta["metavar"].split())
            settings |= {"nargs": "+" if several else meta["nargs"], "metavar": names}
        if name == "select":  # --select level=500 --select member=0
            settings["action"] = "extend"
        if meta["check"].numeric:
            settings["type"] = _number
        if option.default is not None:
            settings["help"] += f" (default {option.default})"
        flags = ("-b", flag) if name == "background" else (flag,)
        group.add_argument(*flags, **settings)


def _chosen(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options given, under their Python names."""
    names = [option.name for option in option_fields()]
    given = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in given.items() if value is not None}


def _render(arguments: argparse.Namespace) -> int:
    from heatvid._jobs.made import options_from
    from heatvid._jobs.render import render_with

    given = _chosen(arguments)
    if arguments.quiet:
        given["progress"] = False
    source = arguments.source[0] if len(arguments.source) == 1 else arguments.source
    to_stdout = arguments.output == "-"
    output = _standard_output() if to_stdout else arguments.output
    result = render_with(source, output, options_from(given))
    if arguments.debug:
        say(f"backend {result.backend}: {result.reason}")
        if result.reading:
            say(result.reading)
    if not arguments.quiet:
        if result.about.note:
            say(result.about.note)
        if to_stdout:
            say(str(result))
        else:
            show_summary(result)
    return DONE


def _standard_output() -> Any:
    """Standard output as a binary file, which is no terminal."""
    if sys.stdout is None or sys.stdout.isatty():
        what = "closed" if sys.stdout is None else "a terminal"
        raise UsageError(f"output: standard output is {what}; allowed is a file or a pipe")
    return sys.stdout.buffer


def _add_inspect(commands: Any) -> None:
    parser = _command(commands, "inspect", _inspect, "show what a dump of predictions holds")
    parser.add_argument("source", nargs="+", help="what `heatvid render` takes")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--no-progress", dest="progress", action="store_const", const=False)
    for option in option_fields(("input",)):
        _add_option(parser, option)


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
    parser = _command(commands, "cmaps", _cmaps, "list colormaps")
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
        show_summary(f"{arguments.output}: {len(names)} colormaps")
    return DONE


def _add_demo(commands: Any) -> None:
    parser = _command(commands, "demo", _demo, "simulate the wake of a cylinder and render it")
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
    parser = _command(commands, "doctor", _doctor, "show what works on this machine")
    parser.add_argument("--json", action="store_true", help="for programs")


def _doctor(arguments: argparse.Namespace) -> int:
    from heatvid._tools.doctor import examine

    report = examine()
    show(json.dumps(report.as_dict(), indent=2) if arguments.json else report)
    return DONE if report.works else FAILED
