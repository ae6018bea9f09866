"""A sheet of colormaps: one strip a map, its name beside it."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

import numpy as np

from heatvid._color.colormaps import color_table
from heatvid._encode.output_file import OutputFile
from heatvid._errors import OptionError, UsageError, called
from heatvid._reasons import reason

STRIP_WIDTH, ROW_HEIGHT, NAME_WIDTH, MARGIN = 512, 22, 230, 8  # the names at least


def draw_sheet(names: Sequence[str], output: str, *, overwrite: bool = False) -> None:
    """Draw colormaps, one below the other, as a PNG.

    Parameters
    ----------
    names : sequence of str
    output : path
        A ``.png``.
    overwrite : bool
        Whether an existing file may be replaced.

    Raises
    ------
    OptionError
        The output is not a ``.png``, exists, or cannot be written.
    UsageError
        There are too many maps for one picture.
    """
    from PIL import Image, ImageDraw, ImageFont

    if not output.lower().endswith(".png"):
        raise OptionError(
            f"{called(output)}: a sheet is a picture; allowed is a name that ends in .png"
        )
    if os.path.exists(output) and not overwrite:
        raise OptionError(f"{called(output)}: exists; --overwrite replaces it")
    height = 2 * MARGIN + ROW_HEIGHT * len(names)
    if height > 65_000:
        raise UsageError(f"cmaps: {len(names)} maps are too many for one sheet; give a pattern")
    font = ImageFont.load_default(size=13)
    name_width = max(NAME_WIDTH, *(math.ceil(font.getlength(name)) for name in names))
    width = 3 * MARGIN + name_width + STRIP_WIDTH
    sheet = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(sheet)
    for i, name in enumerate(names):
        top = MARGIN + i * ROW_HEIGHT
        draw.text((MARGIN, top + 3), name, "black", font)
        table = color_table(name)
        columns = np.arange(STRIP_WIDTH) * table.entries // STRIP_WIDTH
        strip = np.broadcast_to(table.rgb[columns], (ROW_HEIGHT - 4, STRIP_WIDTH, 3))
        sheet.paste(
            Image.fromarray(np.ascontiguousarray(strip)), (2 * MARGIN + name_width, top + 2)
        )
    file = OutputFile(output, overwrite=overwrite)
    try:
        sheet.save(file.temporary, format="png")
        file.commit()
    except OSError as error:
        raise OptionError(f"{called(output)}: {reason(error)}; give a writable place") from error
    finally:
        file.discard()
