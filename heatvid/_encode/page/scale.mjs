// The scale of stored values, coloured as they are shown: its two handles are the limits.

import { limitOfValue, place, valueAt, valueOfLimit } from "./norms.mjs";
import { paintOf, shownPlace } from "./painting.mjs";
import { drawHistogram, penOf, spelled, ticksBetween } from "./plots.mjs";
import { rowAt } from "./tables.mjs";

export class Scale {
  // `limited` takes new limits as they are dragged.
  constructor(root, field, limited) {
    Object.assign(this, { root, field, limited });
    this.part = (name) => root.querySelector(`.${name}`);
    this.handles = [...root.querySelectorAll(".handle")];
    this.handles.forEach((handle, i) => {
      handle.onpointerdown = (event) => handle.setPointerCapture(event.pointerId);
      handle.onpointermove = (event) => {
        if (handle.hasPointerCapture(event.pointerId)) this.move(i, this.stored(event.clientX));
      };
      handle.onkeydown = (event) => {
        const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[event.key];
        if (!step) return;
        event.preventDefault();
        event.stopPropagation();
        this.nudge(i, (step * (event.shiftKey ? 10 : 1)) / 100);
      };
    });
  }

  stored(clientX) {
    const { left, width } = this.part("bar").getBoundingClientRect();
    return Math.min(1, Math.max(0, (clientX - left) / width));
  }

  placeOf(value) {
    const { norm, limits } = this.field.scale;
    const at = place(norm, limits, value);
    return Number.isNaN(at) ? 0 : Math.min(1, Math.max(0, at));
  }

  handleAt(which) {
    return this.placeOf(valueOfLimit(this.look.norm, this.look.limits[which]));
  }

  nudge(which, by) {
    this.move(which, Math.min(1, Math.max(0, this.handleAt(which) + by)));
  }

  move(which, stored) {
    const { norm, limits } = this.field.scale;
    const wished = [...this.look.limits];
    wished[which] = limitOfValue(this.look.norm, valueAt(norm, limits, stored));
    if (wished[0] < wished[1]) this.limited(wished);
  }

  draw(look, units) {
    this.look = look;
    const { pen, width, height } = penOf(this.part("bar"));
    const paint = paintOf(this.field, { ...look, alpha: 1 });
    for (let x = 0; x < width; x++) {
      const row = 4 * rowAt(shownPlace(paint, this.field, (x + 0.5) / width), paint.entries);
      pen.fillStyle = `rgb(${paint.rows.slice(row, row + 3).join()})`;
      pen.fillRect(x, 0, 1, height);
    }
    this.handles.forEach((handle, i) => {
      handle.style.left = `${100 * this.handleAt(i)}%`;
      handle.setAttribute("aria-valuenow", String(look.limits[i]));
      handle.setAttribute("aria-valuetext", `${spelled(look.limits[i])} ${units}`);
    });
    this.drawTicks();
  }

  drawTicks() {
    const { pen, width, height, ink } = penOf(this.part("ticks"));
    const { norm, limits } = this.field.scale;
    pen.fillStyle = ink("quiet");
    pen.strokeStyle = ink("quiet");
    pen.textBaseline = "bottom";
    let free = -Infinity;
    for (const value of this.ticks(norm, limits).filter(Number.isFinite)) {
      const x = this.placeOf(value) * width;
      const text = spelled(value);
      const half = pen.measureText(text).width / 2;
      const centre = Math.min(width - half, Math.max(half, x));
      if (centre - half < free) continue;
      free = centre + half + 8;
      pen.fillRect(Math.min(width - 1, x), 0, 1, 4);
      pen.textAlign = "center";
      pen.fillText(text, centre, height);
    }
  }

  // Round values; of a bent scale those of its places, shortened, and so not quite as even.
  ticks(norm, limits) {
    if (["linear", "centered", "power", "symlog"].includes(norm.kind)) return ticksBetween(...limits, 6);
    const digits = norm.kind === "log" ? 1 : 2;
    return [0, 0.2, 0.4, 0.6, 0.8, 1].map((at) => Number(valueAt(norm, limits, at).toPrecision(digits)));
  }

  drawCounts(counts) {
    drawHistogram(this.part("counts"), counts);
  }
}
