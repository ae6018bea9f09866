"""A page: the values as one video, what lies under them as another, and how both are looked at."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from heatvid._canvas import Canvas
from heatvid._encode.opening import claim_page
from heatvid._encode.output_file import OutputFile
from heatvid._encode.page.assembled import write_page as assemble
from heatvid._encode.page.planes import Planes, PlanesSink
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import Sink
from heatvid._encode.video import VideoSink
from heatvid._errors import AnyPath, EncoderError, OptionError, brief
from heatvid._jobs.job import render_to
from heatvid._jobs.own import in_own_colours, over_own_pictures
from heatvid._jobs.page_data import Shown, color_tables, page_data
from heatvid._jobs.page_under import Under
from heatvid._jobs.result import RenderResult
from heatvid._jobs.source_feed import SourceFeed, adopted, open_feed
from heatvid._options.options import Options, option_fields
from heatvid._options.rules import is_given
from heatvid._plan.make import norm_of
from heatvid._reasons import reason
from heatvid._values.channels import NOT_REDUCED
from heatvid._values.limits import Limits
from heatvid.backends import Choice, choose

_MEANT = (
    "input", "values", "colour", "background", "background_frames", "alpha", "alpha_ramp", "blend",
    "fit", "place", "resample", "format", "like", "fps", "quality", "crf", "preset",
    "encoder_threads", "bits", "exact", "cmaps", "overwrite", "running", "title",
)  # fmt: skip
_ONE_VALUE = "one value a pixel in a page ('norm' is the length of flow)"
_KEY_FRAMES = 30  # a seek decodes so many frames at most
_COVERS = ("linear", "centered", "symlog", "power", "sigmoid")  # norms that place every number


def write_page(source: Any, output: AnyPath, options: Options) -> RenderResult:
    """Write a page of a source's values.

    Raises
    ------
    UsageError
        The source or the output cannot be used, or a page cannot show what an option asks for.
    RenderError
        Rendering failed; nothing stands under the final name.
    """
    since = time.perf_counter()
    source, choice = adopted(options, source)
    options, note = over_own_pictures(in_own_colours(options, source), source)
    _demand_meant(options)
    tables = color_tables(options)
    with ExitStack() as closing:
        feed = closing.enter_context(open_feed(_of_values(options), source))
        if note:
            feed.about = replace(feed.about, note=note)
        under = Under(options, feed)
        closing.callback(under.close)
        choice = choice or choose(options.backend, options.device, feed.pixels)
        claim = claim_page(output, overwrite=options.overwrite)
        closing.callback(claim.discard)
        limits, seconds = feed.measure()
        assert isinstance(limits, Limits), "one value a pixel, of one scale"
        planes = _planes(options, feed)
        videos = {"values": closing.enter_context(_hidden(claim.temporary, "values"))}
        frames = _write_values(options, feed, limits, planes, videos["values"], under.fps, choice)
        if under.kind == "frames":
            videos["under"] = closing.enter_context(_hidden(claim.temporary, "under"))
            frames = max(frames, under.render(videos["under"], _KEY_FRAMES, frames, choice))
        shown = Shown(options, feed, tables, planes, limits, under, frames)
        _assemble(claim, page_data(shown, videos), videos)
        claim.commit()
    seconds_each = {"statistics": seconds, "total": time.perf_counter() - since}
    return _result(Path(os.fsdecode(output)), shown, choice, seconds_each)


def _result(path: Path, shown: Shown, choice: Choice, seconds: dict[str, float]) -> RenderResult:
    """What is told of a finished page."""
    feed, (height, width) = shown.feed, shown.under.size
    return RenderResult(
        path=path, frames=shown.frames, height=height, width=width, fps=shown.under.fps,
        limits=shown.limits, labels=feed.labels_seen.labels, backend=choice.backend.name,
        reason=choice.reason, seconds=seconds, about=feed.about, reading=feed.reading,
    )  # fmt: skip


def _assemble(claim: OutputFile, data: dict[str, Any], videos: dict[str, str]) -> None:
    """Put a page together under its hidden name."""
    try:
        with open(claim.temporary, "wb") as file:
            assemble(file, data, videos)
    except OSError as error:
        raise EncoderError(f"{claim.name}: cannot be written: {reason(error)}") from error


def _demand_meant(options: Options) -> None:
    """Refuse what a page cannot show."""
    meant = {option.name for option in option_fields(_MEANT)} - {"outlines", "outline_color"}
    for option in option_fields():
        value = getattr(options, option.name)
        if option.name not in meant and is_given(option, value):
            raise OptionError(
                f"{option.name}: got {brief(value)}; allowed in videos, not in a page"
            )
    o = options
    for name, is_refused, allowed in (
        ("channel", o.channel in NOT_REDUCED, _ONE_VALUE),
        ("scope", o.scope != "sequence", "'sequence' in a page, where limits are moved by hand"),
        ("norm", not isinstance(o.norm, str), "a name in a page, not matplotlib's object"),
        ("resample", o.resample == "bicubic", "'nearest' or 'bilinear' in a page"),
        ("bits", o.bits == 10 or (o.bits == 16 and not o.exact), "8 in a page, or 16 with exact"),
    ):
        if is_refused:
            raise OptionError(f"{name}: got {brief(getattr(o, name))}; allowed is {allowed}")


def _is_exact(options: Options) -> bool:
    """Whether values are stored without loss: as asked for, or as they number colours."""
    return options.exact or norm_of(options).kind in ("labels", "identity")


def _of_values(options: Options) -> Options:
    """The options of the values, as their stand-in colours show them."""
    planes = Planes(1, 1, options.bits, True, True)
    own = option_fields(("blending", "bits", "label_colors", "exact", "cmaps"))
    alone: dict[str, Any] = {option.name: option.default for option in own}
    labels = norm_of(options).kind == "labels"
    ends = {"bad": planes.bad} if labels else planes.ends
    return replace(options, **{**alone, "cmap": planes.table(), **ends})


def _planes(options: Options, feed: SourceFeed) -> Planes:
    """How values lie in the video: with marks where there may be what is none."""
    height, width = feed.size
    asked = any(getattr(options, name) is not None
                for name in ("vmin", "vmax", "limits", "percentiles"))  # fmt: skip
    whole = not asked and norm_of(options).kind in _COVERS
    known = feed.dtype.kind in "iub" or feed.finder.complete
    return Planes(height, width, options.bits, not (whole and known), _is_exact(options))


def _write_values(
    options: Options, feed: SourceFeed, limits: Limits, planes: Planes, path: str, fps: Fraction,
    choice: Choice,
) -> int:  # fmt: skip
    """Write the video of values; give the frames of it."""
    settings = OutputSettings(
        path, planes.canvas, fps, lossless=planes.exact, overwrite=True, content="values",
        codec="vp9" if planes.exact else "h264", key_frames=_KEY_FRAMES,
        threads=options.encoder_threads, length=feed.length,
    )  # fmt: skip

    def begin() -> Sink:
        return PlanesSink(planes, VideoSink(settings))

    plan = feed.plan(Canvas("rgb24", *feed.size), limits)
    frames = render_to(begin, options, feed, plan, choice, "values")
    feed.warn_of_blank()
    feed.warn_of_strays()
    return frames


@contextmanager
def _hidden(output: str, what: str) -> Iterator[str]:
    """Name a hidden file beside an output, the same for every job of it, and remove it at last."""
    folder, name = os.path.split(output)
    of = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    path = os.path.join(folder, f".heatvid-{of}-{what}.mp4")
    try:
        yield path
    finally:
        with suppress(OSError):
            os.unlink(path)
