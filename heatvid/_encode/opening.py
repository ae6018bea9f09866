"""Which sink an output goes to, and taking its name before there is anything to write."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from heatvid._encode.containers import are_pictures, check_suffix
from heatvid._encode.inputs import demand_no_input
from heatvid._encode.output_file import OutputFile, check_destination
from heatvid._encode.output_sequence import OutputSequence
from heatvid._encode.output_stream import OutputStream, Stream
from heatvid._encode.pictures import PictureSink, check_pictures, claim_pictures
from heatvid._encode.runs import RunPath
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import FileSink
from heatvid._encode.video import VideoSink, claim_video
from heatvid._errors import AnyPath, OptionError, brief, called, kind_of
from heatvid._ffmpeg.program import usable_ffmpeg
from heatvid._options.output import FORMATS

Claim = OutputFile | OutputSequence


def output_path(output: Any, format: str | None = None) -> Path | Stream | RunPath:
    """Read the name of the output, text or bytes; or take a file object, of a ``format``.

    Raises
    ------
    OptionError
        It is neither, or the format is missing, or given beside a name.
    """
    if isinstance(output, Stream | RunPath):
        return output
    if callable(getattr(output, "write", None)):
        if format is None:
            raise OptionError(
                f"format: none for {kind_of(output)}; allowed are {', '.join(FORMATS)} "
                "(--format mp4 say)"
            )
        return Stream(output, f".{format}")
    try:
        path = Path(os.fsdecode(output))
    except TypeError:
        raise OptionError(
            f"output: got {brief(output)}; allowed is a path, or a binary file object"
        ) from None
    if format is not None:
        raise OptionError(
            f"format: got {format!r} for {called(path)}; allowed with a file object, as a "
            "file's suffix says it"
        )
    return path


def check_output(
    output: AnyPath, *, overwrite: bool, inputs: tuple[Any, ...] = (), start: int = 0
) -> None:
    """Refuse an output that could not be written, before any work is done for it.

    Raises
    ------
    OptionError
        Its suffix names no container, its folder cannot be made, it exists already, or is one of
        the ``inputs``.
    """
    check_suffix(output)
    if isinstance(output, Stream):
        return
    if overwrite:
        demand_no_input(output, inputs)
    if are_pictures(output):
        check_pictures(output, overwrite=overwrite, start=start)
    else:
        check_destination(called(output), output, overwrite)


def claim_output(settings: OutputSettings) -> Claim:
    """Take the output's name for this job; ``discard()`` gives it back.

    Raises
    ------
    OptionError
        The output cannot be written, exists already, or is being written by another job.
    MissingDependencyError
        There is no ffmpeg that runs, and a video needs one.
    """
    if are_pictures(settings.output):
        return claim_pictures(settings)
    usable_ffmpeg()
    return claim_video(settings)


def claim_page(output: AnyPath, *, overwrite: bool) -> OutputFile:
    """Take the name of a page for this job; ``discard()`` gives it back.

    Raises
    ------
    OptionError
        It cannot be written, exists already, or is being written by another job.
    MissingDependencyError
        There is no ffmpeg that runs, and its videos need one.
    """
    usable_ffmpeg()
    return (
        OutputStream(output)
        if isinstance(output, Stream)
        else OutputFile(output, overwrite=overwrite)
    )


def claim_part(path: str, part_of: str) -> OutputFile:
    """Take the name of a video that becomes part of another output, in the folder of its parts."""
    return OutputFile(path, overwrite=False, part_of=part_of)


def open_sink(settings: OutputSettings, claim: Claim | None = None) -> FileSink:
    """Begin the output that ``settings`` describe, a video or pictures, under a claimed name."""
    if are_pictures(settings.output):
        return PictureSink(settings, claim)
    assert not isinstance(claim, OutputSequence), "a video is one file"
    return VideoSink(settings, claim)
