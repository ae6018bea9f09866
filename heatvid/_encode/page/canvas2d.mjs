// Paints frames pixel by pixel, where there is no WebGL 2.

import { NUMBERED, paintOf, rowsOfCodes, shownPlace } from "./painting.mjs";
import { pixelOf } from "./pictures.mjs";
import { IS_NONE, IS_OVER, IS_UNDER } from "./readings.mjs";
import { rowAt } from "./tables.mjs";
import { valueAt, place } from "./norms.mjs";

const MIXES = {
  over: (c) => c,
  multiply: (c, b) => Math.floor((c * b + 127) / 255),
  screen: (c, b) => 255 - Math.floor(((255 - c) * (255 - b) + 127) / 255),
  lighten: (c, b) => Math.max(c, b),
  darken: (c, b) => Math.min(c, b),
  add: (c, b) => Math.min(255, c + b),
};

export class CanvasPainter {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d", { willReadFrequently: true });
  }

  fit(layout) {
    const { width, height, color } = layout;
    this.layout = layout;
    Object.assign(this.canvas, { width, height });
    this.image = this.pen.createImageData(width, height);
    for (let at = 0; at < this.image.data.length; at += 4) this.image.data.set([...color, 255], at);
  }

  paint(frames, pictures) {
    for (const tile of this.layout.tiles) this.paintTile(tile, frames[tile.field.number], pictures[tile.under]);
    this.pen.putImageData(this.image, 0, 0);
  }

  paintTile(tile, frame, picture) {
    const { field, shown, area } = tile;
    const paint = paintOf(field, shown);
    const rowOf = rowsOf(tile, frame, paint, shown.smooth && paint.mode !== NUMBERED);
    const mix = MIXES[shown.blend];
    const { data } = this.image;
    const under = new Float64Array(tile.color);
    for (let y = 0; y < area.height; y++) {
      let at = 4 * ((area.top + y) * this.layout.width + area.left);
      for (let x = 0; x < area.width; x++, at += 4) {
        if (picture) pixelOf(picture, x, y, under);
        const row = rowOf(x, y);
        const opacity = row < 0 ? 0 : paint.rows[4 * row + 3] / 255;
        for (let i = 0; i < 3; i++) {
          const below = Math.min(255, Math.max(0, under[i]));
          const above = row < 0 ? 0 : mix(paint.rows[4 * row + i], below);
          data[at + i] = Math.floor(below + (above - below) * opacity + 0.5);
        }
      }
    }
  }

  color(x, y) {
    return [...this.pen.getImageData(x, y, 1, 1).data];
  }
}

// The row of a pixel of a tile; -1 where the field does not reach.
function rowsOf(tile, frame, paint, smooth) {
  const { field } = tile;
  const columns = samplesOf(tile, "left", "width", smooth);
  const lines = samplesOf(tile, "top", "height", smooth);
  const found = smooth ? smoothRow(field, frame, paint) : plainRow(field, frame, paint);
  return (x, y) => (columns[x] && lines[y] ? found(columns[x], lines[y]) : -1);
}

function plainRow(field, frame, paint) {
  const rows = rowsOfCodes(field, paint);
  return ({ first: x }, { first: y }) => {
    const mark = field.markAt(frame, x, y);
    return rows[mark ? field.levels + mark - 1 : field.codeAt(frame, x, y)];
  };
}

function smoothRow(field, frame, paint) {
  const at = mixable(field, paint);
  const placeOf = mixed(field, paint);
  const sample = (x, y) => at(field.markAt(frame, x, y), field.codeAt(frame, x, y));
  const along = (column, y) => {
    const near = sample(column.first, y);
    return column.weight ? near + (sample(column.second, y) - near) * column.weight : near;
  };
  return (column, line) => {
    const near = along(column, line.first);
    const far = line.weight ? (along(column, line.second) - near) * line.weight : 0;
    return rowAt(placeOf(near + far), paint.entries);
  };
}

// Numbers between which is mixed: stored places, or the values where places are bent.
function mixable(field, paint) {
  const { norm, limits } = field.scale;
  const beyond = 0.5 / field.levels;
  return (mark, code) => {
    if (mark === IS_NONE) return NaN;
    const stored = mark === IS_UNDER ? -beyond : mark === IS_OVER ? 1 + beyond : field.placeOf(code);
    return paint.from === undefined ? valueAt(norm, limits, stored) : stored;
  };
}

function mixed(field, paint) {
  if (paint.from !== undefined) return (stored) => shownPlace(paint, field, stored);
  return (value) => place(paint.norm, paint.limits, value);
}

// For each pixel of an axis of a tile, the samples of the field around it, and the second's weight.
function samplesOf({ area, box, part, field }, start, size, smooth) {
  const count = field[size];
  const inside = (k) => Math.min(count - 1, Math.max(0, k));
  return Array.from({ length: area[size] }, (_, pixel) => {
    const i = pixel - box[start];
    if (i < 0 || i >= box[size]) return null;
    const at = part[start] + ((i + 0.5) * part[size]) / box[size];
    if (!smooth) return { first: inside(Math.floor(at)), weight: 0 };
    const centre = Math.min(count - 1, Math.max(0, at - 0.5));
    const first = Math.floor(centre);
    return { first, second: inside(first + 1), weight: centre - first };
  });
}
