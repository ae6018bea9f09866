// What plays: a video, a picture that moves by itself, or numbered pictures shown one by one.

const READY_SECONDS = 5; // to wait for a frame that was sought

const after = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

// When frame k of a rate is shown: its middle, as its begin is rounded.
export function middleOf(seconds, rate, frames) {
  const k = Math.min(Math.max(0, frames - 1), Math.floor(seconds * rate + 1e-6));
  return (k + 0.5) / rate;
}

// How a video that is `drift` seconds ahead comes back: by its speed, or by a jump.
export function correctionOf(drift, speed) {
  if (Math.abs(drift) > 0.2) return { jump: true, rate: speed };
  if (Math.abs(drift) < 0.004) return { jump: false, rate: speed };
  return { jump: false, rate: speed * (1 - Math.max(-0.15, Math.min(0.15, 1.5 * drift))) };
}

class Video {
  constructor({ href, fps, frames }) {
    Object.assign(this, { fps, frames, inStep: true });
    this.element = document.createElement("video");
    Object.assign(this.element, { muted: true, loop: true, playsInline: true, preload: "none" });
    this.element.disablePictureInPicture = true;
    this.element.onerror = () => this.failed?.();
    this.element.src = href;
  }

  // Plays by itself.
  run() {
    this.element.play().catch(() => {});
  }

  pause() {
    this.element.pause();
  }

  get time() {
    return this.element.currentTime;
  }

  // Ends when the frame of that time is shown.
  async seek(seconds) {
    const { element } = this;
    element.preload = "auto";
    element.loop = false;
    element.pause();
    if (element.readyState < 1) await this.told("loadedmetadata");
    const time = middleOf(seconds, this.fps, this.frames);
    if (Math.abs(element.currentTime - time) < 1e-4 && element.readyState > 1) return;
    const sought = this.told("seeked");
    element.currentTime = time;
    await sought;
  }

  told(name) {
    const { element } = this;
    const heard = (event) => new Promise((resolve) => element.addEventListener(event, resolve, { once: true }));
    return Promise.race([heard(name), heard("error"), after(READY_SECONDS)]);
  }

  // Plays along a clock; gives how far ahead it is, in seconds.
  follow(seconds, speed) {
    const { element } = this;
    if (seconds >= (this.frames - 0.5) / this.fps) {
      if (!element.paused) this.seek(seconds);
      return 0;
    }
    if (element.paused && !element.seeking) this.run();
    if (element.seeking || element.readyState < 3) return 0;
    const drift = element.currentTime - seconds;
    const { jump, rate } = correctionOf(drift, speed);
    if (jump) element.currentTime = seconds;
    if (element.playbackRate !== rate) element.playbackRate = rate;
    return drift;
  }

  close() {
    this.element.onerror = null;
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load();
    this.element.remove();
  }
}

class Numbered {
  constructor({ numbered, fps, frames }) {
    Object.assign(this, { numbered, fps, frames, inStep: true, frame: -1, begun: null });
    this.element = document.createElement("img");
    this.element.onerror = () => this.failed?.();
    this.ahead = [];
  }

  linkOf(k) {
    const { before, digits, after: end, first } = this.numbered;
    return before + String(first + k).padStart(digits, "0") + end;
  }

  get time() {
    return Math.max(0, this.frame) / this.fps;
  }

  show(k) {
    if (k === this.frame) return;
    this.frame = k;
    this.element.src = this.linkOf(k);
    this.ahead = [1, 2, 3].map((step) => Object.assign(new Image(), { src: this.linkOf((k + step) % this.frames) }));
  }

  run() {
    if (this.begun !== null) return;
    this.begun = performance.now();
    const tick = () => {
      if (this.begun === null) return;
      const k = Math.floor(((performance.now() - this.begun) / 1000) * this.fps) % this.frames;
      if (this.element.complete || this.frame < 0) this.show(k);
      requestAnimationFrame(tick);
    };
    tick();
  }

  pause() {
    this.begun = null;
  }

  async seek(seconds) {
    this.pause();
    this.follow(seconds);
    await Promise.race([this.element.decode().catch(() => {}), after(READY_SECONDS)]);
  }

  follow(seconds) {
    this.show(Math.min(this.frames - 1, Math.floor(seconds * this.fps + 1e-6)));
    return 0;
  }

  close() {
    this.pause();
    this.element.remove();
  }
}

// A picture that moves by itself: nothing tells when.
class Moving {
  constructor({ href }) {
    this.inStep = false;
    this.time = 0;
    this.element = document.createElement("img");
    this.element.onerror = () => this.failed?.();
    this.element.src = href;
  }

  run() {}

  pause() {}

  async seek() {}

  follow() {
    return 0;
  }

  close() {
    this.element.remove();
  }
}

const KINDS_THAT_MOVE = { video: Video, numbered: Numbered, moving: Moving };

export function isShown({ kind }) {
  return kind in KINDS_THAT_MOVE;
}

export function movingOf(job) {
  return new KINDS_THAT_MOVE[job.kind](job);
}
