"""The catalogue of colormaps: their names, by kind, and by what colour-blind eyes tell apart."""

from __future__ import annotations

from heatvid._color.color_vision import is_safe
from heatvid._color.colormaps import color_table, without_warnings


def colormap_names(
    pattern: str = "", *, kind: str | None = None, colorblind_safe: bool = False
) -> list[str]:
    """List names of the catalogue, sorted.

    Parameters
    ----------
    pattern : str
        Part of the names; without it, all.
    kind : str, optional
        Of ``KINDS``, as the catalogue has it.
    colorblind_safe : bool
        Whether only those are listed that eyes without red or green cones tell apart, as measured
        by :func:`is_safe`.
    """
    import cmap as cmap_package

    catalog = cmap_package.Colormap.catalog()
    with without_warnings():
        return sorted(
            name
            for name in catalog
            if not name.endswith("_r")
            and pattern.lower() in name.lower()
            and kind in (None, catalog[name].category)
            and not (colorblind_safe and not is_safe(color_table(name), catalog[name].category))
        )
