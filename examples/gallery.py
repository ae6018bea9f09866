"""Draw one picture of the ways to look at a field: norms, kinds of field, opacity, blends, fits.

Each tile is what ``heatvid.to_rgb`` gives with the options written under it. Needs matplotlib, for
one of its norms.
"""

import argparse
from collections.abc import Iterator
from typing import Any

import numpy as np
from matplotlib.colors import AsinhNorm
from PIL import Image, ImageDraw, ImageFont

import heatvid

HEIGHT, WIDTH, COLUMNS, GAP, CAPTION, HEADING = 180, 304, 5, 13, 66, 62
INK, SOFT, PAPER, ACCENT = "#16202b", "#5b6875", "#f6f7f9", "#b3400f"


# --- data that look like what models and instruments write ---------------------------------------


def noise(height: int, width: int, detail: float, seed: int) -> np.ndarray:
    """Smooth random field, mean 0, deviation 1; ``detail`` is the steepness of its spectrum."""
    rng = np.random.default_rng(seed)
    ky, kx = np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width) * width
    size = np.hypot(ky * width / height, kx)
    size[0, 0] = np.inf
    spectrum = rng.normal(size=(2, *size.shape)) * size**-detail
    field = np.fft.irfft2(spectrum[0] + 1j * spectrum[1], (height, width))
    return (field - field.mean()) / field.std()


def blobs(height: int, width: int, *places: tuple[float, float, float, float]) -> np.ndarray:
    """Sum of Gaussians, each (x, y, radius, level); x and y in 0..1, radius of the height."""
    y, x = (np.mgrid[:height, :width].T + 0.5).T / np.array([height, width])[:, None, None]
    aspect = width / height
    return sum(
        level * np.exp(-(((x - px) * aspect) ** 2 + (y - py) ** 2) / (2 * radius**2))
        for px, py, radius, level in places
    )


