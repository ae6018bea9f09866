"""A page: values as videos, what lies under them as others, and how all is looked at."""

from __future__ import annotations

import os
import time
from collections.abc import Hashable
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

from heatvid._canvas import Canvas
from heatvid._encode.folders import what_is_lost
from heatvid._encode.opening import claim_page, claim_part
from heatvid._encode.output_file import OutputFile
from heatvid._encode.page.assembled import write_page as assemble
from heatvid._encode.page.planes import PlanesSink
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import Sink
from heatvid._encode.video import VideoSink
from heatvid._errors import AnyPath, EncoderError
from heatvid._jobs.composed import common_length
from heatvid._jobs.job import render_to
from heatvid._jobs.page_data import Shown, page_data
from heatvid._jobs.page_fields import (
    PageField,
    demand_labels,
    is_arranged,
    measure,
    open_arranged,
    open_one,
)
from heatvid._jobs.page_layout import PageLayout, layout_of, layout_of_one
from heatvid._jobs.result import RenderResult
from heatvid._jobs.source_feed import adopted
from heatvid._options.options import Options
from heatvid._reasons import reason
from heatvid.backends import Choice, choose

_KEY_FRAMES = 30  # a seek decodes so many frames at most


def write_page(source: Any, output: AnyPath, options: Options) -> RenderResult:
    """Write a page of a source's values, or of several sources in step.

    Raises
    ------
    UsageError
        A source or the output cannot be used, or a page cannot show what an option asks for.
    RenderError
        Rendering failed; nothing stands under the final name.
    """
    since = time.perf_counter()
    with ExitStack() as closing:
        options, fields, layout, choice = _opened(closing, options, source)
        demand_labels(options, fields)
        main = fields[0]
        choice = choice or choose(options.backend, options.device, main.feed.pixels)
        claim = claim_page(output, overwrite=options.overwrite)
        closing.callback(claim.discard)
        seconds = measure(options, fields)
        fps = next((each.fps for each in fields if each.timed), main.fps)
        videos, pictures, frames = _write_videos(claim, fields, layout, fps, choice)
        _warn_of(fields)
        shown = Shown(options, fields, layout, pictures, frames, fps)
        _assemble(claim, shown, videos)
        claim.commit()
    seconds_each = {"statistics": seconds, "total": time.perf_counter() - since}
    return _result(Path(os.fsdecode(output)), shown, choice, seconds_each)


def _opened(
    closing: ExitStack, options: Options, source: Any
) -> tuple[Options, list[PageField], PageLayout, Choice | None]:
    """Open what is shown, as options say; the backend is chosen already by where an array lies."""
    if is_arranged(options, source):
        fields, places = open_arranged(closing, options, source)
        return options, fields, layout_of(options, fields, places), None
    source, choice = adopted(options, source)
    field = open_one(closing, options, source)
    return field.options, [field], layout_of_one(field), choice


def _write_videos(
    claim: OutputFile, fields: list[PageField], layout: PageLayout, fps: Fraction, choice: Choice
) -> tuple[dict[str, str], list[int | None], int]:  # fmt: skip
    """Write all videos of a page; give their files, which pictures are under which, frames."""
    folder, page = claim.folder_of_parts(), claim.name
    videos: dict[str, str] = {}
    pictures: list[int | None] = []
    written: dict[Hashable, tuple[int, int]] = {}
    frames: list[tuple[str, int | None]] = []
    for i, each in enumerate(fields):
        length = each.length
        name = f"values{i or ''}"
        videos[name] = os.path.join(folder, f"{name}.mp4")
        count = _write_values(each, videos[name], page, fps, choice)
        size = layout.pictures_of(i, each)
        pictures.append(None)
        if size is not None:
            key = each.under.key, size
            if key not in written:
                name = f"under{len(written) or ''}"
                videos[name] = os.path.join(folder, f"{name}.mp4")
                under = each.under.render(videos[name], page, size, fps, _KEY_FRAMES, count, choice)
                written[key] = len(written), under
            pictures[i], under = written[key]
            frames.append((each.feed.name, under))
        frames += [(each.feed.name, count), (each.feed.name, length)]
    several = [(name, count) for name, count in frames if count != 1]  # one may be for all
    return videos, pictures, common_length(several) or 1


def _result(path: Path, shown: Shown, choice: Choice, seconds: dict[str, float]) -> RenderResult:
    """What is told of a finished page."""
    main, (height, width) = shown.fields[0], shown.layout.size
    feed = main.feed
    return RenderResult(
        path=path, frames=shown.frames, height=height, width=width, fps=shown.fps,
        limits=main.limits, labels=feed.labels_seen.labels, backend=choice.backend.name,
        reason=choice.reason, seconds=seconds, about=feed.about, reading=feed.reading,
    )  # fmt: skip


def _assemble(claim: OutputFile, shown: Shown, videos: dict[str, str]) -> None:
    """Put a page together under its hidden name."""
    try:
        data = page_data(shown, videos)
        with open(claim.temporary, "wb") as file:
            assemble(file, data, videos)
    except OSError as error:
        why = what_is_lost(claim.temporary) or reason(error)
        raise EncoderError(f"{claim.name}: cannot be written: {why}") from error


def _write_values(field: PageField, path: str, page: str, fps: Fraction, choice: Choice) -> int:
    """Write the video of values; give the frames of it."""
    options, feed, planes = field.options, field.feed, field.planes()
    settings = OutputSettings(
        path, planes.canvas, fps, lossless=planes.exact, content="values",
        codec="vp9" if planes.exact else "h264", key_frames=_KEY_FRAMES,
        threads=options.encoder_threads, length=feed.length,
    )  # fmt: skip

    def begin() -> Sink:
        return PlanesSink(planes, VideoSink(settings, claim_part(path, page)))

    plan = feed.plan(Canvas("rgb24", *feed.size), field.limits)
    return render_to(begin, options, feed, plan, choice, "values")


def _warn_of(fields: list[PageField]) -> None:
    """Warn of what was seen in values."""
    for each in fields:
        each.feed.warn_of_blank()
        each.feed.warn_of_strays()
