// Values of decoded frames: of a pixel, of rectangles, and how often each occurs.

import { isNumbered, valueAt } from "./norms.mjs";

const MARK = 85; // between two marks: 0 is a value, then under, over, none
export const IS_UNDER = 1;
export const IS_OVER = 2;
export const IS_NONE = 3;

// How values lie in frames, as planes.py lays them.
export class Field {
  constructor(told) {
    Object.assign(this, told, told.planes);
    const { norm, limits, bits } = this.scale;
    this.levels = 2 ** bits;
    this.deep = bits === 16;
    this.markRow = this.rows * (this.deep ? 2 : 1);
    this.step = isNumbered(norm) ? 1 : (valueAt(norm, limits, 1) - valueAt(norm, limits, 0)) / this.levels;
  }

  codeAt({ luma, stride }, x, y) {
    const high = luma[y * stride + x];
    return this.deep ? 256 * high + luma[(y + this.rows) * stride + x] : high;
  }

  markAt({ luma, stride }, x, y) {
    return this.marked ? Math.round(luma[(y + this.markRow) * stride + x] / MARK) : 0;
  }

  // The place on the scale that is stored: the middle of those that the code stands for.
  placeOf(code) {
    return (code + 0.5) / this.levels;
  }

  valueOf(code) {
    const { norm, limits } = this.scale;
    return isNumbered(norm) ? code : valueAt(norm, limits, this.placeOf(code));
  }

  // NaN where there is none; infinite beyond the limits, where only that is known.
  valueAt(frame, x, y) {
    const mark = this.markAt(frame, x, y);
    if (mark) return [NaN, -Infinity, Infinity, NaN][mark];
    return this.valueOf(this.codeAt(frame, x, y));
  }

  contains(x, y) {
    return x >= 0 && y >= 0 && x < this.width && y < this.height;
  }

  // The pixel, or the rectangle, that lies here where one of another tile's field does.
  own({ x, y, left, top, right, bottom, tile: { field } }) {
    const [wide, high] = [this.width / field.width, this.height / field.height];
    return {
      x: Math.floor((x + 0.5) * wide),
      y: Math.floor((y + 0.5) * high),
      left: Math.floor(left * wide),
      top: Math.floor(top * high),
      right: Math.ceil(right * wide),
      bottom: Math.ceil(bottom * high),
    };
  }

  // Mean, least and largest of the values in a rectangle; what is no value is left out.
  summaryOf(frame, { left, top, right, bottom }) {
    let [sum, count, low, high] = [0, 0, Infinity, -Infinity];
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const value = this.valueAt(frame, x, y);
        if (!Number.isFinite(value)) continue;
        sum += value;
        count++;
        if (value < low) low = value;
        if (value > high) high = value;
      }
    }
    return count ? [sum / count, low, high] : [NaN, NaN, NaN];
  }

  // How often values occur, in bins of equal places.
  histogramOf(frame, bins = 128) {
    const counts = new Uint32Array(bins);
    const shift = this.scale.bits - Math.log2(bins);
    for (let y = 0; y < this.height; y++) {
      for (let x = 0; x < this.width; x++) {
        if (!this.markAt(frame, x, y)) counts[this.codeAt(frame, x, y) >> shift]++;
      }
    }
    return counts;
  }
}
