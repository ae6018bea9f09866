// Paints frames by WebGL 2: values, table and pictures are textures, one shader does the rest.

import { BENT, NUMBERED, paintOf } from "./painting.mjs";
import { ends } from "./norms.mjs";

const VERTEX = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0, 1); }`;

const FRAGMENT = `#version 300 es
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D values, table, light, blue, red;
uniform ivec2 field, canvas;
uniform int rows, bytes, marked, entries, mode, stored, shown, blending, under, soft;
uniform vec4 box, part, storedEnds, shownEnds;
uniform vec2 even;
uniform vec3 color;
out vec4 result;
const int NONE = 3;
const float LINEAR = 1.0 / 0.9, LN10 = 2.302585093;

float texel(ivec2 at) { return floor(texelFetch(values, at, 0).r * 255.0 + 0.5); }
float codeOf(ivec2 at) {
  float high = texel(at);
  return bytes == 1 ? high : 256.0 * high + texel(at + ivec2(0, rows));
}
int markOf(ivec2 at) {
  return marked == 0 ? 0 : int(texel(at + ivec2(0, rows * bytes)) / 85.0 + 0.5);
}
float bend(int kind, float x, vec4 e) {
  if (kind == 1) return log(x) / LN10;
  if (kind == 2) {
    float size = abs(x);
    float far = e.z * (LINEAR + log(max(size / e.z, 1e-37)) / LN10);
    return sign(x) * (size > e.z ? far : size * LINEAR);
  }
  if (kind == 3) return x > 0.0 ? pow(x, e.z) : x;
  if (kind == 4) return -1.0 / x;
  if (kind == 5) return 1.0 / (1.0 + exp(-x));
  return x;
}
float unbend(int kind, float y, vec4 e) {
  if (kind == 1) return exp(y * LN10);
  if (kind == 2) {
    float size = abs(y);
    return sign(y) * (size > e.z * LINEAR ? e.z * exp((size / e.z - LINEAR) * LN10) : size / LINEAR);
  }
  if (kind == 3) return y > 0.0 ? pow(y, 1.0 / e.z) : y;
  if (kind == 4) return -1.0 / y;
  if (kind == 5) return log(y / (1.0 - y));
  return y;
}
// A power norm bends places, the others values.
float valueOf(float at) {
  if (stored == 3) return storedEnds.x + unbend(3, at, storedEnds) * (storedEnds.y - storedEnds.x);
  return unbend(stored, storedEnds.x + at * (storedEnds.y - storedEnds.x), storedEnds);
}
float placeOf(float x) {
  float low = shownEnds.x, span = shownEnds.y - low;
  float bent = shown == 3 ? x : bend(shown, x, shownEnds);
  if (span <= 0.0) return bent < low ? -1.0 : bent > low ? 2.0 : 0.0;
  float at = (bent - low) / span;
  return shown == 3 ? bend(3, at, shownEnds) : at;
}
float sampleOf(ivec2 at, inout bool none) {
  int mark = markOf(at);
  if (mark == NONE) none = true;
  float levels = bytes == 1 ? 256.0 : 65536.0;
  float code = mark == 1 ? -1.0 : mark == 2 ? levels : codeOf(at);
  float stored = (code + 0.5) / levels;
  return mode == ${BENT} ? valueOf(stored) : stored;
}
float along(ivec2 first, ivec2 second, float weight, inout bool none) {
  float near = sampleOf(first, none);
  return weight > 0.0 ? mix(near, sampleOf(second, none), weight) : near;
}
int rowOf(vec2 pixel) {
  vec2 at = part.xy + (pixel - box.xy) * part.zw / box.zw;
  ivec2 last = field - 1;
  ivec2 own = clamp(ivec2(floor(at)), ivec2(0), last);
  if (mode == ${NUMBERED}) {
    int mark = markOf(own), code = int(codeOf(own));
    return mark > 0 ? entries + mark - 1 : code < entries ? code : entries + 1;
  }
  bool none = false;
  float found;
  if (soft == 0) found = sampleOf(own, none);
  else {
    vec2 centre = clamp(at - 0.5, vec2(0), vec2(last));
    ivec2 first = ivec2(floor(centre)), second = min(first + 1, last);
    vec2 weight = centre - floor(centre);
    found = along(first, ivec2(second.x, first.y), weight.x, none);
    if (weight.y > 0.0)
      found = mix(found, along(ivec2(first.x, second.y), second, weight.x, none), weight.y);
  }
  if (none) return entries + 2;
  bool negative = mode == ${BENT} && (shown == 1 || shown == 4) && found <= 0.0;
  if (negative) return entries + 2;
  float place = mode == ${BENT} ? placeOf(found)
    : even.y > 0.0 ? (found - even.x) / even.y : found < even.x ? -1.0 : found > even.x ? 2.0 : 0.0;
  if (place < 0.0) return entries;
  if (place > 1.0) return entries + 1;
  return min(int(place * float(entries)), entries - 1);
}
vec3 below(vec2 pixel) {
  vec2 at = pixel / vec2(canvas);
  if (under == 0) return color;
  if (under == 3) return texelFetch(light, ivec2(pixel), 0).rgb * 255.0;
  float luma = 1.164384 * (texelFetch(light, ivec2(pixel), 0).r * 255.0 - 16.0);
  vec2 chroma = under == 2 ? texture(blue, at).rg : vec2(texture(blue, at).r, texture(red, at).r);
  chroma = chroma * 255.0 - 128.0;
  vec3 rgb = vec3(luma + 1.792741 * chroma.y, luma - 0.213249 * chroma.x - 0.532909 * chroma.y,
                  luma + 2.112402 * chroma.x);
  return clamp(rgb, 0.0, 255.0);
}
vec3 blended(vec3 c, vec3 b) {
  if (blending == 1) return floor((c * b + 127.0) / 255.0);
  if (blending == 2) return 255.0 - floor(((255.0 - c) * (255.0 - b) + 127.0) / 255.0);
  if (blending == 3) return max(c, b);
  if (blending == 4) return min(c, b);
  if (blending == 5) return min(c + b, 255.0);
  return c;
}
void main() {
  vec2 pixel = vec2(gl_FragCoord.x, float(canvas.y) - gl_FragCoord.y);
  vec3 b = below(pixel);
  vec2 inside = pixel - box.xy;
  if (all(greaterThan(inside, vec2(0))) && all(lessThan(inside, box.zw))) {
    int row = rowOf(pixel);
    vec4 own = texelFetch(table, ivec2(row & 255, row >> 8), 0);
    b += (blended(floor(own.rgb * 255.0 + 0.5), b) - b) * own.a;
  }
  result = vec4(floor(b + 0.5) / 255.0, 1);
}`;

const NORM_NUMBERS = { linear: 0, centered: 0, log: 1, symlog: 2, power: 3, inverse: 4, sigmoid: 5 };
const BLENDS = ["over", "multiply", "screen", "lighten", "darken", "add"];
const UNDER_NUMBERS = { planes: 1, pairs: 2, rgba: 3 };
const SAMPLERS = ["values", "table", "light", "blue", "red"];

export class GlPainter {
  constructor(canvas, field, layout) {
    Object.assign(this, { canvas, field, layout, name: "WebGL 2" });
    const gl = canvas.getContext("webgl2", { preserveDrawingBuffer: true, antialias: false });
    if (!gl) throw new Error("WebGL 2 is missing");
    this.gl = gl;
    this.program = linked(gl);
    gl.useProgram(this.program);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    this.textures = SAMPLERS.map((name, unit) => textured(gl, this.at(name), unit, name));
    this.uniform("field", "2i", field.width, field.height);
    this.uniform("canvas", "2i", layout.width, layout.height);
    this.uniform("rows", "1i", field.rows);
    this.uniform("bytes", "1i", field.deep ? 2 : 1);
    this.uniform("marked", "1i", field.marked ? 1 : 0);
    const { box, part } = layout;
    this.uniform("box", "4f", box.left, box.top, box.width, box.height);
    this.uniform("part", "4f", part.left, part.top, part.width, part.height);
    this.uniform("color", "3f", ...layout.color);
    gl.viewport(0, 0, layout.width, layout.height);
  }

  at(name) {
    return this.gl.getUniformLocation(this.program, name);
  }

  uniform(name, kind, ...numbers) {
    this.gl[`uniform${kind}`](this.at(name), ...numbers);
  }

  paint(frame, picture, look) {
    const { gl, field } = this;
    if (gl.isContextLost()) return;
    const paint = paintOf(field, look);
    this.load("values", "R8", "RED", frame.stride, frame.luma.length / frame.stride, frame.luma);
    this.loadTable(paint.rows);
    this.loadPicture(picture);
    this.uniform("entries", "1i", paint.entries);
    this.uniform("mode", "1i", paint.mode);
    this.uniform("soft", "1i", look.smooth ? 1 : 0);
    this.uniform("blending", "1i", BLENDS.indexOf(look.blend));
    this.uniform("even", "2f", paint.from ?? 0, paint.span ?? 1);
    if (paint.mode !== NUMBERED) {
      this.norm("stored", field.scale.norm, field.scale.limits);
      this.norm("shown", paint.norm, paint.limits);
    }
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  norm(name, norm, limits) {
    const [low, high] = norm.kind === "power" ? limits : ends(norm, limits);
    this.uniform(name, "1i", NORM_NUMBERS[norm.kind]);
    this.uniform(`${name}Ends`, "4f", low, high, norm.linthresh ?? norm.gamma ?? 1, 0);
  }

  load(name, inside, format, width, height, bytes) {
    const { gl } = this;
    gl.activeTexture(gl.TEXTURE0 + SAMPLERS.indexOf(name));
    gl.texImage2D(gl.TEXTURE_2D, 0, gl[inside], width, height, 0, gl[format], gl.UNSIGNED_BYTE, bytes);
  }

  loadTable(rows) {
    const lines = Math.ceil(rows.length / 1024);
    const filled = new Uint8Array(lines * 1024);
    filled.set(rows);
    this.load("table", "RGBA8", "RGBA", 256, lines, filled);
  }

  loadPicture(picture) {
    this.uniform("under", "1i", picture ? UNDER_NUMBERS[picture.kind] : 0);
    if (!picture || picture === this.picture) return;
    this.picture = picture;
    if (picture.kind === "rgba") {
      this.load("light", "RGBA8", "RGBA", picture.width, picture.height, picture.rgba);
      return;
    }
    const halves = [picture.width, picture.height].map((size) => (size + 1) >> 1);
    picture.planes.forEach(({ bytes, stride }, i) => {
      const [width, height] = i ? halves : [picture.width, picture.height];
      const pairs = i === 1 && picture.kind === "pairs";
      this.gl.pixelStorei(this.gl.UNPACK_ROW_LENGTH, pairs ? stride / 2 : stride);
      this.load(SAMPLERS[2 + i], pairs ? "RG8" : "R8", pairs ? "RG" : "RED", width, height, bytes);
    });
    this.gl.pixelStorei(this.gl.UNPACK_ROW_LENGTH, 0);
  }

  color(x, y) {
    const { gl } = this;
    const rgba = new Uint8Array(4);
    gl.readPixels(x, this.layout.height - 1 - y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, rgba);
    return [...rgba];
  }
}

function linked(gl) {
  const program = gl.createProgram();
  for (const [kind, text] of [["VERTEX_SHADER", VERTEX], ["FRAGMENT_SHADER", FRAGMENT]]) {
    const shader = gl.createShader(gl[kind]);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

function textured(gl, place, unit, name) {
  const texture = gl.createTexture();
  gl.activeTexture(gl.TEXTURE0 + unit);
  gl.bindTexture(gl.TEXTURE_2D, texture);
  const filter = name === "blue" || name === "red" ? gl.LINEAR : gl.NEAREST;
  for (const side of ["MIN", "MAG"]) gl.texParameteri(gl.TEXTURE_2D, gl[`TEXTURE_${side}_FILTER`], filter);
  for (const axis of ["S", "T"]) gl.texParameteri(gl.TEXTURE_2D, gl[`TEXTURE_WRAP_${axis}`], gl.CLAMP_TO_EDGE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  gl.uniform1i(place, unit);
  return texture;
}
