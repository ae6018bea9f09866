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
  constructor(canvas, field, layout) {
    Object.assign(this, { canvas, field, layout });
    this.pen = canvas.getContext("2d", { willReadFrequently: true });
  }

  fit(layout) {
    this.layout = layout;
    Object.assign(this.canvas, { width: layout.width, height: layout.height });
    this.image = this.pen.createImageData(layout.width, layout.height);
  }

  paint(frame, picture, look) {
    const paint = paintOf(this.field, look);
    const rowOf = this.rowsOf(frame, paint, look.smooth && paint.mode !== NUMBERED);
    const mix = MIXES[look.blend];
    const { width, height } = this.layout;
    const { data } = this.image;
    const under = new Float64Array(3);
    under.set(this.layout.color);
    for (let y = 0, at = 0; y < height; y++) {
      for (let x = 0; x < width; x++, at += 4) {
        if (picture) pixelOf(picture, x, y, under);
        const row = rowOf(x, y);
        const opacity = row < 0 ? 0 : paint.rows[4 * row + 3] / 255;
        for (let i = 0; i < 3; i++) {
          const below = Math.min(255, Math.max(0, under[i]));
          const above = row < 0 ? 0 : mix(paint.rows[4 * row + i], below);
          data[at + i] = Math.floor(below + (above - below) * opacity + 0.5);
        }
        data[at + 3] = 255;
      }
    }
    this.pen.putImageData(this.image, 0, 0);
  }

  // The row of a pixel of the canvas; -1 where the field does not reach.
  rowsOf(frame, paint, smooth) {
    const columns = samplesOf(this.layout, this.field, "x", smooth);
    const lines = samplesOf(this.layout, this.field, "y", smooth);
    const found = smooth ? this.smoothRow(frame, paint) : this.plainRow(frame, paint);
    return (x, y) => (columns[x] && lines[y] ? found(columns[x], lines[y]) : -1);
  }

  plainRow(frame, paint) {
    const { field } = this;
    const rows = rowsOfCodes(field, paint);
    return ({ first: x }, { first: y }) => {
      const mark = field.markAt(frame, x, y);
      return rows[mark ? field.levels + mark - 1 : field.codeAt(frame, x, y)];
    };
  }

  smoothRow(frame, paint) {
    const { field } = this;
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

  color(x, y) {
    return [...this.pen.getImageData(x, y, 1, 1).data];
  }
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

// For each pixel of an axis of the canvas, the samples of the field around it, and the second's weight.
export function samplesOf({ box, part, width, height }, field, axis, smooth) {
  const across = axis === "x";
  const [begin, size] = across ? [box.left, box.width] : [box.top, box.height];
  const [offset, extent] = across ? [part.left, part.width] : [part.top, part.height];
  const count = across ? field.width : field.height;
  const inside = (k) => Math.min(count - 1, Math.max(0, k));
  return Array.from({ length: across ? width : height }, (_, i) => {
    if (i < begin || i >= begin + size) return null;
    const at = offset + ((i - begin + 0.5) * extent) / size;
    if (!smooth) return { first: inside(Math.floor(at)), weight: 0 };
    const centre = Math.min(count - 1, Math.max(0, at - 0.5));
    const first = Math.floor(centre);
    return { first, second: inside(first + 1), weight: centre - first };
  });
}
