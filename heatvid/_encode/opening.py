"""Which sink an output goes to."""

from __future__ import annotations

from heatvid._encode.codecs import check_suffix, is_png
from heatvid._encode.output_file import check_destination
from heatvid._encode.pictures import PictureSink, check_pictures
from heatvid._encode.settings import OutputSettings
from heatvid._encode.sink import Sink
from heatvid._encode.video import VideoSink
from heatvid._errors import AnyPath, printable


def check_output(output: AnyPath, *, overwrite: bool) -> None:
    """Refuse an output that could not be written, before any work is done for it.

    Raises
    ------
    OptionError
        Its suffix names no container, its folder does not exist, or it exists already.
    """
    check_suffix(output)
    if is_png(output):
        check_pictures(output, overwrite=overwrite)
    else:
        check_destination(printable(output), output, overwrite)


def open_sink(settings: OutputSettings) -> Sink:
    """Begin the output that ``settings`` describe: a video, or PNG files."""
    return PictureSink(settings) if is_png(settings.output) else VideoSink(settings)
