// What decodes and what paints, as far as the browser can.

import { CanvasPainter } from "./canvas2d.mjs";
import { fileOf } from "./carried.mjs";
import { say } from "./controls.mjs";
import { pictureOf, shownPicture, shownValues, valuesOf } from "./pictures.mjs";
import { SeekingTrack, Track, indexOf } from "./tracks.mjs";
import { GlPainter } from "./webgl.mjs";

const MIB = 1 << 20;
const USES = {
  values: { take: valuesOf, show: shownValues, most: 48 * MIB },
  under: { take: pictureOf, show: shownPicture, most: 64 * MIB },
};
const wishes = new URLSearchParams(globalThis.location?.search ?? "");

// What makes tracks of a video, one of `count` of its kind, which share their memory.
export async function trackOf(kind, name, told, rate, count) {
  const index = indexOf(told);
  const { take, show, most } = USES[kind];
  const file = fileOf(name, told.bytes, document);
  const refusal = wishes.has("video") ? "is asked to play" : await Track.refusal(index);
  if (!refusal) return () => new Track(file, index, take, most / count);
  if (!document.createElement("video").canPlayType(`video/mp4; codecs="${told.codec}"`)) {
    throw new Error(`This browser ${refusal}, and plays no such video either: another one may.`);
  }
  say(`This browser ${refusal}: frames are sought one by one, slowly, and values may be 2 steps off.`);
  return () => new SeekingTrack(file, index, show, most / count, rate);
}

export function painterOf(layout) {
  const { width, height } = layout;
  const fresh = () => {
    const canvas = Object.assign(document.createElement("canvas"), { className: "picture", width, height });
    document.querySelector(".picture").replaceWith(canvas);
    return canvas;
  };
  if (!wishes.has("canvas2d")) {
    try {
      return new GlPainter(fresh(), layout);
    } catch (error) {
      say(`${error.message}: painting takes longer.`);
    }
  }
  return new CanvasPainter(fresh());
}
