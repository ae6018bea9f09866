// Tables of colours: N of them, then those of values under and over the limits, and of none.

import { place } from "./norms.mjs";

export const UNDER = 0;
export const OVER = 1;
export const BAD = 2;

// A table as the page holds it: four bytes a row, in base64.
export function tableOf({ name, colors }) {
  const bytes = Uint8Array.from(atob(colors), (letter) => letter.charCodeAt(0));
  return { name, rows: bytes, entries: bytes.length / 4 - 3 };
}

// Which row a place has.
export function rowAt(at, entries) {
  if (Number.isNaN(at)) return entries + BAD;
  if (at < 0) return entries + UNDER;
  if (at > 1) return entries + OVER;
  return Math.min(Math.floor(at * entries), entries - 1);
}

// The rows as they are laid over what is under them: with all opacities in their fourth byte.
export function shownRows(table, { alpha, ramp, bad, norm, limits }) {
  const rows = table.rows.slice();
  if (bad) rows.set(bad, (table.entries + BAD) * 4);
  const low = ramp && place(norm, limits, ramp[0]);
  const high = ramp && place(norm, limits, ramp[1]);
  for (let row = 0; row < table.entries + 3; row++) {
    const own = ramp ? rampAt(rowPlace(row, table.entries), low, high) : 1;
    rows[row * 4 + 3] = Math.round(rows[row * 4 + 3] * alpha * own);
  }
  return rows;
}

function rowPlace(row, entries) {
  if (row === entries + BAD) return NaN;
  return row < entries ? (row + 0.5) / entries : row - entries;
}

function rampAt(at, low, high) {
  if (Number.isNaN(at)) return 1;
  if (high <= low) return at >= low ? 1 : 0;
  return Math.min(1, Math.max(0, (at - low) / (high - low)));
}
