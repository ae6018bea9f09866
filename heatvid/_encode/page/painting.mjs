// What a painter is told of the colours: by both kinds, so that they paint the same.

import { areEven, isNumbered, isStraight, place, settled, valueAt, valueOfLimit } from "./norms.mjs";
import { BAD, OVER, UNDER, rowAt, shownRows } from "./tables.mjs";

export const NUMBERED = 0; // codes are rows
export const EVEN = 1; // places are those stored, moved and scaled
export const BENT = 2; // places are found by way of the values

// How stored places become those shown, and the rows of the table.
export function paintOf(field, look) {
  const { scale } = field;
  const norm = settled(look.norm, look.limits);
  const rows = shownRows(look.table, { ...look, norm });
  const paint = { rows, entries: look.table.entries, norm, limits: look.limits, mode: BENT };
  if (isNumbered(scale.norm)) return { ...paint, mode: NUMBERED };
  const even = areEven(scale.norm, scale.limits, norm, look.limits);
  if (!even || (look.smooth && !isStraight(norm))) return paint;
  const [from, to] = look.limits.map((limit) =>
    place(scale.norm, scale.limits, valueOfLimit(norm, limit)),
  );
  return { ...paint, mode: EVEN, from, span: to - from };
}

// The place shown of one that is stored.
export function shownPlace(paint, field, stored) {
  if (paint.mode === EVEN) return paint.span > 0 ? (stored - paint.from) / paint.span : flat(stored - paint.from);
  const { norm, limits } = field.scale;
  return place(paint.norm, paint.limits, valueAt(norm, limits, stored));
}

const flat = (beyond) => (beyond < 0 ? -1 : beyond > 0 ? 2 : 0);

// The row of each code, then those of marks.
export function rowsOfCodes(field, paint) {
  const rows = new Int32Array(field.levels + 3);
  for (let code = 0; code < field.levels; code++) rows[code] = rowOfCode(field, paint, code);
  for (const row of [UNDER, OVER, BAD]) rows[field.levels + row] = paint.entries + row;
  return rows;
}

function rowOfCode(field, paint, code) {
  if (paint.mode === NUMBERED) return code < paint.entries ? code : paint.entries + OVER;
  return rowAt(shownPlace(paint, field, field.placeOf(code)), paint.entries);
}

// The same as colours.
export function codeColors(field, paint) {
  const all = new Uint32Array(paint.rows.buffer);
  return new Uint8Array(Uint32Array.from(rowsOfCodes(field, paint), (row) => all[row]).buffer);
}
