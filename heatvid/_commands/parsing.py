"""What every command's parser has in common: options, refusals in one line, guesses."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import Field
from typing import Any, NoReturn

from heatvid._errors import shortened
from heatvid._options.checks import typed
from heatvid._options.options import option_fields
from heatvid._streams import show

_WIDEST = 45  # of an option's value, that a line of 80 holds


class ArgumentsError(Exception):
    """What argparse has to say."""


class Parser(argparse.ArgumentParser):
    """A parser that knows negative numbers from options, and whose errors are one line."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        # argparse's own pattern takes -1e-3 for an option.
        self._negative_number_matcher = re.compile(r"-\.?\d")

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage: an error is one line."""
        message = re.sub(r"\S{300,}", lambda word: shortened(word[0]), message)
        raise ArgumentsError(f"{message}; `{self.prog} --help` shows what is allowed")

    def _match_argument(self, action: argparse.Action, arg_strings_pattern: str) -> int:
        """Say by its names what is missing, where argparse says how many."""
        try:
            return super()._match_argument(action, arg_strings_pattern)
        except argparse.ArgumentError as error:
            names = action.metavar
            words = names if isinstance(names, str | None) else " ".join(names)
            raise argparse.ArgumentError(
                action, f"expected {words}" if words else error.message
            ) from None

    def print_help(self, file: Any = None) -> None:
        """Print the help as anything else."""
        show(self.format_help().removesuffix("\n"))

    def demand_known(self, unknown: Sequence[str]) -> None:
        """Refuse arguments that are left over, with a guess at the option that was meant."""
        if unknown:
            name = unknown[0].partition("=")[0]
            close = difflib.get_close_matches(name, self._option_string_actions, n=1)
            guess = f" (did you mean {close[0]}?)" if close else ""
            self.error(f"unknown argument: {shortened(unknown[0])}{guess}")


def add_command(commands: Any, name: str, run: Callable[[Any], int], help: str) -> Any:
    """Add a command, which ``run`` runs; give its parser."""
    parser = commands.add_parser(name, help=help, description=help, allow_abbrev=False)
    parser.set_defaults(run=run, parser=parser)
    parser.add_argument(
        "--debug", action="store_true",
        help="show a traceback of an error, why a backend was chosen, and how frames are read",
    )  # fmt: skip
    return parser


def add_option(group: Any, option: Field[Any]) -> None:
    """Add an option of :class:`Options`, with its help."""
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
            settings["type"] = typed
        if option.default is not None:
            settings["help"] += f" (default {option.default})"
        flags = ("-b", flag) if name == "background" else (flag,)
        group.add_argument(*flags, **settings)


def chosen_options(arguments: argparse.Namespace) -> dict[str, Any]:
    """Return the options given, under their Python names."""
    names = [option.name for option in option_fields()]
    given = {name: getattr(arguments, name) for name in names}
    return {name: value for name, value in given.items() if value is not None}
