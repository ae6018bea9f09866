// The picture under the pointer: what is read there, a point that is pinned, a rectangle.

import { penOf } from "./plots.mjs";

const CLICK = 5; // pixels that a pointer may move in a click

export class Stage extends EventTarget {
  constructor(root, layout) {
    super();
    Object.assign(this, { root, layout, pin: null, area: null, hovered: null });
    const { width, height } = layout;
    root.style.aspectRatio = `${width} / ${height}`;
    const ratio = width / height; // as high as leaves room for the scale, wherever there is some
    root.style.maxWidth = `calc(min(72vh, max(60vh, 100vh - 262px)) * ${ratio})`;
    this.marks = root.querySelector(".marks");
    root.onpointerdown = (event) => this.down(event);
    root.onpointermove = (event) => this.moved(event);
    root.onpointerup = (event) => this.up(event);
    root.onpointercancel = () => (this.pressed = null);
    root.onpointerleave = () => this.hover(null);
    for (const tile of layout.tiles) if (tile.title) this.name(tile);
  }

  // A title over its tile, as far as there is room.
  name({ title, area, room }) {
    const { width, height } = this.layout;
    const name = Object.assign(document.createElement("span"), { textContent: title });
    const share = (part) => `${100 * part}%`;
    Object.assign(name.style, {
      left: share(area.left / width),
      top: `max(${share((area.top - room) / height)}, ${share(area.top / height)} - 23px)`,
      maxWidth: share(area.width / width),
    });
    this.root.append(name);
  }

  // The pixel of a field that is shown there, in one of some tiles, or null.
  pixelAt({ clientX, clientY }, tiles = this.layout.tiles) {
    const frame = this.marks.getBoundingClientRect();
    const left = ((clientX - frame.left) / frame.width) * this.layout.width;
    const top = ((clientY - frame.top) / frame.height) * this.layout.height;
    for (const tile of tiles) {
      const pixel = tile.pixelAt(left, top);
      if (pixel) return pixel;
    }
    return null;
  }

  down(event) {
    if (event.button) return;
    this.pressed = { at: [event.clientX, event.clientY], pixel: this.pixelAt(event) };
    this.root.setPointerCapture(event.pointerId);
  }

  moved(event) {
    this.hover(this.pixelAt(event));
    const { pressed } = this;
    const pixel = pressed?.pixel && this.pixelAt(event, [pressed.pixel.tile]);
    if (!pixel) return;
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
    else if (pressed?.pixel) this.chosen({ pin: this.pixelAt(event, [pressed.pixel.tile]) ?? pressed.pixel });
  }

  hover(pixel) {
    this.hovered = pixel;
    this.dispatchEvent(new Event("hovered"));
  }

  chosen(what) {
    Object.assign(this, what, { latest: what.pin ?? what.area });
    this.draw();
    this.dispatchEvent(new Event("chosen"));
  }

  // Marks in every tile, where its field is at the place that was chosen in one.
  draw() {
    const { pen, width, height, ink } = penOf(this.marks);
    const [wide, high] = [width / this.layout.width, height / this.layout.height];
    for (const tile of this.layout.tiles) {
      const { left, top, width: across, height: down } = tile.area;
      const cornerOf = (x, y) => tile.cornerOf(x, y).map((place, i) => place * (i ? high : wide));
      pen.save();
      pen.beginPath();
      pen.rect(left * wide, top * high, across * wide, down * high);
      pen.clip();
      for (const [color, thick] of [["shade", 3], ["mark", 1.25]]) {
        pen.strokeStyle = ink(color);
        pen.lineWidth = thick;
        this.mark(pen, tile.field, cornerOf);
      }
      pen.restore();
    }
  }

  mark(pen, field, cornerOf) {
    if (this.area) {
      const { left, top, right, bottom } = field.own(this.area);
      const [x, y] = cornerOf(left, top);
      const [farX, farY] = cornerOf(right, bottom);
      pen.strokeRect(x, y, farX - x, farY - y);
    }
    if (!this.pin) return;
    const { x, y } = field.own(this.pin);
    cross(pen, ...cornerOf(x + 0.5, y + 0.5));
  }
}

function cross(pen, x, y) {
  pen.beginPath();
  for (const [across, down] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    pen.moveTo(x + 4 * across, y + 4 * down);
    pen.lineTo(x + 11 * across, y + 11 * down);
  }
  pen.stroke();
}

const spanned = (one, other) => ({
  tile: one.tile,
  left: Math.min(one.x, other.x),
  top: Math.min(one.y, other.y),
  right: Math.max(one.x, other.x) + 1,
  bottom: Math.max(one.y, other.y) + 1,
});
