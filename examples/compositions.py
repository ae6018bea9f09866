"""Draw one picture of compositions: panels, grids, colourbars, texts, legends and scale bars.

Each is a frame of what ``heatvid.render`` writes with the options under it. Needs matplotlib, as
gallery.py does, from which the data are, and xarray.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gallery
import numpy as np
import xarray
from gallery import ACCENT, INK, PAPER, SOFT, blobs, depth, noise, saliency, sst
from matplotlib.colors import BoundaryNorm
from PIL import Image, ImageDraw, ImageFont

import heatvid

WIDTH, GAP, HEADING, LINE = 1560, 16, 62, 15
FRAME = 14  # that is shown

# --- data ----------------------------------------------------------------------------------------


def moving(field: np.ndarray, step: int = 2) -> np.ndarray:
    """Frames in which all moves to the left."""
    return np.stack([np.roll(field, -step * i, axis=1) for i in range(FRAME + 1)])


def weather() -> xarray.DataArray:
    """Temperatures over a day, with places, times, a name and a unit."""
    base = 284 + 9 * noise(180, 304, 2.4, 41)
    hours = np.arange(FRAME + 1)
    values = base + 4 * np.sin(hours / 24 * 2 * np.pi)[:, None, None]
    times = np.datetime64("2026-03-01T00", "ns") + hours.astype("timedelta64[h]")
    return xarray.DataArray(
        values.astype(np.float32),
        {"time": times, "lat": np.linspace(60, 42, 180), "lon": np.linspace(-5, 25.3, 304)},
        ("time", "lat", "lon"), "t2m", {"long_name": "2 m temperature", "units": "K"},
    )  # fmt: skip


def cells() -> np.ndarray:
    """A microscope's picture: nuclei, and a gradient of light."""
    places = np.random.default_rng(8).uniform(0, 1, (26, 2))
    nuclei = blobs(240, 240, *[(x, y, 0.022 + 0.012 * x, 700 + 500 * y) for x, y in places])
    grain = np.random.default_rng(9).normal(0, 25, (240, 240))
    return np.clip(nuclei + grain + 160, 0, 4095).astype(np.uint16)


model_a, model_b = moving(saliency, 1), moving(saliency + 0.1 * noise(18, 30, 2.2, 50), 1)
model_b = model_b.astype(np.float32)
temperature, sea = weather(), moving(sst)
flicker = moving(depth, 0) * np.linspace(0.6, 1, FRAME + 1, dtype=np.float32)[:, None, None]
names = {0: "sky", 1: "mountains", 2: "forest", 3: "lake", 4: "meadow", 5: "boat"}
nuclei = moving(cells(), 0)
steps = BoundaryNorm([-4, -2, -1, 0, 1, 2, 4, 8], 256)

# --- what is made of them ------------------------------------------------------------------------

