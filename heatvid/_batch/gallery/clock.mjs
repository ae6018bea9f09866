// One clock for all that play in step.

export class Clock {
  // `follow` is told the time and the speed at each of the screen's frames; `seek` shows a time.
  constructor({ seconds, rate, follow, seek }) {
    Object.assign(this, { seconds, rate, follow, seek, time: 0, speed: 1, playing: false });
  }

  get frames() {
    return Math.max(1, Math.round(this.seconds * this.rate));
  }

  get frame() {
    return Math.min(this.frames - 1, Math.floor(this.time * this.rate + 1e-6));
  }

  // Show frame k, or the newest that is asked for meanwhile.
  show(k) {
    this.time = Math.min(this.frames - 1, Math.max(0, k)) / this.rate;
    this.again = true;
    this.busy ??= this.work().finally(() => (this.busy = null));
    return this.busy;
  }

  async work() {
    while (this.again) {
      this.again = false;
      await this.seek(this.time);
    }
  }

  async step(count) {
    this.pause();
    await this.show(this.frame + count);
  }

  async play() {
    if (this.playing) return;
    this.playing = true;
    await this.show(this.frame >= this.frames - 1 ? 0 : this.frame);
    if (!this.playing) return;
    this.begin();
    requestAnimationFrame(() => this.tick());
  }

  pause() {
    this.playing = false;
  }

  // Stop where all of them show the same frame.
  async halt() {
    this.pause();
    await this.show(this.frame);
  }

  begin() {
    this.begun = { time: this.time, at: performance.now() };
  }

  setSpeed(speed) {
    this.speed = speed;
    this.begin();
  }

  tick() {
    if (!this.playing) return;
    this.time = this.begun.time + ((performance.now() - this.begun.at) / 1000) * this.speed;
    if (this.time >= this.seconds) {
      this.playing = false;
      this.time = 0;
      this.play();
      return;
    }
    this.follow(this.time, this.speed);
    requestAnimationFrame(() => this.tick());
  }
}
