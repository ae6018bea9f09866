// Decoded frames as bytes: values of the luma, and what lies under them.

const PLANAR = ["I420", "I420A", "NV12"];

// Values of a frame: its luma as it was written, or what a browser shows of it where that is all.
export async function valuesOf(frame) {
  const { width, height } = frame.visibleRect;
  if (!PLANAR.includes(frame.format)) return { stride: width, luma: grayOf(drawn(frame, width, height)) };
  const bytes = new Uint8Array(frame.allocationSize());
  const [{ offset, stride }] = await frame.copyTo(bytes);
  return { stride, luma: bytes.slice(offset, offset + stride * height) };
}

// A picture: its planes, or red, green, blue and alpha of each pixel.
export async function pictureOf(frame) {
  const { width, height } = frame.visibleRect;
  if (!PLANAR.includes(frame.format)) return rgbaOf(drawn(frame, width, height), width, height);
  const bytes = new Uint8Array(frame.allocationSize());
  const layout = await frame.copyTo(bytes);
  const planes = layout.slice(0, 3).map(({ offset, stride }, i) => {
    const rows = i ? (height + 1) >> 1 : height;
    return { stride, bytes: bytes.subarray(offset, offset + stride * rows) };
  });
  return { kind: frame.format === "NV12" ? "pairs" : "planes", width, height, planes };
}

// The same of what a video element shows.
export function shownValues(video) {
  const [width, height] = [video.videoWidth, video.videoHeight];
  return { stride: width, luma: grayOf(drawn(video, width, height)) };
}

export function shownPicture(video) {
  const [width, height] = [video.videoWidth, video.videoHeight];
  return rgbaOf(drawn(video, width, height), width, height);
}

export function pictureBytes({ luma, rgba, planes }) {
  if (planes) return planes.reduce((sum, plane) => sum + plane.bytes.length, 0);
  return (luma ?? rgba).length;
}

function drawn(image, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0, width, height);
  return pen.getImageData(0, 0, width, height).data;
}

function grayOf(rgba) {
  const luma = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < luma.length; i++) luma[i] = rgba[4 * i];
  return luma;
}

const rgbaOf = (rgba, width, height) => ({ kind: "rgba", width, height, rgba });

// Red, green and blue of a pixel, as BT.709 of limited range has them.
export function pixelOf(picture, x, y, out) {
  if (picture.kind === "rgba") {
    const at = 4 * (y * picture.width + x);
    for (let i = 0; i < 3; i++) out[i] = picture.rgba[at + i];
    return;
  }
  const [light, blue, red] = picture.planes;
  const luma = 1.164384 * (light.bytes[y * light.stride + x] - 16);
  const [column, row] = [x >> 1, y >> 1];
  const pairs = picture.kind === "pairs";
  const at = row * blue.stride + (pairs ? 2 * column : column);
  const cb = blue.bytes[at] - 128;
  const cr = (pairs ? blue.bytes[at + 1] : red.bytes[row * red.stride + column]) - 128;
  out[0] = luma + 1.792741 * cr;
  out[1] = luma - 0.213249 * cb - 0.532909 * cr;
  out[2] = luma + 2.112402 * cb;
}
