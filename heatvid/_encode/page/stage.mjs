// The picture under the pointer: what is read there, points that are pinned, a rectangle.

import { penOf } from "./plots.mjs";

const CLICK = 5; // pixels that a pointer may move in a click

export class Stage extends EventTarget {
  constructor(root, field, layout) {
    super();
    Object.assign(this, { root, field, layout, pin: null, area: null, hovered: null });
    const { width, height } = layout;
    root.style.aspectRatio = `${width} / ${height}`;
    root.style.maxWidth = `${(72 * width) / height}vh`;
    this.marks = root.querySelector(".marks");
    root.onpointerdown = (event) => this.down(event);
    root.onpointermove = (event) => this.moved(event);
    root.onpointerup = (event) => this.up(event);
    root.onpointercancel = () => (this.pressed = null);
    root.onpointerleave = () => this.hover(null);
  }

  // The pixel of the field that is shown there, or null.
  pixelAt({ clientX, clientY }) {
    const frame = this.marks.getBoundingClientRect();
    const { box, part, width, height } = this.layout;
    const across = ((clientX - frame.left) / frame.width) * width - box.left;
    const down = ((clientY - frame.top) / frame.height) * height - box.top;
    const x = Math.floor(part.left + (across * part.width) / box.width);
    const y = Math.floor(part.top + (down * part.height) / box.height);
    return this.field.contains(x, y) ? { x, y } : null;
  }

  // Where a corner of a pixel of the field lies, in pixels of the stage.
  cornerOf(x, y) {
    const { box, part, width, height } = this.layout;
    const { clientWidth, clientHeight } = this.marks;
    return [
      ((box.left + ((x - part.left) * box.width) / part.width) / width) * clientWidth,
      ((box.top + ((y - part.top) * box.height) / part.height) / height) * clientHeight,
    ];
  }

  // The pixel of the canvas in the middle of one of the field.
  drawnAt(x, y, { box, part }) {
    return [
      Math.floor(box.left + ((x + 0.5 - part.left) * box.width) / part.width),
      Math.floor(box.top + ((y + 0.5 - part.top) * box.height) / part.height),
    ];
  }

  down(event) {
    if (event.button) return;
    this.pressed = { at: [event.clientX, event.clientY], pixel: this.pixelAt(event) };
    this.root.setPointerCapture(event.pointerId);
  }

  moved(event) {
    const pixel = this.pixelAt(event);
    this.hover(pixel);
    const { pressed } = this;
    if (!pressed?.pixel || !pixel) return;
    const far = Math.hypot(event.clientX - pressed.at[0], event.clientY - pressed.at[1]);
    if (far < CLICK && !pressed.dragged) return;
    pressed.dragged = true;
    this.area = spanned(pressed.pixel, pixel);
    this.draw();
  }

  up(event) {
    const { pressed } = this;
    this.pressed = null;
    if (pressed?.dragged) this.chosen({ area: this.area });
    else if (pressed?.pixel) this.chosen({ pin: this.pixelAt(event) ?? pressed.pixel });
  }

  hover(pixel) {
    this.hovered = pixel;
    this.dispatchEvent(new Event("hovered"));
  }

  chosen(what) {
    Object.assign(this, what);
    this.draw();
    this.dispatchEvent(new Event("chosen"));
  }

  draw() {
    const { pen, ink } = penOf(this.marks);
    for (const [color, wide] of [["shade", 3], ["mark", 1.25]]) {
      pen.strokeStyle = ink(color);
      pen.lineWidth = wide;
      if (this.area) {
        const [left, top] = this.cornerOf(this.area.left, this.area.top);
        const [right, bottom] = this.cornerOf(this.area.right, this.area.bottom);
        pen.strokeRect(left, top, right - left, bottom - top);
      }
      if (this.pin) this.cross(pen, ...this.cornerOf(this.pin.x + 0.5, this.pin.y + 0.5));
    }
  }

  cross(pen, x, y) {
    pen.beginPath();
    for (const [across, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + 4 * across, y + 4 * down);
      pen.lineTo(x + 11 * across, y + 11 * down);
    }
    pen.stroke();
  }
}

const spanned = (one, other) => ({
  left: Math.min(one.x, other.x),
  top: Math.min(one.y, other.y),
  right: Math.max(one.x, other.x) + 1,
  bottom: Math.max(one.y, other.y) + 1,
});
