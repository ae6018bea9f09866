// Bytes that the page carries as text, one character a byte; carried.py writes them.

// What windows-1252 makes of the bytes 0x80 to 0x9f; all others are the characters of their number.
const MOVED = [
  0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152,
  0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122,
  0x161, 0x203a, 0x153, 0x9d, 0x17e, 0x178,
];
const BYTES = new Map(MOVED.map((point, i) => [point, 0x80 + i]));
const ESCAPE = 0x3d;
const SHIFT = 64;

export class DamagedError extends Error {}

// The bytes of a block's text; throws where they are not `size` bytes of this CRC-32.
export function bytesOf(text, size, check) {
  const bytes = new Uint8Array(size);
  let at = 0;
  let shift = 0;
  for (let i = 0; i < text.length; i++) {
    let byte = text.charCodeAt(i);
    if (byte > 255) byte = BYTES.get(byte) ?? -1;
    if (byte < 0) throw new DamagedError("it holds characters that are no bytes");
    if (byte === ESCAPE && !shift) {
      shift = SHIFT;
      continue;
    }
    if (at < size) bytes[at] = byte - shift;
    at++;
    shift = 0;
  }
  if (at !== size) throw new DamagedError(`${at} bytes where there were ${size}`);
  if (crc32(bytes) !== check) throw new DamagedError("its checksum is another");
  return bytes;
}

const CRC = new Uint32Array(256).map((_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1;
  return n;
});

export function crc32(bytes) {
  let crc = 0xffffffff;
  for (let i = 0; i < bytes.length; i++) crc = CRC[(crc ^ bytes[i]) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

// A file of several blocks; their text leaves the document, so that it is in memory once.
export function fileOf(name, size, page, type = "video/mp4") {
  const parts = [];
  let found = 0;
  for (let number = 0; found < size; number++) {
    const element = page.getElementById(`${name}-${number}`);
    if (!element) throw new DamagedError(`the video ${name} ends after ${found} of ${size} bytes`);
    const { size: own, check } = element.dataset;
    parts.push(bytesOf(element.textContent, Number(own), Number(check)));
    found += Number(own);
    element.remove();
  }
  return new Blob(parts, { type });
}
