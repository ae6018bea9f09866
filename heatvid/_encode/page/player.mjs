// Which frame is shown: seeks that the newest overtakes, and playing by the clock.

export class Player extends EventTarget {
  // `show` draws a frame, and gives a promise that ends when it is drawn.
  constructor({ frames, rate, show, prefetch }) {
    super();
    Object.assign(this, { frames, rate, show, prefetch, speed: 1, loop: true, playing: false });
    this.frame = -1;
    this.target = null;
    this.busy = null;
  }

  // Ends when frame k is drawn, or a newer one in its place.
  seek(k) {
    this.target = Math.min(this.frames - 1, Math.max(0, Math.round(k) || 0));
    this.busy ??= this.work().finally(() => (this.busy = null));
    return this.busy;
  }

  async work() {
    while (this.target !== null) {
      const k = this.target;
      this.target = null;
      await this.show(k);
      this.frame = k;
      this.dispatchEvent(new Event("shown"));
    }
  }

  step(count) {
    this.pause();
    return this.seek((this.target ?? this.frame) + count);
  }

  toggle() {
    if (this.playing) this.pause();
    else this.play();
  }

  play() {
    const atEnd = this.frame >= this.frames - 1;
    this.begin = { frame: atEnd ? 0 : Math.max(0, this.frame), time: performance.now() };
    this.playing = true;
    this.dispatchEvent(new Event("turned"));
    requestAnimationFrame(() => this.tick());
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.dispatchEvent(new Event("turned"));
  }

  setSpeed(speed) {
    this.speed = speed;
    this.begin = { frame: Math.max(0, this.frame), time: performance.now() };
  }

  tick() {
    if (!this.playing) return;
    const seconds = (performance.now() - this.begin.time) / 1000;
    let k = this.begin.frame + Math.floor(seconds * this.rate * this.speed);
    if (k >= this.frames) {
      if (!this.loop) {
        this.seek(this.frames - 1);
        this.pause();
        return;
      }
      k %= this.frames;
    }
    if (k !== this.frame && !this.busy) {
      this.seek(k).catch(() => this.pause());
      this.prefetch(k + 1);
    }
    requestAnimationFrame(() => this.tick());
  }
}

export function clockOf(k, rate) {
  const seconds = k / rate;
  const minutes = Math.floor(seconds / 60);
  return `${minutes}:${(seconds - 60 * minutes).toFixed(3).padStart(6, "0")}`;
}
