"""What a video file holds: size, exact number of frames, exact rate, and what its colours mean.

There is no ffprobe beside the ffmpeg that imageio-ffmpeg carries, so ffmpeg itself is asked: its
log gives the stream, its framecrc muxer every packet with its time.
"""

from __future__ import annotations

import os
import re
import stat
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from heatvid._canvas import ColorRange
from heatvid._errors import AnyPath, SourceError, called, printable
from heatvid._ffmpeg.messages import exit_in_words, last_words
from heatvid._ffmpeg.process import Completed, run, stall_seconds
from heatvid._ffmpeg.program import ffmpeg_version, file_url, find_ffmpeg, passthrough
from heatvid._video.rates import Packet, rate_of, sorted_times

# Playlists, scripts and text (which ffmpeg would draw as ANSI art) name other files or are none.
_FORMATS = (
    "mov,matroska,avi,mpegts,mpeg,mpegvideo,flv,ogg,asf,gif,apng,nut,mxf,rm,dv,yuv4mpegpipe,"
    "h264,hevc,av1,obu,ivf,m4v,mjpeg"
)
_ONE_PICTURE = ("-map", "0:V:0", "-frames:v", "1", "-f", "null", "-")  # its size: rotated as asked
_READ_BYTES_PER_SECOND = 1e6  # slow: some formats are counted by decoding
# In these, by their specifications, one packet of these codecs is one picture to be shown.
_INDEXED_FORMATS = frozenset({"mov", "matroska"})
_PACKET_IS_FRAME = frozenset(
    ("h264", "hevc", "av1", "mjpeg", "mpeg4", "ffv1", "prores", "dnxhd", "png", "rawvideo")
)
_KEY, _DISCARD = 1, 4  # flags of a packet in framecrc's lines
# Matroska's reader goes on after damage, at the next piece it understands, and exits with 0.
_LOST_PACKETS = re.compile(r"matroska,webm @ [^\]]*\] \[error\]|ended prematurely")
_MOST_ASPECT = 10  # of a pixel; anamorphic video has up to 2


Size = tuple[int, int]  # height, width


@dataclass(frozen=True)
class VideoInfo:
    """A video stream as a viewer sees it.

    Attributes
    ----------
    path : str
        The file as given.
    height, width : int
        Pixels, after rotation as the file asks for it.
    frames : int
        Pictures that decoding gives, exact.
    fps : Fraction
        Frames a second: exact where the rate is constant, else the mean.
    pixel_format : str
        ffmpeg's name of the stored format.
    color_range : {"tv", "pc"} or None
        As tagged.
    matrix, transfer : str or None
        ffmpeg's names of the YUV matrix and of the transfer characteristic, as tagged.
    sample_aspect : Fraction
        Width of a pixel as it is shown, over its height.
    times : sequence of int
        When each picture is shown, ascending; none where the file does not tell.
    time_base : Fraction
        Seconds of a unit of these times.
    indexed : bool
        Whether the file tells where its key frames lie.
    """

    path: str
    height: int
    width: int
    frames: int
    fps: Fraction
    pixel_format: str
    color_range: ColorRange | None
    matrix: str | None
    transfer: str | None = None
    sample_aspect: Fraction = Fraction(1)
    times: Sequence[int] = field(default=(), repr=False, compare=False)
    time_base: Fraction = Fraction(1)
    indexed: bool = field(default=False, compare=False)

    def seconds_to(self, picture: int) -> Fraction:
        """How long after the first picture another one is shown, in seconds."""
        even = picture / self.fps
        if not 0 < picture < len(self.times):
            return even
        told = (self.times[picture] - self.times[0]) * self.time_base
        # Times are rounded to the file's unit; what differs by more has a variable rate.
        return even if abs(told - even) <= self.time_base else told

    @property
    def shown_size(self) -> Size:
        """Height and width as players show it: pixels that are not square are made longer."""
        if self.sample_aspect > 1:
            return self.height, round(self.width * self.sample_aspect)
        return round(self.height / self.sample_aspect), self.width