Composition = tuple[str, str, dict[str, Any]]
OVER: dict[str, Any] = {"background": "scene"}
SECTIONS: list[tuple[str, str, list[Composition]]] = [
    ("Panels", "one source in several ways", [
        ("a picture, a field, both", "model_a", {
            "background": "scene", "panels": "background,heat,overlay", "cmap": "inferno",
            "alpha": 0.6, "captions": ["camera", "saliency", "both"], "colorbar": "right",
            "title": "Where a model looks", "text": "{frame}  {time:.2f} s"}),
        ("two in the size of one", "flicker", {
            "background": "scene", "panels": "background,heat", "panel_size": "220x220",
            "cmap": "magma_r", "norm": "log", "colorbar": "left", "label": "metres"}),
        ("one below the other", "model_a", {
            **OVER, "panels": "overlay,heat", "columns": 1, "gap": 4, "gap_color": "white",
            "text_color": "black", "colorbar": "bottom", "label": "saliency"}),
        ("all in a size that is given", "sea", {
            "cmap": "turbo", "size": "480x270", "colorbar": "right", "title": "Sea surface",
            "label": "°C", "bad": "lightgray"}),
        ("a small field, larger", "model_a", {
            "zoom": 10, "cmap": "viridis", "colorbar": "right", "resample": "nearest"}),
        ("in a corner of a picture", "flicker", {
            **OVER, "place": "62%,4%,35%,35%", "alpha": 1, "norm": "log", "cmap": "magma_r",
            "text": "depth {value:min:.1f} to {value:max:.0f} m", "text_place": "bottom"}),
    ]),
    ("Comparison", "several sources in step, on one scale", [
        ("two models and their difference", 'grid([[Panel(model_a, title="A"), '
         'Panel(model_b, title="B"), difference(model_a, model_b)]])', {
             "zoom": 9, "colorbar": "bottom"}),
        ("four of one scale", "grid([[model_a, model_b], [model_b, model_a]])", {
            **OVER, "panel_size": "228x135", "colorbar": "right", "label": "saliency",
            "captions": ["first", "second", "third", "fourth"]}),
        ("each on its own", 'grid([[Panel(temperature, title="air", cmap="coolwarm"), None], '
         '[Panel(sea, title="sea"), Panel(model_a, title="model")]])', {
             "own_limits": True, "colorbar": "right", "panel_size": "200x120"}),
        ("channels side by side", "small", {
            "layout": "HWC", "channel": "grid", "captions": list(names.values()),
            "colorbar": "right", "label": "probability", "vmin": 0, "vmax": 1}),
    ]),
    ("Colourbars", "matplotlib's ticks, the video's colours", [
        ("linear, to the right", "temperature", {
            "cmap": "coolwarm", "colorbar": "right", "text": "{time:%Y-%m-%d %H:%M}"}),
        ("with what lies beyond, and NaN", "sea", {
            "vmin": 12, "vmax": 22, "under": "white", "over": "black", "bad": "gray",
            "cmap": "turbo", "gap_color": "#dde3ea", "text_color": "#16202b",
            "colorbar": "bottom", "label": "sea surface (°C)"}),
        ("logarithmic", "depth", {
            "norm": "log", "cmap": "magma_r", "colorbar": "left", "label": "depth (m)"}),
        ("both signs, logarithmic", "flux", {
            "norm": "symlog", "linthresh": 1, "vmin": -900, "vmax": 900, "cmap": "PuOr",
            "colorbar": "top", "label": "flux"}),
        ("a power", "depth", {
            "norm": "power", "gamma": 0.25, "cmap": "magma_r", "colorbar": "bottom"}),
        ("0 in the middle", "anomaly", {
            "norm": "centered", "cmap": "RdBu_r", "colorbar": "right", "label": "anomaly (K)"}),
        ("in proportion to 1/x", "depth", {
            "norm": "inverse", "vmin": 2, "vmax": 200, "cmap": "turbo_r", "colorbar": "right",
            "label": "m"}),
        ("logits as probabilities", "logits", {
            "norm": "sigmoid", "cmap": "viridis", "colorbar": "right"}),
        ("matplotlib's asinh", "flux", {
            "norm": "AsinhNorm(5)", "cmap": "PuOr", "colorbar": "right"}),
        ("matplotlib's boundaries", "anomaly", {
            "norm": "steps", "cmap": "RdYlBu_r", "colorbar": "bottom"}),
        ("limits that move", "flicker", {
            "scope": "frame", "cmap": "magma_r", "colorbar": "right",
            "text": "{value:mean:.0f} m on average"}),
        ("inside", "anomaly", {
            "cmap": "RdBu_r", "norm": "centered", "colorbar": "inside", "text_size": 12}),
        ("large numbers", "depth * 1e6", {"cmap": "cividis", "colorbar": "right"}),
    ]),
    ("Labels, lengths, texts", "what the colours mean, and where and when", [
        ("a bar of labels", "classes", {
            "norm": "labels", "label_names": "names", "colorbar": "right", "cmap": "Set2"}),
        ("a legend", "probabilities", {
            "layout": "HWC", "channel": "argmax", **OVER, "outlines": 1, "label_names": "names",
            "legend": "bottom", "cmap": "Set1"}),
        ("a legend inside", "classes", {
            "norm": "labels", "label_names": "names", **OVER, "legend": "inside",
            "text_box": "#ffffffcc", "text_color": "black"}),
        ("a scale bar", "nuclei", {
            "cmap": "gray", "scale_bar": 25, "pixel_size": 0.65, "unit": "µm",
            "percentiles": (1, 99.8), "text": "{time:.2f} s", "text_place": "top-left"}),
        ("of a length that suits", "nuclei", {
            "cmap": "cmasher:ember", "scale_bar": "auto", "pixel_size": 0.65, "unit": "µm",
            "text_box": "transparent", "colorbar": "left", "label": "counts"}),
        ("a title of two lines", "model_a", {
            **OVER, "title": "Saliency of the third model over the scene that it was trained on",
            "text": "frame {frame}", "text_place": "top-right"}),
    ]),
]  # fmt: skip

