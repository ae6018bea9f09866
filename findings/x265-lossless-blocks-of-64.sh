#!/usr/bin/env bash
# x265 with lossless=1 is not lossless where its largest blocks (ctu) have 64 samples a side, as at
# presets veryfast, faster and medium: of a smooth field that moves, some samples come back wrong.
# The picture that the encoder itself rebuilds is another one than the stream says: its own
# checksums of it (hash=1) do not fit. FFmpeg 5.1.9, 9.0.2 and libde265 1.0.11 decode the same
# wrong samples, so the stream is wrong, not a decoder; FFmpeg 5.1.9's x265 writes as many wrong
# ones. With ctu=32 or 16 everything comes back.
#
# Seen (imageio-ffmpeg 0.8.1, FFmpeg 9.0.2): ctu 64: 119 of 28672 samples wrong, by 11 at most,
#       checksums wrong; ctu 32: 0 wrong, checksums right. Ends with 1 where it is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet imageio-ffmpeg==0.8.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PYTHON'
import re
import subprocess
import sys

import imageio_ffmpeg
import numpy as np

SIDE = 64
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
RAW = ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{SIDE}x{SIDE}", "-r", "30", "-i", "-"]

y, x = np.mgrid[:SIDE, :SIDE]
fields = [np.sin(x / 9 + i) + np.cos(y / 7) for i in range(7)]
frames = np.stack([np.rint((field + 2) * 60).astype(np.uint8) for field in fields])


def run(options, given):
    return subprocess.run([FFMPEG, "-hide_banner", *options], input=given, capture_output=True)


def outcome(block):
    parameters = f"lossless=1:hash=1:ctu={block}"
    encoded = run(
        ["-v", "error", *RAW, "-c:v", "libx265", "-preset", "medium", "-x265-params", parameters,
         "-pix_fmt", "gray", "-f", "hevc", "-"], frames.tobytes(),
    ).stdout
    read = ["-err_detect", "crccheck", "-f", "hevc", "-i", "-"]
    back = run(["-v", "warning", *read, "-f", "rawvideo", "-pix_fmt", "gray", "-"], encoded)
    shown = np.frombuffer(back.stdout, np.uint8).reshape(frames.shape).astype(int)
    wrong = np.abs(shown - frames)
    version = re.search(rb"x265 \(build [^)]*\) - [^ ]*", encoded)[0].decode()
    return version, np.count_nonzero(wrong), wrong.max(), b"mismatching checksum" in back.stderr


seen = {}
for block in (64, 32):
    version, *seen[block] = outcome(block)
    count, most, checksums = seen[block]
    print(f"{version}, ctu {block}: {count} of {frames.size} samples wrong, by {most} at most, "
          f"checksums {'wrong' if checksums else 'right'}")
sys.exit(seen != {64: [119, 11, True], 32: [0, 0, False]})
PYTHON