def landscape(height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A lake between mountains: picture (H, W, 3) in 0..1, depth in metres, class 0..5."""
    y, x = np.mgrid[:height, :width] / np.array([height, width])[:, None, None]
    shore = 0.60
    glow = np.exp(-(((x - 0.70) * 1.7) ** 2 + ((y - 0.44) * 1.9) ** 2) / 0.07)[..., None]
    up = np.clip(1 - y / shore, 0, 1)[..., None]
    picture = (1 - up) * [0.97, 0.78, 0.62] + up * [0.28, 0.47, 0.74]
    picture += glow * [0.10, 0.12, 0.02]
    depth, kind = np.full(y.shape, 8000.0), np.zeros(y.shape, int)
    relief = noise(height, width, 2.0, 8)
    ridges = [  # height above the shore, roughness, colour, depth, class
        (0.27, 0.07, [0.55, 0.57, 0.70], 4500, 1),
        (0.17, 0.05, [0.36, 0.42, 0.54], 1600, 1),
        (0.085, 0.035, [0.17, 0.29, 0.27], 450, 2),
    ]
    for i, (tall, rough, color, far, label) in enumerate(ridges):
        line = sum(np.sin(x[0] * f * 3 + f * 1.7 + 9 * i) / f for f in (1.3, 2.9, 4.7, 9.1, 17.0))
        skyline = shore - tall - rough * line
        inside = (y > skyline) & (y < shore)
        light = (1 + 0.05 * relief + 0.5 * np.clip(y - skyline, 0, 0.16))[..., None]
        picture = np.where(inside[..., None], light * color, picture)
        depth = np.where(inside, far * (1 + 0.3 * (shore - y)), depth)
        kind = np.where(inside, label, kind)
    lake = y >= shore
    ripple = 0.006 * np.sin(240 * np.maximum(y - shore, 0) ** 0.7) * (y - shore) * 8
    mirrored = np.clip((2 * shore - y) * height, 0, height - 1).astype(int)
    across = np.clip((x + ripple) * width, 0, width - 1).astype(int)
    water = 0.80 * picture[mirrored, across] + [0.0, 0.02, 0.05]
    picture, kind = np.where(lake[..., None], water, picture), np.where(lake, 3, kind)
    depth = np.where(lake, 3.0 / np.maximum(y - shore, 0.008), depth)
    meadow = y > 0.985 - 0.30 * np.exp(-((x / 0.40) ** 2)) + 0.004 * np.sin(60 * x)
    grass = (1 + 0.05 * noise(height, width, 1.6, 3))[..., None] * [0.36, 0.45, 0.16]
    picture = np.where(meadow[..., None], grass * (0.75 + 0.5 * (1 - y[..., None])), picture)
    depth, kind = np.where(meadow, 2.2 / np.maximum(y - 0.5, 0.1), depth), np.where(meadow, 4, kind)
    sail = (y < 0.705) & (y > 0.43) & (np.abs(x - 0.535) < (y - 0.43) * 0.15) & (x < 0.55)
    jib = (y < 0.69) & (y > 0.47) & (x > 0.554) & (x < 0.554 + (y - 0.47) * 0.16)
    hull = (np.abs(y - 0.735) < 0.02) & (np.abs(x - 0.545) < 0.058 - (y - 0.72))
    for part, color in ((sail, [0.98, 0.95, 0.88]), (jib, [0.86, 0.34, 0.22]),
                        (hull, [0.24, 0.13, 0.11])):  # fmt: skip
        picture = np.where(part[..., None], color, picture)
        depth, kind = np.where(part, 26.0, depth), np.where(part, 5, kind)
    return np.clip(picture, 0, 1), depth, kind


def halved(array: np.ndarray, by: int = 2) -> np.ndarray:
    """Means of blocks."""
    h, w = (n // by for n in array.shape[:2])
    return array[: h * by, : w * by].reshape(h, by, w, by, *array.shape[2:]).mean((1, 3))


picture, far, kind = landscape(3 * HEIGHT, 3 * WIDTH)
scene = np.rint(halved(picture, 3) * 255).astype(np.uint8)
depth = far[1::3, 1::3].astype(np.float32)  # metres, 2 to 8000
classes = kind[1::3, 1::3].astype(np.uint8)

# Scores of six classes, blurred and uncertain as a network's are, and their probabilities.
members = (classes[..., None] == np.arange(6)).astype(np.float32)
doubt = np.stack([noise(HEIGHT, WIDTH, 1.6, 20 + i) for i in range(6)], -1)
scores = 5 * halved(members, 4).repeat(4, 0).repeat(4, 1) + 0.55 * doubt
probabilities = np.exp(scores) / np.exp(scores).sum(-1, keepdims=True)
small = probabilities[::2, 58:260:2].astype(np.float32)  # 101 x 90 of each
logits = (6 * noise(HEIGHT, WIDTH, 2.0, 4)).astype(np.float32)  # of one class: about -20 to 20

anomaly = (1.9 + 1.5 * noise(HEIGHT, WIDTH, 2.1, 11)).astype(np.float32)  # degrees, warm
swirl = noise(HEIGHT, WIDTH, 1.9, 5)
flux = np.sinh(3.1 * swirl).astype(np.float32)  # both signs, over five decades
flags = np.digitize(noise(HEIGHT, WIDTH, 2.2, 6), [-0.9, 0.1, 0.8, 1.3]).astype(np.uint8)

saliency = blobs(18, 30, (0.55, 0.57, 0.10, 1.0), (0.71, 0.40, 0.10, 0.55), (0.1, 0.8, 0.1, 0.35))
saliency = saliency.astype(np.float32)
spot = np.clip(blobs(HEIGHT, WIDTH, (0.5, 0.5, 0.28, 2.2)) - 0.35, 0, 1).astype(np.float32)

height = noise(HEIGHT, WIDTH, 1.9, 30) - 0.2  # of land; the sea is below 0
land, sea = np.clip(height, 0, 2)[..., None], np.clip(-height, 0, 2)[..., None]
green, brown = np.array([0.20, 0.33, 0.12]), np.array([0.55, 0.44, 0.27])
ground = green + (brown - green) * np.clip(land, 0, 1) + 0.35 * np.clip(land - 1, 0, 1)
water = np.array([0.03, 0.14, 0.24]) + [0.12, 0.26, 0.20] * np.exp(-4 * sea)
bands = 1100 * np.where(height[..., None] > 0, ground, water) + [240, 330, 470]  # haze
glints = np.random.default_rng(1).integers(0, (HEIGHT, WIDTH), (60, 2))
bands[glints[:, 0], glints[:, 1]] = 9000  # far beyond the rest
bands = bands.astype(np.float32)

y, x = np.mgrid[:HEIGHT, :WIDTH] - np.array([HEIGHT, WIDTH])[:, None, None] / 2
radius = np.hypot(x, y) / 60
motion = np.stack([-y, x], -1) / 60 * (np.exp(-((radius - 0.2) ** 2)) * 6)[..., None]
motion[blobs(HEIGHT, WIDTH, (0.18, 0.28, 0.11, 1), (0.86, 0.68, 0.13, 1)) > 0.6] = np.nan
motion = motion.astype(np.float32)

sst = (17 + 4 * noise(HEIGHT, WIDTH, 2.3, 13)).astype(np.float32)
sst[noise(HEIGHT, WIDTH, 1.7, 14) > 0.7] = np.nan  # clouds

eye, ex = np.mgrid[:60, :60] / 30 - 59 / 60
rings = (np.cos(14 * np.hypot(eye, ex)) * np.exp(-(eye**2 + ex**2))).astype(np.float32)
coarse = blobs(9, 15, (0.3, 0.4, 0.16, 3), (0.72, 0.6, 0.2, 2), (0.9, 0.1, 0.1, 1.5))
coarse = np.log10(coarse + 0.2).astype(np.float32)
grainy = halved(swirl, 4) + 0.5 * np.random.default_rng(3).normal(size=(45, 76))

NAMED = {"scene": scene, "spot": spot}

# --- the sheet -----------------------------------------------------------------------------------

Tile = tuple[str, Any, dict[str, Any]]
UNDER: dict[str, Any] = {"background": scene}
SECTIONS: list[tuple[str, str, list[Tile]]] = [
    ("Norms", "where a value lies on the colour scale", [
        ("depth, 2 m to 8 km", depth, {"cmap": "magma_r"}),
        ("depth", depth, {"cmap": "magma_r", "percentiles": (0, 40)}),
        ("depth", depth, {"cmap": "magma_r", "norm": "power", "gamma": 0.25}),
        ("depth", depth, {"cmap": "magma_r", "norm": "log"}),
        ("depth, matplotlib's norm", depth, {"cmap": "magma_r", "norm": AsinhNorm(5)}),
        ("anomaly, -3° to 6°: white is not 0", anomaly, {"cmap": "RdBu_r"}),
        ("anomaly: white is 0", anomaly, {"cmap": "RdBu_r", "norm": "centered"}),
        ("anomaly: white is 4", anomaly, {"cmap": "RdBu_r", "norm": "centered", "center": 4}),
        ("flux, both signs", flux, {"cmap": "PuOr", "norm": "centered"}),
        ("flux", flux, {"cmap": "PuOr", "norm": "symlog", "linthresh": 1, "vmin": -900,
                        "vmax": 900}),
        ("logits, -20 to 20", logits, {"cmap": "viridis"}),
        ("logits as probabilities", logits, {"cmap": "viridis", "norm": "sigmoid"}),
        ("flags: entries of the colormap", flags, {"norm": "identity", "cmap": [
            "navy", "teal", "gold", "coral", "white"]}),
        ("classes", classes, {"norm": "labels"}),
        ("classes", classes, {"norm": "labels", "cmap": "tab10", "outlines": 2,
                              "label_colors": {0: "white", 5: "red"}, "outline_color": "black"}),
    ]),
    ("Channels", "several numbers a pixel", [
        ("6 probabilities: the strongest", probabilities, {
            "channel": "argmax", "cmap": "Set2", "outlines": 1, **UNDER}),
        ("6 probabilities: how sure", probabilities, {"channel": "max", "cmap": "cividis"}),
        ("6 probabilities side by side", small, {"channel": "grid"}),
        ("3 bands with glints", bands, {"channel": "rgb"}),
        ("3 bands", bands, {"channel": "rgb", "percentiles": (5, 95)}),
        ("motion (u, v): hue is direction", motion, {"channel": "flow"}),
        ("motion, over 2 is dark", motion, {"channel": "flow", "vmax": 2, "bad": "dimgray"}),
        ("motion: how fast", motion, {"channel": "norm", "cmap": "cmasher:ember"}),
        ("motion: only u", motion, {"channel": 0, "norm": "centered", "cmap": "RdBu_r"}),
        ("3 bands: their mean", bands, {"channel": "mean", "cmap": "gray", "percentiles": (1, 99)}),
    ]),
    ("Opacity", "a saliency map of 30 x 18 over a picture", [
        ("half of each, the default", saliency, {**UNDER}),
        ("saliency", saliency, {"cmap": "plasma", "alpha": 0.8, "vmin": 0.3, "under": "transparent",
                                    **UNDER}),
        ("fades in from 0.1 to 0.7", saliency, {"alpha": 0.9, "alpha_ramp": (0.1, 0.7), **UNDER}),
        ("depth through a mask", depth, {"norm": "log", "alpha": 0.9, "alpha_mask": spot,
                                         **UNDER}),
        ("sea with NaN clouds", sst, {"cmap": "turbo", "alpha": 0.7, "bad": "transparent",
                                      **UNDER}),
    ]),
    ("Blends", "how the two colours meet", [
        *[("pale where low", saliency, {"cmap": "YlOrRd", "blend": mode, "alpha": 1, **UNDER})
          for mode in ("multiply", "darken")],
        *[("dark where low", saliency, {"blend": mode, "alpha": 1, **UNDER})
          for mode in ("screen", "lighten", "add")],
    ]),
    ("Fit, resampling, smoothing", "fields of another shape and size than the picture", [
        *[("rings, 60 x 60", rings, {"cmap": "viridis", "fit": fit, "alpha": 0.8, **UNDER})
          for fit in ("stretch", "letterbox", "crop")],
        ("grainy field, 76 x 45", grainy, {"vmin": -2, "vmax": 2, "alpha": 1, **UNDER}),
        ("grainy field", grainy, {"vmin": -2, "vmax": 2, "smooth": 2, "alpha": 1, **UNDER}),
        *[("coarse field", coarse, {"resample": mode, "alpha": 1, **UNDER})
          for mode in ("nearest", "bilinear", "bicubic")],
        ("labels stay whole", classes[::12, ::12], {"norm": "labels", "cmap": "Set2", **UNDER}),
        ("NaN has a colour of its own", sst, {"cmap": "turbo", "bad": "lightgray"}),
    ]),
]  # fmt: skip


def spelled(value: Any) -> str:
    """A value as it is written in Python."""
    for name, array in NAMED.items():
        if value is array:
            return name
    return "AsinhNorm(5)" if isinstance(value, AsinhNorm) else repr(value).replace("'", '"')


def lines(options: dict[str, Any], font: Any) -> Iterator[str]:
    """The options, as many on a line as fit."""
    line = ""
    for part in (f"{name}={spelled(value)}" for name, value in options.items()):
        longer = f"{line}, {part}" if line else part
        if line and font.getlength(longer) > WIDTH:
            yield f"{line},"
            longer = part
        line = longer
    yield line


def drawn() -> Image.Image:
    """The whole sheet."""
    title, heading, name, code = (ImageFont.load_default(size) for size in (34, 24, 15, 14))
    rows = sum(-(-len(tiles) // COLUMNS) for _, _, tiles in SECTIONS)
    size = (COLUMNS * (WIDTH + GAP) + GAP, 64 + len(SECTIONS) * HEADING + rows * (HEIGHT + CAPTION))
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, 20), "heatvid", INK, title)
    draw.text((GAP + 140, 34), "every tile is heatvid.to_rgb(field, ...) with the options below it;"
              " render and VideoWriter take the same", SOFT, name)  # fmt: skip
    top = 64
    for word, meaning, tiles in SECTIONS:
        draw.text((GAP, top + 22), word, ACCENT, heading)
        left = GAP + heading.getlength(word) + 14
        draw.text((left, top + 31), meaning, SOFT, name)
        top += HEADING
        for i, (what, field, options) in enumerate(tiles):
            left, row = GAP + i % COLUMNS * (WIDTH + GAP), top + i // COLUMNS * (HEIGHT + CAPTION)
            if field.ndim == 3:
                options = {"layout": "HWC", **options}
            rgb = heatvid.to_rgb(field, **options)
            sheet.paste(Image.fromarray(rgb), (left, row))
            draw.text((left, row + HEIGHT + 5), what, INK, name)
            for j, line in enumerate(lines(options, code)):
                draw.text((left, row + HEIGHT + 24 + 17 * j), line, SOFT, code)
        top += -(-len(tiles) // COLUMNS) * (HEIGHT + CAPTION)
    return sheet


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", default="gallery.png")
    output = parser.parse_args().output
    sheet = drawn()
    sheet.save(output, optimize=True)
    print(f"{output}: {sheet.width}x{sheet.height}")
