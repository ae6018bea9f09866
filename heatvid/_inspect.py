"""What a dump holds: its shape and values in a page of text, and options that would suit it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from heatvid._norms import dtype_limits
from heatvid._plan import available_cores
from heatvid._progress import progress_bar
from heatvid._statistics import Summary, summarize
from heatvid.sources import open_source

PERCENTILES = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
BINS = 32
_BAR_WIDTH = 48


@dataclass(frozen=True)
class Report:
    """A summary, and what to do with it.

    Attributes
    ----------
    name : str
        Of the source.
    summary : Summary
    first_names : tuple of str
        Names of the first frames, where they are files.
    """

    name: str
    summary: Summary
    first_names: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Plain numbers and texts, for JSON; infinite and missing values are None."""
        s = self.summary
        return {
            "source": self.name,
            "shape": list(s.shape),
            "dtype": s.dtype.name,
            "minimum": s.minimum,
            "maximum": s.maximum,
            "percentiles": {f"{q:g}": value for q, value in s.percentiles.items()},
            "nan": s.nan_count,
            "posinf": s.posinf_count,
            "neginf": s.neginf_count,
            "finite": s.finite_count,
            "histogram": list(s.histogram),
            "suggested": self.suggested(),
        }

    def suggested(self) -> str:
        """Options worth a try, as on the command line; empty where the defaults suit."""
        s, options = self.summary, []
        if s.minimum is None or s.maximum is None or dtype_limits(s.dtype) is not None:
            return ""
        low, high = s.percentiles[1.0], s.percentiles[99.0]
        assert low is not None
        assert high is not None
        span, middle = float(s.maximum) - float(s.minimum), high - low
        if s.minimum < 0 < s.maximum and 0.5 < -s.minimum / s.maximum < 2:
            reach = f"{max(-low, high):.3g}"
            options.append(f"--cmap RdBu_r --vmin -{reach} --vmax {reach}")
        elif 0 < middle < span / 2:
            options.append("--percentiles 1 99")
        if s.nan_count:
            options.append("--bad transparent")
        return " ".join(options)

    def __str__(self) -> str:
        return "\n".join([*self._facts(), *self._chart(), *self._advice()])

    def _facts(self) -> list[str]:
        s = self.summary
        lines = [
            self.name,
            f"  shape        {' x '.join(map(str, s.shape))}  ({'frames, height, width'})",
            f"  dtype        {s.dtype.name}",
        ]
        if self.first_names:
            more = ", ..." if s.shape[0] > len(self.first_names) else ""
            lines.append(f"  files        {', '.join(self.first_names)}{more}")
        if s.minimum is None:
            lines.append("  range        nothing finite")
        else:
            lines.append(f"  range        {s.minimum:.6g} to {s.maximum:.6g}")
            values = "  ".join(f"{q:g}%: {value:.4g}" for q, value in s.percentiles.items())
            lines.append(f"  percentiles  {values}")
        counts = [("NaN", s.nan_count), ("+Inf", s.posinf_count), ("-Inf", s.neginf_count)]
        total = math.prod(s.shape)
        found = [f"{count} {name} ({count / total:.2%})" for name, count in counts if count]
        lines.append(f"  not finite   {', '.join(found) or 'none'}")
        return lines

    def _chart(self) -> list[str]:
        s = self.summary
        if not s.histogram or s.minimum is None or s.maximum is None:
            return []
        most, step = max(s.histogram), (float(s.maximum) - float(s.minimum)) / len(s.histogram)
        lines = ["", "  values from"]
        for i, count in enumerate(s.histogram):
            bar = "█" * round(_BAR_WIDTH * count / most) or ("▏" if count else "")
            lines.append(f"  {float(s.minimum) + i * step:>12.4g}  {bar}")
        return lines

    def _advice(self) -> list[str]:
        suggested = self.suggested()
        return ["", f"  try: heatvid render ... {suggested}"] if suggested else []


def inspect_source(source: Any, *, progress: bool | None = None, **selection: Any) -> Report:
    """Read a whole source once or twice and report; ``selection`` is that of ``open_source``."""
    with open_source(source, **selection) as opened:
        with progress_bar("reading", None, progress) as advance:
            summary = summarize(
                opened, PERCENTILES, advance, threads=min(available_cores(), 8), bins=BINS
            )
        names = tuple((opened.names or ())[:3])
        return Report(opened.name, summary, names)
