// A video as frames by number, decoded on demand: by WebCodecs, else by a video element.

import { pictureBytes } from "./pictures.mjs";

const UNIT = 1000; // microseconds that stand for a frame: numbers come back as they went in
const NEAR = 24; // frames around the wanted one that are kept as they pass
const QUEUE = 4;

class Kept {
  constructor(most) {
    this.pictures = new Map();
    this.most = most;
    this.bytes = 0;
  }

  put(k, picture, wanted) {
    this.pictures.set(k, picture);
    this.bytes += pictureBytes(picture);
    while (this.bytes > this.most && this.pictures.size > 2) this.dropFarthest(wanted);
  }

  dropFarthest(wanted) {
    let far = -1;
    for (const k of this.pictures.keys()) {
      if (far < 0 || Math.abs(k - wanted) > Math.abs(far - wanted)) far = k;
    }
    this.bytes -= pictureBytes(this.pictures.get(far));
    this.pictures.delete(far);
  }
}

// Frames by WebCodecs. `take` makes a picture of a VideoFrame.
export class Track {
  constructor(file, index, take, most) {
    this.file = file;
    this.index = index;
    this.take = take;
    this.last = index.sizes.length - 1;
    this.kept = new Kept(most);
    this.waiting = new Map();
    this.wanted = 0;
    this.fed = 0;
    this.passed = -1;
    this.decoder = null;
    this.feeding = false;
    this.failures = 0;
    this.chunkOf = new Map(index.frames.map((k, chunk) => [k, chunk]));
  }

  // Whether this browser decodes it: words of why not, or nothing.
  static async refusal({ codec, config }) {
    if (!("VideoDecoder" in globalThis)) return "has no WebCodecs";
    const { supported } = await VideoDecoder.isConfigSupported(config).catch(() => ({}));
    return supported ? "" : `does not decode ${codec}`;
  }

  has(k) {
    return this.kept.pictures.has(Math.min(k, this.last));
  }

  // What is one for all has one frame.
  get(number) {
    const k = Math.min(number, this.last);
    if (this.has(k)) return Promise.resolve(this.kept.pictures.get(k));
    const known = this.waiting.get(k);
    if (known) return known.promise;
    const entry = {};
    entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    this.waiting.set(k, entry);
    this.backward = k < this.wanted;
    this.wanted = k;
    this.aim(k);
    return entry.promise;
  }

  // Begin at a key frame, unless the frame is still to come where the decoder is.
  aim(k) {
    const chunk = this.chunkOf.get(k);
    const key = this.index.keys.findLast((at) => at <= chunk);
    const comes = this.decoder && this.passed < k && this.fed >= key;
    if (!comes) this.restart(key);
    this.feed();
  }

  restart(key) {
    if (this.decoder && this.decoder.state !== "closed") this.decoder.close();
    const decoder = new VideoDecoder({
      output: (frame) => (decoder === this.decoder ? this.arrived(frame) : frame.close()),
      error: (error) => decoder === this.decoder && this.failed(error),
    });
    decoder.configure(this.index.config);
    decoder.ondequeue = () => this.feed();
    this.decoder = decoder;
    this.fed = key;
    this.passed = -1;
  }

  async feed() {
    if (this.feeding) return;
    this.feeding = true;
    try {
      while (this.waiting.size && this.fed < this.index.sizes.length) {
        const { decoder, fed } = this;
        if (decoder.decodeQueueSize >= QUEUE) return;
        const data = await this.read(fed);
        if (decoder !== this.decoder || fed !== this.fed) continue;
        const type = this.index.isKey[fed] ? "key" : "delta";
        decoder.decode(new EncodedVideoChunk({ type, timestamp: this.index.frames[fed] * UNIT, data }));
        this.fed++;
      }
      if (this.waiting.size) await this.flush();
    } catch (error) {
      this.failed(error);
    } finally {
      this.feeding = false;
    }
  }

  async flush() {
    const { decoder } = this;
    await decoder.flush().catch(() => {});
    if (decoder !== this.decoder) return;
    this.decoder = null; // after a flush only a key frame may follow
    decoder.close();
  }

  read(chunk) {
    const at = this.index.offsets[chunk];
    return this.file.slice(at, at + this.index.sizes[chunk]).arrayBuffer();
  }

  async arrived(frame) {
    const k = Math.round(frame.timestamp / UNIT);
    this.passed = k;
    const entry = this.waiting.get(k);
    try {
      const near = k < this.wanted ? this.backward && k > this.wanted - NEAR : k < this.wanted + NEAR;
      if (!entry && (this.has(k) || !near)) return;
      const picture = await this.take(frame);
      if (!this.has(k)) this.kept.put(k, picture, this.wanted);
      this.waiting.delete(k);
      entry?.resolve(picture);
      this.failures = 0;
      this.goOn();
    } catch (error) {
      entry?.reject(error);
    } finally {
      frame.close();
    }
  }

  newest() {
    return [...this.waiting.keys()].at(-1);
  }

  // Turn to what is still waited for.
  goOn() {
    const k = this.newest();
    if (k === undefined) return;
    this.wanted = k;
    this.aim(k);
  }

  failed(error) {
    this.decoder = null;
    this.failures++;
    const k = this.newest();
    if (k !== undefined && this.failures < 3) return void setTimeout(() => this.waiting.has(k) && this.aim(k));
    for (const entry of this.waiting.values()) entry.reject(error);
    this.waiting.clear();
  }
}

// Frames as a video element shows them, one seek each: what browsers without WebCodecs can.
export class SeekingTrack {
  constructor(file, index, show, most, rate) {
    this.show = show;
    this.rate = rate;
    this.kept = new Kept(most);
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, preload: "auto", playsInline: true });
    this.loaded = new Promise((resolve, reject) => {
      this.video.onloadeddata = resolve;
      this.video.onerror = () => reject(new Error(this.video.error?.message || "it cannot be played"));
    });
    this.video.src = URL.createObjectURL(file);
    this.last = index.sizes.length - 1;
    this.idle = Promise.resolve();
  }

  has(k) {
    return this.kept.pictures.has(Math.min(k, this.last));
  }

  get(number) {
    const k = Math.min(number, this.last);
    const own = this.idle.then(() => (this.has(k) ? this.kept.pictures.get(k) : this.seek(k)));
    this.idle = own.catch(() => {});
    return own;
  }

  async seek(k) {
    await this.loaded;
    const { video } = this;
    await new Promise((resolve) => {
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(resolve);
      else video.onseeked = resolve;
      video.currentTime = (k + 0.5) / this.rate; // in the middle of its time: no rounding reaches another
    });
    const picture = this.show(video);
    this.kept.put(k, picture, k);
    return picture;
  }
}

// What the page says of a video, as a decoder takes it.
export function indexOf(told) {
  const count = told.sizes.length;
  const offsets = [...told.offsets];
  for (let i = offsets.length; i < count; i++) offsets.push(offsets[i - 1] + told.sizes[i - 1]);
  const frames = told.frames ?? told.sizes.map((_, i) => i);
  const isKey = new Uint8Array(count);
  for (const key of told.keys) isKey[key] = 1;
  const description = Uint8Array.from(atob(told.description), (letter) => letter.charCodeAt(0));
  const config = { codec: told.codec, codedWidth: told.width, codedHeight: told.height };
  if (description.length) config.description = description;
  return { ...told, offsets, frames, isKey, config };
}
