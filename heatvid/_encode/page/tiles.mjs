// Tiles of the picture: each shows a field in an area of its own, over a picture or a colour.

export class Tile {
  // `box` is where the field lies in the tile's area, `part` how much of the field is there.
  constructor(told, fields, looks) {
    Object.assign(this, told);
    this.field = fields[told.field];
    this.look = looks[this.field.look];
  }

  // How the field is shown: one alone, and pictures alone, have an opacity of their own.
  get shown() {
    const { look, opacity } = this;
    return opacity === null ? look : { ...look, alpha: opacity, ramp: null, blend: "over" };
  }

  enlarged(by) {
    const larger = (sizes) => Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, size * by]));
    const { area, box } = this;
    return Object.assign(Object.create(Tile.prototype), this, { area: larger(area), box: larger(box) });
  }

  // The pixel of the field that is shown at a place of the picture, or null.
  pixelAt(left, top) {
    const { area, box, part, field } = this;
    const [across, down] = [left - area.left, top - area.top];
    if (!(across >= 0 && down >= 0 && across < area.width && down < area.height)) return null;
    const x = Math.floor(part.left + ((across - box.left) * part.width) / box.width);
    const y = Math.floor(part.top + ((down - box.top) * part.height) / box.height);
    return field.contains(x, y) ? { x, y, tile: this } : null;
  }

  // Where a corner of a pixel of the field lies in the picture.
  cornerOf(x, y) {
    const { area, box, part } = this;
    return [
      area.left + box.left + ((x - part.left) * box.width) / part.width,
      area.top + box.top + ((y - part.top) * box.height) / part.height,
    ];
  }
}

// All of a picture so many times as large.
export function enlarged(layout, by) {
  const { width, height, tiles } = layout;
  return { ...layout, width: width * by, height: height * by, tiles: tiles.map((tile) => tile.enlarged(by)) };
}
