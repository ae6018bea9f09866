#!/usr/bin/env bash
# FFmpeg's animated WebP does not keep frames that are see-through: of libwebp's pictures its muxer
# marks each to be blended over the canvas and not to be disposed of, so that where a frame is
# transparent, the earlier one shows through. Nothing is said. Each picture is stored right; the
# flags of the file's ANMF chunks are what differ from it, and setting the bit "do not blend" in
# each of them mends the file. (libwebp_anim, which compares frames, is not affected.)
#
# FFmpeg 9.0.2 (imageio-ffmpeg 0.8.1), read with Pillow 12.0.0.
#
# Seen: second frame, all transparent: alpha 255 where the first is opaque, 0 elsewhere
#       with the bit set: alpha 0 everywhere
# Ends with 1 where it is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet imageio-ffmpeg==0.8.1 Pillow==12.0.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import io
import subprocess
import sys

import imageio_ffmpeg
from PIL import Image

SIDE = 32
opaque = bytes([200, 30, 60, 255])
clear = bytes([0, 0, 0, 0])
row = opaque * (SIDE // 2) + clear * (SIDE // 2)
frames = row * SIDE + clear * SIDE * SIDE  # the left half, then nothing at all
command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgba",
           "-s", f"{SIDE}x{SIDE}", "-r", "10", "-i", "-", "-c:v", "libwebp", "-lossless", "1",
           "-pix_fmt", "bgra", "-y", "out.webp"]  # fmt: skip
subprocess.run(command, input=frames, check=True)


def alpha_of_second(data):
    image = Image.open(io.BytesIO(data))
    image.seek(1)
    found = image.convert("RGBA").getchannel("A")
    return found.getpixel((2, 2)), found.getpixel((SIDE - 2, 2))


def never_blending(data):
    data, at = bytearray(data), 12
    while at < len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"ANMF":
            data[at + 8 + 15] |= 2  # "B" of the frame's flags, by the container's specification
        at += 8 + size + size % 2
    return bytes(data)


data = open("out.webp", "rb").read()
shown, mended = alpha_of_second(data), alpha_of_second(never_blending(data))
print(f"second frame, all transparent: alpha {shown[0]} where the first is opaque, {shown[1]} elsewhere")
print(f"with the bit set: alpha {mended[0]} and {mended[1]}")
sys.exit((shown, mended) != ((255, 0), (0, 0)))
PYTHON
