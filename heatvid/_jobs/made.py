"""How an output was made: told in it, read from it, and taken for another one."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from heatvid._encode.comment import read_comment
from heatvid._encode.containers import CONTAINERS, is_page, suffix_of
from heatvid._encode.picture_kinds import PICTURES
from heatvid._errors import AnyPath, OptionError, SourceError, called
from heatvid._jobs.composed import AnyFeed
from heatvid._jobs.depth import as_given
from heatvid._jobs.meant import holds_values, meant_in
from heatvid._options.options import Options, each_checked, make_options
from heatvid._options.record import looks_of, read_record, record_of, untold_looks
from heatvid._options.rules import check_drawn
from heatvid._plan.frame import FramePlan
from heatvid._plan.make import norm_of
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import FieldLimits
from heatvid.sources._about import About


class Like(str):
    """A file that options are like, and the names of those that are as it says."""

    taken: frozenset[str]

    __slots__ = ("taken",)

    @classmethod
    def of(cls, path: str, taken: Iterable[str]) -> Like:
        """Name a file, and what was taken from it."""
        like = cls(path)
        like.taken = frozenset(taken)
        return like


@contextmanager
def naming_like(options: Options) -> Iterator[None]:
    """Let errors of options that were taken from another file begin with that file."""
    try:
        yield
    except OptionError as error:
        like, option = options.like, str(error).partition(":")[0]
        if isinstance(like, Like) and option in like.taken:
            raise OptionError(f"{_label(like)}: {error}") from error
        raise


def told(
    options: Options, feed: AnyFeed, plan: TilePlan | FramePlan, limits: FieldLimits | None
) -> str:
    """Tell how an output is made: options, limits, colours, quantity and version."""
    facts: dict[str, Any] = {"limits": limits, "norm": norm_of(options).kind}
    if feed.codes is not None and feed.depth_dtype is not None:
        options = as_given(options, feed.codes)
        facts = {"limits": (feed.codes.low, feed.codes.high),
                 "depth": feed.codes.fields(feed.depth_dtype)}  # fmt: skip
    coloured = plan.field.kind == "scalar" and not plan.canvas.is_gray
    facts["cmap"] = plan.field.colors.name if coloured else None
    return told_of(options, feed.name, feed.about, **facts)


def told_of(options: Options, name: str, about: About, **facts: Any) -> str:
    """Tell how an output of a source of that name is made, and what else is known."""
    from importlib.metadata import version

    return record_of(
        options,
        version=version("heatvid"),
        source=name,
        quantity=about.long_name or about.name,
        units=about.units,
        **facts,
    )


def made_of(path: Any, name: str) -> dict[str, Any] | None:
    """Read how a file was made; None where heatvid did not write it, or says nothing.

    Raises
    ------
    SourceError
        It cannot be read.
    """
    return read_record(read_comment(path, name) or "")


def made_of_source(source: Any) -> dict[str, Any] | None:
    """Read how a source was made, where it is an output of heatvid's."""
    if not isinstance(source, (str, bytes, os.PathLike)) or not os.path.isfile(source):
        return None
    if suffix_of(source) not in (*CONTAINERS, *PICTURES):
        return None
    with suppress(SourceError):
        return made_of(source, called(source))
    return None


def options_from(
    given: Mapping[str, Any], allowed: Sequence[str] = (), output: Any = None
) -> Options:
    """Build options, those of the looks by default as ``like`` has them.

    Parameters
    ----------
    given : mapping
    allowed : sequence of str
        Names of options; all by default.
    output : path or file object, optional
        Where those of the looks that mean nothing in it are not taken; by default a video.

    Raises
    ------
    OptionError, SourceError
        A value is not allowed, or that file does not say how it was made.
    """
    path, to = each_checked(given, allowed=allowed).like, _named(output, given)
    looks = {} if path is None else _looks_like(path, given, allowed, to)
    options = make_options({**looks, **given}, allowed=allowed)
    if path is not None:
        options = replace(options, like=Like.of(path, looks))
    if not is_page(to):
        check_drawn(options)
    return options


def _label(like: AnyPath) -> str:
    return f"like: {called(like)}"


def _looks_like(
    path: AnyPath, given: Mapping[str, Any], allowed: Sequence[str], to: AnyPath
) -> dict[str, Any]:
    """The looks of a file, as far as they mean something in another output."""
    name = _label(path)
    record = made_of(path, name)
    if record is None:
        raise OptionError(
            f"{name}: does not say how it was made; allowed is a video or picture that "
            "heatvid wrote"
        )
    implied = {"pix_fmt": "gray16le"} if holds_values(to, given) else {}
    meant, page = meant_in(to, allowed), is_page(to)
    try:
        looks = looks_of(record, {**given, **implied}, meant, page=page)
    except OptionError as error:
        raise OptionError(f"{name}: {error}") from error
    if untold := untold_looks(record, given):
        warnings.warn(
            f"{name}: does not tell its {', '.join(untold)}, which was an object, a file or too "
            "long; the default is taken",
            stacklevel=4,
        )
    return looks


def _named(output: Any, given: Mapping[str, Any]) -> AnyPath:
    """A name of the output's kind; an empty one of what is none."""
    if isinstance(output, str | bytes | os.PathLike):
        return output
    kind = given.get("format")
    return f"x.{kind}" if isinstance(kind, str) else ""