# --- the sheet -----------------------------------------------------------------------------------

KNOWN: dict[str, Any] = {
    **{name: getattr(heatvid, name) for name in ("grid", "Panel", "difference")},
    **vars(gallery),
    **globals(),
}
WORDS = ("norm", "background", "label_names")  # options that may be objects rather than words


def value_of(name: str, value: Any) -> Any:
    """An option's value: the object that a word stands for here."""
    return eval(value, KNOWN) if name in WORDS and value.split("(")[0] in KNOWN else value


def frame_of(source: str, options: dict[str, Any]) -> Image.Image:
    """One frame of the video."""
    given = {name: value_of(name, value) for name, value in options.items()}
    shown = eval(source, KNOWN)
    single = isinstance(shown, np.ndarray) and len(shown) != FRAME + 1
    with tempfile.TemporaryDirectory() as folder:
        pattern = Path(folder) / "%02d.png"
        made = heatvid.render(shown, str(pattern), backend="numpy", **given)
        with Image.open(folder + f"/{0 if single else made.frames - 1:02d}.png") as picture:
            return picture.convert("RGB")


def lines(source: str, options: dict[str, Any], width: int, font: Any) -> Iterator[str]:
    """The call, as many parts on a line as fit."""
    line = ""
    for part in (source, *(f"{name}={spelled(name, value)}" for name, value in options.items())):
        longer = f"{line}, {part}" if line else part
        if line and font.getlength(longer) > width:
            yield f"{line},"
            longer = part
        line = longer
    yield line


def spelled(name: str, value: Any) -> str:
    """A value as it is written in Python."""
    own = name in WORDS and value.split("(")[0] in KNOWN
    return str(value) if own else repr(value).replace("'", '"')


def rows_of(made: list[Any]) -> Iterator[list[Any]]:
    """As many frames in a row as fit."""
    row: list[Any] = []
    for each in made:
        if row and sum(own[0].width + GAP for own in (*row, each)) > WIDTH - GAP:
            yield row
            row = []
        row.append(each)
    yield row


def drawn() -> Image.Image:
    """The whole sheet."""
    title, heading, name = (ImageFont.load_default(size) for size in (34, 24, 15))
    code = ImageFont.truetype(Path(heatvid.__file__).parent / "data/DejaVuSans-subset.ttf", 11)
    sheet = Image.new("RGB", (WIDTH, 20_000), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, 20), "heatvid", INK, title)
    draw.text((GAP + 140, 34), "every picture is a frame of heatvid.render(...) with the options "
              "below it; VideoWriter and the command line take the same", SOFT, name)  # fmt: skip
    top = 64
    for word, meaning, compositions in SECTIONS:
        draw.text((GAP, top + 22), word, ACCENT, heading)
        draw.text((GAP + heading.getlength(word) + 14, top + 31), meaning, SOFT, name)
        top += HEADING
        made = [(frame_of(source, options), what, source, options)
                for what, source, options in compositions]  # fmt: skip
        for row in rows_of(made):
            left, deepest = GAP, top
            for frame, what, source, options in row:
                sheet.paste(frame, (left, top))
                below = top + frame.height + 5
                draw.text((left, below), what, INK, name)
                for i, line in enumerate(lines(source, options, frame.width, code)):
                    draw.text((left, below + 20 + LINE * i), line, SOFT, code)
                    deepest = max(deepest, below + 20 + LINE * (i + 1))
                left += frame.width + GAP
            top = deepest + 14
    return sheet.crop((0, 0, WIDTH, top))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--output", default="compositions.jpg")
    output = parser.parse_args().output
    sheet = drawn()
    sheet.save(output, quality=90, subsampling=0, optimize=True)
    print(f"{output}: {sheet.width}x{sheet.height}")