def probe(path: AnyPath, decoded_size: Callable[[], Size | None] = lambda: None) -> VideoInfo:
    """Read what a video file holds; its first video stream that is not an attached picture.

    Parameters
    ----------
    path : path
    decoded_size : callable, optional
        Gives height and width of its first picture, where that was decoded otherwise and is not
        to be rotated; else, and without it, ffmpeg decodes one.

    Raises
    ------
    SourceError
        The file is missing, damaged, cut, or holds no video.
    MissingDependencyError
        There is no ffmpeg.
    """
    name = called(path)
    size = _check_file(path, name)
    displayed = decoded_size()
    done = ask_ffmpeg(path, name, size, [
        *("-map", "0:V:0", "-c", "copy", "-f", "framecrc", "-"),
        *(() if displayed else _ONE_PICTURE),
    ])  # fmt: skip
    log, errors = split_log(done.stderr.decode(errors="replace"))
    time_base, packets = parse_framecrc(done.stdout)
    if done.returncode or _LOST_PACKETS.search(errors) or not packets:
        raise SourceError(f"{name}: {_explain(done, errors)}")
    stream = _stream_description(name, log)
    if (videos := _count_videos(log)) > 1:
        warnings.warn(f"{name}: holds {videos} videos; the first is shown", stacklevel=2)
    if not _packets_are_frames(log, stream, packets):
        time_base, packets = _decoded_frames(path, name, size)
    pixel_format, color_range, matrix, transfer = _parse_colors(name, stream)
    shown = stream if displayed else _displayed(name, log)
    height, width = displayed or _size(name, shown, log)
    return VideoInfo(
        path=os.fsdecode(path),
        height=height,
        width=width,
        frames=len(packets),
        fps=rate_of(name, time_base, packets, _nominal_rate(stream)),
        pixel_format=pixel_format,
        color_range=color_range,
        matrix=matrix,
        transfer=transfer,
        sample_aspect=_sample_aspect(shown),
        times=sorted_times(packets),
        time_base=time_base,
        indexed=_is_indexed(log),
    )


def input_options() -> dict[str, str]:
    """What libavformat is told, so that it opens local video files and nothing else."""
    return {"protocol_whitelist": "file,pipe", "format_whitelist": _FORMATS}


def input_arguments(path: AnyPath, version: tuple[int, ...]) -> list[str]:
    """Arguments that open ``path`` as a local video file and as nothing else.

    Pictures are cropped as their codec says, to the sample, and not as a container adds to it
    (clean apertures), which players leave out.
    """
    options = [word for name, value in input_options().items() for word in (f"-{name}", value)]
    crop = ("-apply_cropping", "codec") if version >= (7, 1) else ("-flags", "unaligned")
    return [*options, *crop, "-i", file_url(path)]


def _check_file(path: AnyPath, name: str) -> int:
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise SourceError(f"{name}: {why}") from error
    if not stat.S_ISREG(status.st_mode):  # ffmpeg would wait for a FIFO's writer
        raise SourceError(f"{name}: is not a regular file; a video has to be one")
    if status.st_size == 0:
        raise SourceError(f"{name}: is empty")
    return status.st_size


def ask_ffmpeg(
    path: AnyPath,
    name: str,
    size: int,
    outputs: Sequence[str],
    level: str = "level+info",
    options: Sequence[str] = (),
) -> Completed:
    """Let ffmpeg read a video file of ``size`` bytes; ``options`` are those of all of it."""
    exe = find_ffmpeg()
    version = ffmpeg_version(exe)
    arguments = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", level, "-xerror", *options]
    try:
        return run(
            [exe, *arguments, *input_arguments(path, version), *outputs],
            timeout_seconds=stall_seconds() + size / _READ_BYTES_PER_SECOND,
        )
    except TimeoutError as error:
        raise SourceError(f"{name}: {error}") from error


def split_log(text: str) -> tuple[str, str]:
    """Take the marks of levels off a log, and its errors out of it."""
    lines = text.splitlines()
    log = [re.sub(r"\[(info|warning)\] ", "", line) for line in lines]
    errors = [line for line in lines if re.search(r"\[(error|fatal)\] ", line)]
    return "\n".join(log), "\n".join(errors)


def _explain(done: Completed, errors: str) -> str:
    if "matches no streams" in errors:
        return "holds no video; a file with a video stream is needed"
    if "not on whitelist" in errors:
        return "is not in a format of videos"
    words = last_words(errors) or f"ffmpeg {exit_in_words(done.returncode)}"
    return f"is not a video that can be read to its end: {words}"


# --- ffmpeg's log ----------------------------------------------------------------------------


def _stream_description(name: str, log: str) -> str:
    """Find the mapped stream's line: ``h264 (High), yuv420p(tv, bt709), 64x48, 30 fps``."""
    if mapped := re.search(r"^  Stream #0:(\d+) -> #0:0 \(copy\)", log, re.MULTILINE):
        line = rf"^ +Stream #0:{mapped[1]}[\[(:][^\n]*?Video: ([^\n]*)"
        if found := re.search(line, log, re.MULTILINE):
            return found[1]
    raise SourceError(f"{name}: ffmpeg's description of the video is not understood")


def _count_videos(log: str) -> int:
    """Count the file's video streams, attached pictures aside."""
    # Before FFmpeg 5 the outputs are described before the mapping.
    inputs = re.split(r"^(?:Stream mapping:|Output #)", log, maxsplit=1, flags=re.MULTILINE)[0]
    lines = re.findall(r"^ +Stream #0:\d+[^\n]*?: Video: ([^\n]*)", inputs, re.MULTILINE)
    return sum("(attached pic)" not in line for line in lines)


