"""Faults to plant in heatvid, one at a time, and the daily tests that have to see each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SCALAR = (
    "tests/contract/test_contract.py", "tests/contract/test_contract_shapes.py",
    "tests/contract/test_contract_properties.py",
)  # fmt: skip
WAYS = (
    "tests/contract/test_contract_kinds.py",
    "tests/contract/test_contract_ways.py",
    "tests/contract/test_contract_ways_properties.py",
)
NORMS = ("tests/values/test_norms.py", "tests/contract/test_contract_norms.py")
COLOR = ("tests/color/test_colorspace.py", *SCALAR)
LIMITS = (
    "tests/statistics/test_limits.py",
    "tests/values/test_norms.py",
    "tests/statistics/test_statistics.py",
)
LOOKS = (
    "tests/jobs/test_looks.py", "tests/jobs/test_looks_through.py", "tests/jobs/test_parity.py",
)  # fmt: skip
CANVASES = ("tests/contract/test_contract_canvases.py",)
LABELS = ("tests/contract/test_labels.py", *WAYS)
SAMPLING = ("tests/values/test_sampling.py", *WAYS)
SEGMENTS = ("tests/jobs/test_segments.py",)
SEGMENTS_COMPOSED = ("tests/jobs/test_segments_composed.py",)
COMPOSED = ("tests/jobs/test_composition.py",)
RING = ("tests/jobs/test_ring.py",)
BATCHES = ("tests/batch/test_batch.py",)
CLOCK = ("tests/values/test_timeline.py", "tests/jobs/test_timing.py")
PAGE = ("tests/encode/test_page_parts.py",)
SHOWN_PAGE = ("tests/encode/test_page.py",)
SHOWN_PANELS = ("tests/encode/test_page_panels.py",)
GALLERY = ("tests/batch/test_gallery.py",)
SHOWN_GALLERY = ("tests/batch/test_gallery_page.py",)
BREAKS = ("tests/contract/test_contract_norms.py", "tests/backends/test_numba.py")


@dataclass(frozen=True)
class Fault:
    """A text that a file has exactly once, what stands there instead, and who has to see it."""

    file: str
    text: str
    instead: str
    tests: Sequence[str]


def _faults(file: str, tests: Sequence[str], *changes: tuple[str, str]) -> list[Fault]:
    return [Fault(f"heatvid/{file}", text, instead, tests) for text, instead in changes]


FAULTS = [
    # --- galleries ----------------------------------------------------------------------------
    *_faults(
        "_batch/gallery/entries.py", GALLERY,
        ('job["state"] != "waiting"', 'job["state"] != "failed"'),
        ('"" if relative == "." else quote(os.fsencode(relative))',
         '"" if relative == "." else quote(os.fsencode(relative), safe="/#")'),
    ),
    *_faults("_batch/gallery/listing.mjs", GALLERY, ("way * (typeof", "(typeof")),
    *_faults(
        "_batch/gallery/moving.mjs", SHOWN_GALLERY,
        ("return (k + 0.5) / rate;", "return k / rate;"),
    ),
    *_faults(
        "_batch/gallery/gallery.mjs", SHOWN_GALLERY, ("held.toggle()", "held.fill()"),
    ),
    # --- pages --------------------------------------------------------------------------------
    *_faults("_encode/page/carried.mjs", PAGE, ("const SHIFT = 64;", "const SHIFT = 63;")),
    *_faults("_encode/page/carried.py", PAGE, (r'b"\r", b"<")', r'b"\r")')),
    *_faults("_encode/page/planes.py", PAGE, ("_BLOCK = 16", "_BLOCK = 2")),
    *_faults(
        "_encode/page/webgl.mjs", SHOWN_PAGE,
        ("second = min(first + 1, last);", "second = min(first + 2, last);"),
    ),
    *_faults(
        "_encode/page/tracks.mjs", SHOWN_PAGE,
        ("(at) => at <= chunk", "(at) => at < chunk"),
        ("this.index.frames[fed] * UNIT", "(this.index.frames[fed] ^ 1) * UNIT"),
    ),
    *_faults(
        "_encode/page/shortened.py", ("tests/encode/test_page_shortened.py",),
        ('not in (".", "?.")', 'not in ("?.",)'),
        ('before in ("{", ",") and after in (",", "}", "=")', "False"),
        ('if "class" in (', 'if "klass" in ('),
        ('"".join(own) for size in (1, 2)', '"".join(own) for size in (2, 1)'),
    ),
    *_faults(
        "_encode/page/tiles.mjs", ("tests/encode/test_page_tiles.py",),
        ("area.left + box.left", "box.left"),
        ("area.top + box.top", "box.top"),
        ("top - area.top]", "top]"),
        ("alpha: opacity, ramp", "ramp"),
    ),
    *_faults(
        "_encode/page/webgl.mjs", SHOWN_PANELS,
        ("tile.look.version !== this.made[number]?.version", "!this.made[number]"),
        ("left, this.layout.height - top - height,", "left, top,"),
    ),
    *_faults(
        "_encode/page/readings.mjs", ("tests/encode/test_page_tiles.py",),
        ("this.width / field.width", "1"),
    ),
    *_faults(
        "_jobs/page_data.py", SHOWN_PANELS,
        ('"smooth": look["smooth"]}', "}"),
    ),
    *_faults(
        "_jobs/page.py", SHOWN_PANELS,
        ("if key not in written:", "if True:"),
    ),
    *_faults(
        "_jobs/page.py", ("tests/jobs/test_panels_of_pages.py",),
        (", (each.feed.name, length)]", "]"),
    ),
    # --- time ---------------------------------------------------------------------------------
    *_faults(
        "_values/timeline.py", CLOCK,
        ("math.ceil(place - Fraction(1, 2))", "math.floor(place + Fraction(1, 2))"),
        ("frame = self.length - 1 - frame", "frame = self.length - frame"),
        ("gaps[len(gaps) // 2]", "gaps[-1]"),
    ),
    *_faults(
        "_jobs/timing.py", CLOCK,
        ("<= max(own.lasts, below.lasts)", "< max(own.lasts, below.lasts)"),
        ("every if is_last else", "every if not is_last else"),
    ),
    *_faults(
        "_jobs/timing.py", ("tests/jobs/test_timing_sources.py",),
        ("Fraction(math.ceil(shown.begins * fps))", "Fraction(math.floor(shown.begins * fps))"),
    ),
    *_faults(
        "sources/_retimed.py", ("tests/jobs/test_timing.py", "tests/jobs/test_timing_sources.py"),
        ("min(self._next, frame) if", "frame if"),
        ("there < self.allowed[0]", "there <= self.allowed[0]"),
    ),
    *_faults(
        "_jobs/arranged.py", ("tests/jobs/test_composition.py", "tests/jobs/test_looks.py"),
        ("math.isqrt(len(panels) - 1) + 1", "math.isqrt(len(panels)) + 1"),
    ),
    *_faults(
        "_plan/make.py", ("tests/plan/test_place.py",),
        ("fit, (top, left))", "fit, (left, top))"),
    ),
    *_faults(
        "_under/retimed.py", ("tests/jobs/test_timing.py", "tests/jobs/test_timing_sources.py"),
        ("at=sound.at + later", "at=sound.at - later"),
        ("skipped = int(picture == self._last)", "skipped = int(picture != self._last)"),
    ),
    # --- arithmetic ---------------------------------------------------------------------------
    *_faults(
        "_values/index.py", SCALAR,
        ("self.entries / span if span else 0.0", "(self.entries - 1) / span if span else 0.0"),
        ("rows[compared < self.vmin] =", "rows[compared <= self.vmin] ="),
        ("rows[compared > self.vmax] =", "rows[compared >= self.vmax] ="),
        ("return 1.0 if np.isfinite(high - low) else 0.5", "return 1.0"),
        ("itemsize <= 2", "itemsize <= 1"),
        ('dtype.kind in "iu" and dtype.itemsize == 4', 'dtype.kind == "u" and dtype.itemsize == 4'),
        ("np.isfinite(scale) and scale >= np.finfo(np.float32).tiny", "np.isfinite(scale)"),
        ("return np.float32 if float(vmin) == self.limits.vmin else np.float64",
         "return np.float32"),
    ),
    *_faults(
        "_values/index.py", WAYS,
        ("np.nextafter(self.working(self.entries), self.working(0))", "self.working(self.entries)"),
    ),
    *_faults(
        "_values/index.py", ("tests/color/test_matplotlib.py",),
        ("span or np.inf, dtype=np.float64).astype(np.float32)", "np.float32(span or np.inf))"),
    ),
    *_faults(
        "_values/index.py", LABELS,
        ("rows = (x % kind(own.cycle)", "rows = (np.float64(x) % kind(own.cycle)"),
        ("(x == np.trunc(x)) & (x >=", "(x >="),
        ("x >= -own.negative, own.base - 1 - x,", "x >= -own.negative, own.base + x,"),
    ),
    *_faults(
        "_color/palette.py", LABELS,
        ("again = max(1, colors - 1)", "again = max(1, colors)"),
        ("return -self.named % self.cycle", "return self.named % self.cycle"),
    ),
    *_faults(
        "_values/index.py", (*NORMS, *LOOKS),
        ("np.putmask(numbers, values > ends.vmax, np.inf)",
         "np.putmask(numbers, values >= ends.vmax, np.inf)"),
        ("(values < ends.vmin) & ~np.isnan(numbers)", "(values < ends.vmin)"),
        ("if bend.too_fine or (", "if ("),
        ("else float(bent >= high)", "else float(bent > high)"),
    ),
    *_faults(
        "_values/norms.py", ("tests/statistics/test_limits.py", *NORMS, *LOOKS),
        ("kind(linear) + far /", "kind(1) + far /"),
        ("kind(self.gamma))", "kind(1 / self.gamma))"),
        ("SYMLOG_THRESHOLD = 0.01", "SYMLOG_THRESHOLD = 0.02"),
        ("reach = max(", "reach = min("),
        ("return 2 * self.center - vmax, vmax", "return self.center - vmax, vmax"),
        ("np.log10(np.where(values > 0,", "np.log10(np.where(values >= 0,"),
        ("np.exp(-values)", "np.exp(values)"),
        ("Limits(1.0, 10.0)  # nothing", "Limits(0.0, 10.0)  # nothing"),
    ),
    *_faults(
        "_values/channels.py", ("tests/values/test_channels.py", *WAYS),
        ("(own > largest)", "(own >= largest)"),
        ("classes[...] = frames.argmax(-1)", "pass"),
        ("total /= total.dtype.type(frames.shape[-1])",
         "total /= total.dtype.type(frames.shape[-1] - 1)"),
        ("channel * channel", "abs(channel)"),
    ),
    *_faults(
        "_color/colorspace.py", (*COLOR, *WAYS),
        ("np.rint(colors * opacity[:, None] /", "np.floor(colors * opacity[:, None] /"),
        ("MATRIX_BITS = 20", "MATRIX_BITS = 16"),
        ("yuv[:, 0] = np.rint(yuv[:, 0])", "pass"),
        ("np.minimum(np.asarray(rgb, np.float64) @ matrix.T + offset, (1 << bits) - 1)",
         "np.asarray(rgb, np.float64) @ matrix.T + offset"),
        ("np.minimum(chroma, 255, out=chroma)", "pass"),
        ("np.rint(alpha * OPAQUE)", "np.floor(alpha * OPAQUE)"),
        ("np.rint(background)", "np.floor(background)"),
        ("0.2126, 0.7152, 0.0722", "0.2126, 0.7151, 0.0723"),
        ("total += offset + (1 << (bits - 1))", "total += offset + (1 << (bits - 1)) - 1"),
    ),
    # --- limits -------------------------------------------------------------------------------
    *_faults(
        "_values/limits.py",
        ("tests/values/test_norms.py", *LIMITS, "tests/jobs/test_render_limits.py"),
        ("current * (1 - self._weight) + own * self._weight",
         "current * self._weight + own * (1 - self._weight)"),
        ("RUNNING_HALF_LIFE_SECONDS = 1.0", "RUNNING_HALF_LIFE_SECONDS = 2.0"),
        ("else max(high, self.vmin)", "else high"),
        ("else min(low, self.vmax)", "else low"),
        ("finite = frame[np.isfinite(frame)]", "finite = frame[~np.isnan(frame)]"),
        ("scale = 1.0 if np.isfinite(values.max() - values.min()) else 2.0", "scale = 1.0"),
        ("Limits(0.0, 255.0)", "Limits(0.0, 256.0)"),
    ),
    *_faults(
        "_statistics/order.py", LIMITS,
        ('return digits[::-1] if kind == "f" and sign else digits', "return digits"),
        ('side="right"', 'side="left"'),
        ("return np.roll(digits, half)", "return digits"),
        ("self._counts[prefix] += counts", "self._counts[prefix] = counts"),
        ("below = below[below >> shift == prefix]", "pass"),
    ),
    *_faults(
        "_statistics/counts.py", LIMITS,
        ("self._widen(other.minimum, other.maximum)", "pass"),
        ("finite = tile[np.isfinite(tile)]", "finite = tile[~np.isnan(tile)]"),
        ("return low, min(low + 1, last)", "return low, low"),
        ("return high - difference * (1 - fraction)", "return low + difference * fraction"),
        ("low = farthest if farthest >= 0x8000", "low = farthest if farthest > 0x8000"),
        ("if math.isinf(difference):", "if False:"),
    ),
    *_faults(
        "_statistics/field_limits.py", (*LIMITS, *LOOKS),
        ("seen[~(seen > 0)] = np.nan", "seen[~(seen >= 0)] = np.nan"),
        ("vmax = own.vmax if vmax is None else vmax", "pass"),
        ("options.percentiles is None and options.scope", "options.scope"),
    ),
    *_faults(
        "_statistics/passes.py", (*LIMITS, *LOOKS),
        ("self.each[i].merge(other.each[i])", "self.each[i].merge(other.each[0])"),
        ("if not _refined(collector, every):", "if True:"),
    ),
    # --- sampling -----------------------------------------------------------------------------
    *_faults(
        "_values/sampling.py", SAMPLING,
        ("np.where(weight > 0, np.minimum", "np.where(weight >= 0, np.minimum"),
        ("np.where(weights == 0, first, taps)", "taps"),
        ("slice(start, size if stop == content_size else stop)", "slice(start, stop)"),
        ("start = (content - count) // 2", "start = (content - count + 1) // 2"),
        ("((field - extent) / 2, extent)", "(Fraction(0), extent)"),
        ("round(3 * sigma)", "round(2 * sigma)"),
        ("np.minimum(np.arange(size), content_size - 1)", "np.arange(size)"),
        ("if high - low > places.size and", "if high - low < places.size and"),
    ),
    *_faults(
        "_values/sampling.py", ("tests/contract/test_shrinking.py", *SAMPLING),
        ("np.where(weights == 0, first, cells)", "np.minimum(cells, size - 1)"),
        ("shares[0, low == high] = 1", "pass"),
        ("last=np.clip(end - 1, first,", "last=np.clip(end, first,"),
    ),
    *_faults(
        "backends/_numpy/values.py", (*SCALAR, *WAYS),
        ("bound = np.finfo(out.dtype).max / 4", "bound = np.finfo(out.dtype).max"),
        ("np.copyto(field, 0, where=np.isnan(given))", "pass"),
        ("spare[: stop - start]", "run"),
        ("np.rint(values, out=values)", "np.floor(values, out=values)"),
    ),
    *_faults(
        "backends/_numpy/rows.py", (*WAYS, "tests/backends/test_numpy.py"),
        ("(self._outlines - 1) // 2, self._outlines // 2",
         "self._outlines // 2, (self._outlines - 1) // 2"),
        ("(one == one) | (other == other)", "(one == one) & (other == other)"),
        ("index[height:] = index[height - 1 : height]  # the padding", "pass"),
        ("first, last = max(rows.start, band.start - after)",
         "first, last = max(rows.start, band.start)"),
    ),
    *_faults(
        "backends/_numpy/index.py", SCALAR,
        ("values.min() >= linear.vmin and", ""),
        ("self._fits_bytes = self._linear.entries <= 256", "self._fits_bytes = True"),
        ("within and not np.isnan(high)", "within"),
    ),
    # --- blending -----------------------------------------------------------------------------
    *_faults(
        "backends/_numpy/blends.py", WAYS,
        ("out += 127", "out += 128"),
        ("total += HALF", "total += HALF - 1"),
        ("isinstance(opacity, int) and opacity == OPAQUE", "isinstance(opacity, int)"),
    ),
    *_faults(
        "backends/_numpy/fronts.py", WAYS,
        ("values &= 4095", "values &= 2047"),
        ("np.minimum(total, 255 << 16, out=total)", "pass"),
        ("np.rint(np.multiply(transmission, level, out=part), out=part)",
         "np.multiply(transmission, level, out=part)"),
        ("return weakened(self._front.channel(i), self._mask, self._scratch)",
         "return self._front.channel(i)"),
    ),
    *_faults(
        "backends/_numpy/pixels.py", (*SCALAR, *WAYS),
        ("return np.uint32(4 * int(transmission))", "return np.uint32(3 * int(transmission))"),
        ("(table.transmission[:used] == table.transmission[0]).all()", "True"),
        ("self.paired = self._constant", "self.paired = True"),
        ("for plane, begin in ((cb, 0), (cr, HALF_WORD)):",
         "for plane, begin in ((cr, 0), (cb, HALF_WORD)):"),
    ),
    # --- numba --------------------------------------------------------------------------------
    *_faults(
        "backends/_numba/index.py", (*SCALAR, *WAYS),
        ("row = over if x > high else row", "row = over if x >= high else row"),
        ("row = under if x < vmin else row", "row = under if x <= vmin else row"),
        ("self._rows[np.isnan(bits.view(dtype))] = nan_row", "pass"),
        ("recipe.entries <= 256 and", "recipe.entries <= 300 and"),
    ),
    *_faults(
        "backends/_numba/index.py", LABELS,
        ("dtype.type(np.inf), dtype.type(2.0**30)", "dtype.type(np.inf), dtype.type(2.0**40)"),
        ("(np.uint64(x) - np.uint64(named)) % np.uint64(cycle)",
         "(np.uint32(x) - np.uint32(named)) % np.uint32(cycle)"),
        ("np.uint32(np.fmod(x, count)) + np.uint32(shift)", "np.uint32(np.fmod(x, count))"),
        ("if label >= 0 else base - np.int32(1) - label", "if label >= 0 else base + label"),
    ),
    *_faults(
        "backends/_numba/outlines.py", WAYS,
        ("back, ahead = (width - 1) // 2, width // 2",
         "back, ahead = width // 2, (width - 1) // 2"),
        ("min(height, r + back + 1)", "min(height, r + back)"),
        ("for i in range(min(back, width)):", "for i in range(0):"),
    ),
    *_faults(
        "backends/_numba/blocks.py", (*SCALAR, *WAYS),
        ("np.uint32(front + under) + np.uint32(HALF)", "np.uint32(front + under) + np.uint32(0)"),
        ("of_four = np.uint32(4 * transmission)", "of_four = np.uint32(3 * transmission)"),
        ("tc, td = transmission[below[j]],", "tc, td = transmission[above[j]],"),
    ),
    *_faults(
        "backends/_numba/paired.py", (*SCALAR, "tests/backends/test_numba_pairs.py"),
        ("np.uint8(not (x >= low and x <= high))", "np.uint8(x < low or x > high)"),
        ("of_four = np.uint32(4 * transmission)", "of_four = np.uint32(3 * transmission)"),
        ("return r + done", "return height"),
    ),
    *_faults(
        "backends/_numba/fronts.py", WAYS,
        ("(np.uint32(part + np.uint32(HALF)) >> np.uint32(16))",
         "(np.uint32(part) >> np.uint32(16))"),
        ("value = np.float32(0) if value != value else value", "value = value"),
        ("np.int32(OPAQUE) - scaled(np.int32(OPAQUE) - line[i], share[i])", "line[i]"),
    ),
    *_faults(
        "backends/_numba/blends.py", WAYS,
        ("np.uint32(255), np.uint32(127)", "np.uint32(255), np.uint32(128)"),
        ("out[r * width + width - 1] = out[r * width + seen - 1]", "pass"),
        ("out[whole * step] = min(", "out[whole * step] = max("),
    ),
    *_faults(
        "backends/_numba/values.py", (*SCALAR, *WAYS),
        ("if magnitude >= np.uint32(0x7C00):", "if magnitude > np.uint32(0x7C00):"),
        ("value *= np.float32(2.0**112)", "value *= np.float32(2.0**111)"),
        ("frame[min(max(r + tap - radius, 0), height - 1)]",
         "frame[min(max(r + tap - radius, 0), height - 2)]"),
    ),
    *_faults(
        "backends/_numba/resampling.py", WAYS,
        ("total += (line[taps[1, i]] - value) * weights[1, i]",
         "total += (line[taps[1, i]] - value) * weights[2, i]"),
    ),
    *_faults(
        "backends/_numba/breaks.py", BREAKS,
        ("row = top if x == np.inf else row", "row = row"),
        ("np.uint32(starts[bucket] <= x)", "np.uint32(starts[bucket] < x)"),
        ("other if starts[other - 1] <= x else place", "other if starts[other - 1] < x else place"),
        ("x = starts.dtype.type(line[i]) + zero\n                place = buckets",
         "x = starts.dtype.type(line[i])\n                place = buckets"),
    ),
    # --- CUDA ---------------------------------------------------------------------------------
    *_faults(
        "backends/_cuda/index.cu", (*SCALAR, *WAYS, "tests/contract/test_contract_norms.py"),
        ("row = x > p.vmax ? entries + 1 : row;", "row = x >= p.vmax ? entries + 1 : row;"),
        ("lookup.starts[middle] > x;", "lookup.starts[middle] >= x;"),
    ),
    *_faults(
        "backends/_cuda/values.cu", (*SCALAR, *WAYS, "tests/contract/test_contract_norms.py"),
        ("if (!(widened(next) <= widened(best)))", "if (!(widened(next) < widened(best)))"),
        ("(-1e9 < size && size < 1e9)", "(-1e9 <= size && size < 1e9)"),
        ("first != between->first || second != between->second", "first != between->first"),
        ("return HEAT_PADDED ? least(y, (int)job.content_height - 1) : y;", "return y;"),
    ),
    *_faults(
        "backends/_cuda/shading.cu", (*SCALAR, *WAYS, "tests/contract/test_contract_norms.py"),
        ("front->through = FULL - scaled(FULL - front->through, mask);", ""),
        ("(front * behind + 127) / 255", "(front * behind + 128) / 255"),
    ),
    *_faults(
        "backends/_cuda/colors.cu", (*SCALAR, *WAYS, "tests/contract/test_contract_norms.py"),
        ("(int)rintf(smaller(", "(int)floorf(smaller("),
        ("row == 257 ? 255 : 0", "row == 256 ? 255 : 0"),
    ),
    *_faults(
        "backends/_cuda/heat.cu", (*SCALAR, *WAYS, "tests/contract/test_contract_norms.py"),
        ("low = own - width / 2, high = own + (width - 1) / 2",
         "low = own - (width - 1) / 2, high = own + width / 2"),
        ("job.tables + number * job.table_stride", "job.tables"),
        ("least((int)own + tap - radius, size - 1)", "least((int)own + tap - radius, size - 2)"),
    ),
    *_faults(
        "backends/_cuda/index.cu", LABELS,
        ("small ? (u32)x % (u32)lookup.cycle", "true ? (u32)x % (u32)lookup.cycle"),
        ("(int)((rest + (u32)lookup.shift) %", "(int)(rest %"),
    ),
    # --- canvases of 10 bits, of an alpha, of a palette ---------------------------------------
    *_faults(
        "backends/_numpy/straight.py", CANVASES,
        ("weights[unseen] = 4", "weights[unseen] = 1"),
        ("(totals + (weights << 15)) // (weights << 16)", "totals // (weights << 16)"),
        ("own *= (1 << canvas.bits) - 1", "own *= 255"),
    ),
    *_faults(
        "backends/_numpy/deep.py", CANVASES,
        ("shift = fraction + down + across", "shift = fraction + 2 * down"),
    ),
    *_faults(
        "backends/_numba/straight.py", CANVASES,
        ("if a == b and a == c and a == d:", "if a == b and a == c:"),
        ("(weight << np.uint64(15))", "(weight << np.uint64(14))"),
    ),
    *_faults("backends/_numba/deep.py", CANVASES, ("(r + down - 1) * stride", "r * stride")),
    *_faults(
        "backends/_cuda/straight.cu", CANVASES,
        ("if (!weight) return", "if (weight < 3) return"),
        ("seen[i].opacity = (int)scaled(seen[i].opacity, mask);", ""),
    ),
    *_faults("backends/_cuda/deep.cu", CANVASES, ("- DEEP_BITS + more)", "- DEEP_BITS + 2)")),
    *_faults(
        "_plan/tile.py", ("tests/plan/test_palette.py",),
        ("field.complete or field.value_dtype.kind", "field.value_dtype.kind"),
    ),
    # --- what is drawn ------------------------------------------------------------------------
    *_faults(
        "_color/ink.py", ("tests/color/test_ink.py",),
        ("np.uint16(FULL // 2), divisor)", "np.uint16(0), divisor)"),
        ("back = (FULL - self._shares) * opacity", "back = (FULL - self._shares)"),
        ("where=front > 0, ", ""),
    ),
    *_faults(
        "_layout/tick_places.py", ("tests/layout/test_ticks.py",),
        ("if abs(middle) / span >= _FAR:", "if False:"),
        ("stride = (available - 1) // (count - 1)", "stride = available // count"),
        ("stride = max(total // (MOST_SYMLOG - 1), 1)", "stride = 1"),
    ),
    *_faults(
        "_layout/tick_texts.py", ("tests/layout/test_ticks.py",),
        ("largest = span if offset else sizes.max()", "largest = sizes.max()"),
        ("if powers > 1:", "if powers > 2:"),
    ),
    *_faults(
        "_layout/sides.py", ("tests/layout/test_colorbar.py",),
        ("return pixels[::-1] if self.upright", "return pixels if self.upright"),
    ),
    *_faults(
        "_layout/moving_text.py", ("tests/layout/test_captions.py",),
        ("            self.ground.lay(self.canvas, frame)", "            pass"),
        ("font = font.at(font.size - 1)", "break"),
    ),
    *_faults(
        "_layout/arrange.py", ("tests/layout/test_places.py",),
        ("rim = 0 if taken[place] else even(self._pad / 2)", "rim = 0"),
    ),
    *_faults(
        "_layout/frame_pieces.py", ("tests/layout/test_places.py",),
        ('place if "-" in place else f"{place}-middle"', "place"),
    ),
    *_faults(
        "_layout/composition.py", ("tests/layout/test_places.py",),
        ("better / _CLOSE if tried and better > factor else better", "better / _CLOSE"),
    ),
    # --- batches ------------------------------------------------------------------------------
    *_faults(
        "_batch/marks.py", BATCHES,
        ('if mark["seal"] != _seal(spec.output):', "if False:"),
        ('or mark.get("identity") != spec.identity', ""),
    ),
    *_faults(
        "_batch/identity.py", BATCHES,
        ("status.st_size, status.st_mtime_ns", "status.st_size, 0"),
    ),
    *_faults(
        "_batch/limits.py", BATCHES,
        ("            own.merge(other)", "            pass"),
    ),
    *_faults(
        "_batch/stopping.py", BATCHES,
        ("or batch in _given_up", ""),
    ),
    *_faults(
        "_batch/planning.py", ("tests/batch/test_planning.py",),
        ("ordered[which - 1 :: parts]", "ordered[which::parts]"),
        ("not (resume and marks.is_marked(spec.output))", "not resume"),
    ),
    *_faults(
        "_encode/runs.py", ("tests/batch/test_runs.py",),
        ('and found["run"] not in living', ""),
        ("and age < _ABANDONED_SECONDS", ""),
    ),
    # --- what outputs say, and their colours ----------------------------------------------------
    *_faults(
        "_encode/appended.py", ("tests/jobs/test_made.py",),
        ("(4 + len(_BOX) + len(text))", "(len(_BOX) + len(text))"),
        ("    file.seek(-1, os.SEEK_END)\n    file.write(_GIF", "    file.write(_GIF"),
    ),
    *_faults(
        "_encode/gif_colors.py", ("tests/encode/test_gif.py",),
        ("        if widest.spread == 0:\n            break\n", ""),
        ("_joined(rgb >> _CUT, _BITS)", "_joined(rgb >> _CUT, 8) % _CELLS"),
    ),
    *_faults(
        "sources/_frame_zip.py", ("tests/sources/test_zip.py",),
        ('series != {"arr_#.npy"}', "bool(series)"),
    ),
    # --- one long video -----------------------------------------------------------------------
    *_faults(
        "_video/seeking.py", ("tests/video/test_seeking.py",),
        ("done.returncode or done.stderr or not", "done.returncode or not"),
        ("(times[picture] - first) * unit", "(times[picture - 1] - first) * unit"),
    ),
    *_faults(
        "_jobs/segment.py", SEGMENTS,
        ("[one.fresh() for one in segment.counting]", "list(segment.counting)"),
        ("field.finder.of_frames(batch.data)", "field.finder.of_frames(batch.data[::-1])"),
    ),
    *_faults(
        "_jobs/segment.py", SEGMENTS_COMPOSED,
        ("feed.part(self.frames, self.known)", "feed.part(self.frames)"),
    ),
    *_faults(
        "_jobs/source_feed.py", SEGMENTS_COMPOSED,
        ("        self._clock = self.clock  # that of all\n", ""),
        ("            self.finder.complete = own.complete\n", ""),
        ("            if not begun:", "            if False:"),
    ),
    *_faults(
        "_options/record.py", ("tests/jobs/test_made_composed.py",),
        ("return name in FILES and isinstance(value, str)", "return False"),
        ("name not in over and name not in _PANELS", "name not in over"),
    ),
    *_faults(
        "_jobs/meant.py", ("tests/jobs/test_made_composed.py",),
        ("not of_colours", "False"),
    ),
    *_faults(
        "_layout/composition.py", ("tests/layout/test_places.py",),
        ("<= 1:\n                raise", "> 0:\n                raise"),
    ),
    *_faults(
        "_jobs/composed.py", SEGMENTS_COMPOSED,
        ("self.length, self.first = len(frames), self.first + frames.start",
         "self.length = len(frames)"),
    ),
    *_faults(
        "_jobs/known_apart.py", SEGMENTS_COMPOSED,
        ("measured([fields[i] for i in group])", "measured([fields[group[0]]])"),
    ),
    *_faults(
        "_jobs/sending.py", SEGMENTS_COMPOSED,
        ("{**source.options, **_files(source.options)}", "source.options"),
    ),
    *_faults(
        "_jobs/segments.py", SEGMENTS,
        ("min(count, length // FEWEST)", "min(count, length)"),
        ("detail(_first_frame(feed, plan), settings.canvas) if", "None if"),
    ),
    *_faults(
        "_encode/joined.py", SEGMENTS,
        ("{(end - begin) / 1e6:.6f}", "{(end - begin) / 1e6:.3f}"),
        (", *tag_options(settings.canvas)", ""),
    ),
    *_faults(
        "backends/_numba/meanwhile.py", ("tests/backends/test_numba_meanwhile.py",),
        ("self._waits = not self._few and can_start()", "self._waits = can_start()"),
        ("            self._waits = False\n        finally:", "            pass\n        finally:"),
    ),
    # --- compositions -------------------------------------------------------------------------
    *_faults(
        "backends/_composed.py", COMPOSED,
        ("        self._plan.clean(frames)\n", ""),
    ),
    *_faults(
        "backends/_composed.py", ("tests/backends/test_cuda_composed.py",),
        ("            slot.frames[...] = _placed_in(slot)", "            pass"),
        ("        while self._made:", "        while False:"),
    ),
    *_faults(
        "_jobs/shared_limits.py", COMPOSED,
        ("groups[i if options.own_limits else _quantity(feed)]", "groups[i]"),
        ("min(low for low, _ in limits)", "max(low for low, _ in limits)"),
    ),
    *_faults(
        "_jobs/in_step.py", COMPOSED,
        ("own = (field.rate or field.options.fps or Fraction(1)) * field.step",
         "own = fastest.rate or Fraction(1)"),
    ),
    *_faults(
        "_jobs/composed.py", COMPOSED,
        ("                feed.demand_ended(frames)\n", "                pass\n"),
    ),
    *_faults(
        "sources/_difference.py", ("tests/cli/test_compare.py",),
        ("np.subtract(second, first,", "np.subtract(first, second,"),
        ("        made.opened = closing.pop_all()\n", ""),
        ("if own < other:", "if own > other:"),
    ),
    # --- the ring -----------------------------------------------------------------------------
    *_faults(
        "_jobs/turns.py", RING,
        ("if later < unread:", "if later <= unread:"),
        ("self._failure = self._failure or failure", "self._failure = failure"),
        ("            self.raise_failure()\n            with suppress(Empty):\n"
         "                slot = self.free.get(timeout=_POLL_SECONDS)\n"
         "                self.raise_failure()\n",
         "            with suppress(Empty):\n"
         "                slot = self.free.get(timeout=_POLL_SECONDS)\n"),
        ("        turn.rendering.acquire()\n        since", "        since"),
        ("self._backend.wait(turn.slot)", "pass"),
        ("self.written += len(frames)", "self.written += 1"),
        ("unread = self._sink.unread if", "unread = 0 if"),
    ),
    *_faults(
        "_jobs/ring.py", (*RING, "tests/jobs/test_writer.py"),
        ("        steps.callback(sink.kill)\n", ""),
        ("        steps.callback(sink.abort)\n", ""),
        ("slots >= _FEWEST_TO_LEND", "True"),
        ("if os.getpid() != owner:", "if False:"),
        ("            self.abort()\n            raise", "            raise"),
    ),
]  # fmt: skip