def _parse_colors(name: str, stream: str) -> tuple[str, ColorRange | None, str | None, str | None]:
    found = re.search(r", (\w+)(?:\(([^)]*)\))?, \d+x\d+", stream)
    if found is None or found[1] == "none":
        raise SourceError(f"{name}: the video's pixel format is unknown: {printable(stream)}")
    tags = (found[2] or "").split(", ")
    color_range: ColorRange | None = "tv" if "tv" in tags else "pc" if "pc" in tags else None
    if found[1].startswith("yuvj"):
        color_range = "pc"
    # "bt709", or matrix/primaries/transfer where they differ; other words are about fields.
    words = [tag.split("/") for tag in tags if "/" in tag or re.search(r"\d", tag)]
    matrix, transfer = (words[0][0], words[0][-1]) if words else (None, None)
    return found[1], color_range, None if matrix in ("unknown", "gbr") else matrix, transfer


def _displayed(name: str, log: str) -> str:
    """Find the line of the first picture as it is shown."""
    if found := re.search(r"^ +Stream #1:0[^\n]*? Video: ([^\n]*)", log, re.MULTILINE):
        return found[1]
    raise _undecodable(name, log)


def _size(name: str, stream: str, log: str) -> Size:
    if found := re.search(r", (\d+)x(\d+)", stream):
        return int(found[2]), int(found[1])
    raise _undecodable(name, log)


def _undecodable(name: str, log: str) -> SourceError:
    return SourceError(f"{name}: the video's first frame cannot be decoded: {last_words(log)}")


def _sample_aspect(stream: str) -> Fraction:
    """Read a pixel's aspect, the container's where it has its own; far ones are no aspect."""
    found = re.findall(r"SAR (\d{1,9}):(\d{1,9})", stream)
    across, down = map(int, found[-1]) if found else (1, 1)
    aspect = Fraction(across, down) if across and down else Fraction(1)
    return aspect if 1 / _MOST_ASPECT <= aspect <= _MOST_ASPECT else Fraction(1)


def _nominal_rate(stream: str) -> float | None:
    found = re.search(r", ([\d.]+)(k?) fps", stream)
    return float(found[1]) * (1000 if found[2] else 1) if found else None


# --- packets ---------------------------------------------------------------------------------


def parse_framecrc(text: bytes) -> tuple[Fraction, Sequence[Packet]]:
    """Read the time base and the packets from the output of the framecrc muxer."""
    base = re.search(rb"^#tb 0: (\d+)/(\d+)", text, re.MULTILINE)
    packets = []
    for line in text.splitlines():
        if line.startswith(b"0,"):  # stream, dts, pts, duration, size, checksum[, F=flags][, ...]
            fields = [field.strip() for field in line.split(b",")]
            flags = [int(field[2:], 16) for field in fields[6:] if field.startswith(b"F=")]
            packets.append(Packet(int(fields[2]), int(fields[3]), flags[0] if flags else _KEY))
    return Fraction(int(base[1]), int(base[2])) if base else Fraction(1), packets


def _packets_are_frames(log: str, stream: str, packets: Sequence[Packet]) -> bool:
    """Whether decoding is known to give one picture a packet.

    It is not for hidden frames (VP8, VP9), two pictures in one packet (DivX in AVI), pictures cut
    off by an edit list, and a stream that begins before its first key frame.
    """
    return (
        _is_indexed(log)
        and stream.split()[0].rstrip(",") in _PACKET_IS_FRAME
        and bool(packets[0].flags & _KEY)
        and not any(packet.flags & _DISCARD for packet in packets)
    )


def _is_indexed(log: str) -> bool:
    formats = re.search(r"^Input #0, (\S+), from", log, re.MULTILINE)
    return formats is not None and not _INDEXED_FORMATS.isdisjoint(formats[1].split(","))


def _decoded_frames(path: AnyPath, name: str, size: int) -> tuple[Fraction, Sequence[Packet]]:
    """Decode the whole video and list its pictures as packets."""
    version = ffmpeg_version(find_ffmpeg())
    done = ask_ffmpeg(path, name, size, [
        *("-map", "0:V:0", *passthrough(version)),
        # The muxer sees (and sums) a handle, not the pixels; times stay in the file's units.
        *("-c:v", "wrapped_avframe", "-enc_time_base", "demux" if version >= (7,) else "-1"),
        *("-f", "framecrc", "-"),
    ], "error")  # fmt: skip
    time_base, frames = parse_framecrc(done.stdout)
    if done.returncode or not frames:
        words = last_words(done.stderr.decode(errors="replace"))
        words = words or f"ffmpeg {exit_in_words(done.returncode)}"
        raise SourceError(f"{name}: is damaged after {len(frames)} frames: {words}")
    return time_base, frames
