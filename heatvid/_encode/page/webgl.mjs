// Paints frames by WebGL 2: values, table and pictures are textures, one shader does the rest.

import { BENT, NUMBERED, codeColors, paintOf } from "./painting.mjs";
import { ends } from "./norms.mjs";

const VERTEX = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0, 1); }`;

// What does not change from frame to frame is defined ahead, so that no pixel asks for it.
const FRAGMENT = `#version 300 es
DEFINED
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D values, table, light, blue, red;
uniform ivec2 field;
uniform int rows, entries;
uniform vec4 box, part, storedEnds, shownEnds;
uniform vec2 even, corner, area;
uniform vec3 color;
out vec4 result;
const int NONE = 3;
const float LINEAR = 1.0 / 0.9, LN10 = 2.302585093, LEVELS = exp2(float(8 * BYTES));

float texel(ivec2 at) { return floor(texelFetch(values, at, 0).r * 255.0 + 0.5); }
float codeOf(ivec2 at) {
#if BYTES == 1
  return texel(at);
#else
  return 256.0 * texel(at) + texel(at + ivec2(0, rows));
#endif
}
int markOf(ivec2 at) {
#if MARKED
  return int(texel(at + ivec2(0, rows * BYTES)) / 85.0 + 0.5);
#else
  return 0;
#endif
}
#if SOFT
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
float between(float at, vec2 ends) { return ends.x + at * (ends.y - ends.x); }
float flat_(float beyond) { return beyond < 0.0 ? -1.0 : beyond > 0.0 ? 2.0 : 0.0; }
// A power norm bends places, the others values.
float valueOf(float at) {
  if (STORED == 3) return between(unbend(3, at, storedEnds), storedEnds.xy);
  return unbend(STORED, between(at, storedEnds.xy), storedEnds);
}
float placeOf(float x) {
  float low = shownEnds.x, span = shownEnds.y - low;
  float bent = SHOWN == 3 ? x : bend(SHOWN, x, shownEnds);
  if (span <= 0.0) return flat_(bent - low);
  float at = (bent - low) / span;
  return SHOWN == 3 ? bend(3, at, shownEnds) : at;
}
float sampleOf(ivec2 at, inout bool none) {
  int mark = markOf(at);
  if (mark == NONE) none = true;
  float stored = ((mark == 1 ? -1.0 : mark == 2 ? LEVELS : codeOf(at)) + 0.5) / LEVELS;
  return BENT == 1 ? valueOf(stored) : stored;
}
float along(ivec2 first, ivec2 second, float weight, inout bool none) {
  float near = sampleOf(first, none);
  return weight > 0.0 ? mix(near, sampleOf(second, none), weight) : near;
}
int rowOf(vec2 at) {
  ivec2 last = field - 1;
  vec2 centre = clamp(at - 0.5, vec2(0), vec2(last));
  ivec2 first = ivec2(floor(centre)), second = min(first + 1, last);
  vec2 weight = centre - floor(centre);
  bool none = false;
  float found = along(first, ivec2(second.x, first.y), weight.x, none);
  if (weight.y > 0.0)
    found = mix(found, along(ivec2(first.x, second.y), second, weight.x, none), weight.y);
  if (BENT == 1 && (SHOWN == 1 || SHOWN == 4) && found <= 0.0) none = true;
  if (none) return entries + 2;
  float place = BENT == 1 ? placeOf(found)
    : even.y > 0.0 ? (found - even.x) / even.y : flat_(found - even.x);
  if (place < 0.0) return entries;
  if (place > 1.0) return entries + 1;
  return min(int(place * float(entries)), entries - 1);
}
#else
// Each code has its own row.
int rowOf(vec2 at) {
  ivec2 own = clamp(ivec2(floor(at)), ivec2(0), field - 1);
  int mark = markOf(own);
  return mark > 0 ? entries + mark - 1 : int(codeOf(own));
}
#endif
vec3 below(vec2 pixel) {
#if UNDER == 0
  return color;
#elif UNDER == 3
  return texelFetch(light, ivec2(pixel), 0).rgb * 255.0;
#else
  float luma = 1.164384 * (texelFetch(light, ivec2(pixel), 0).r * 255.0 - 16.0);
  vec2 at = pixel / area;
#if UNDER == 2
  vec2 chroma = texture(blue, at).rg * 255.0 - 128.0;
#else
  vec2 chroma = vec2(texture(blue, at).r, texture(red, at).r) * 255.0 - 128.0;
#endif
  vec3 rgb = vec3(luma + 1.792741 * chroma.y, luma - 0.213249 * chroma.x - 0.532909 * chroma.y,
                  luma + 2.112402 * chroma.x);
  return clamp(rgb, 0.0, 255.0);
#endif
}
vec3 blended(vec3 c, vec3 b) {
#if BLENDING == 1
  return floor((c * b + 127.0) / 255.0);
#elif BLENDING == 2
  return 255.0 - floor(((255.0 - c) * (255.0 - b) + 127.0) / 255.0);
#elif BLENDING == 3
  return max(c, b);
#elif BLENDING == 4
  return min(c, b);
#elif BLENDING == 5
  return min(c + b, 255.0);
#else
  return c;
#endif
}
void main() {
  vec2 pixel = vec2(gl_FragCoord.x - corner.x, corner.y - gl_FragCoord.y);
  vec3 b = below(pixel);
  vec2 inside = pixel - box.xy;
  if (all(greaterThan(inside, vec2(0))) && all(lessThan(inside, box.zw))) {
    int row = rowOf(part.xy + inside * part.zw / box.zw);
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
  constructor(canvas, layout) {
    Object.assign(this, { canvas, programs: new Map(), textures: new Map(), pictures: [], made: [] });
    const gl = canvas.getContext("webgl2", { preserveDrawingBuffer: true, antialias: false });
    if (!gl) throw new Error("WebGL 2 is missing");
    const most = gl.getParameter(gl.MAX_TEXTURE_SIZE);
    const fields = layout.tiles.flatMap(({ field }) => [field.width, field.rows * 3]);
    if (Math.max(layout.width, layout.height, ...fields) > most) {
      throw new Error(`WebGL 2 takes pictures up to ${most} pixels`);
    }
    this.gl = gl;
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
  }

  fit(layout) {
    this.layout = layout;
    Object.assign(this.canvas, { width: layout.width, height: layout.height });
    this.gl.clearColor(...layout.color.map((level) => level / 255), 1);
  }

  paint(frames, pictures) {
    const { gl } = this;
    if (gl.isContextLost()) return;
    gl.clear(gl.COLOR_BUFFER_BIT);
    frames.forEach(({ stride, luma }, i) => this.load("values", i, "R8", "RED", stride, luma.length / stride, luma));
    pictures.forEach((picture, i) => this.loadPicture(picture, i));
    this.layout.tiles.forEach((tile, i) => this.paintTile(tile, i, pictures[tile.under]));
  }

  paintTile(tile, number, picture) {
    const { gl } = this;
    const { left, top, width, height } = tile.area;
    if (tile.look.version !== this.made[number]?.version) this.prepare(tile, number);
    gl.viewport(left, this.layout.height - top - height, width, height);
    const own = { values: tile.field.number, table: number };
    for (const name of SAMPLERS) this.bind(name, own[name] ?? tile.under ?? 0);
    this.use(tile, this.made[number], picture);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  // The table of a tile: of its rows, or where nothing is mixed of what each code shows.
  prepare({ field, look, shown }, number) {
    const paints = paintOf(field, shown);
    const soft = look.smooth && paints.mode !== NUMBERED;
    this.made[number] = { version: look.version, paints, soft };
    this.loadTable(soft ? paints.rows : codeColors(field, paints), number);
  }

  // Take the program for what is asked, and tell it the rest.
  use(tile, { paints, soft }, picture) {
    const { field, area } = tile;
    const { norm, limits } = field.scale;
    const defined = {
      SOFT: Number(soft),
      BENT: Number(paints.mode === BENT),
      BYTES: field.deep ? 2 : 1,
      MARKED: Number(field.marked),
      STORED: NORM_NUMBERS[norm.kind] ?? 0,
      SHOWN: NORM_NUMBERS[paints.norm.kind] ?? 0,
      BLENDING: BLENDS.indexOf(tile.shown.blend),
      UNDER: picture ? UNDER_NUMBERS[picture.kind] : 0,
    };
    this.program = this.programOf(defined);
    this.gl.useProgram(this.program);
    SAMPLERS.forEach((name, unit) => this.uniform(name, "1i", unit));
    this.uniform("field", "2i", field.width, field.height);
    this.uniform("corner", "2f", area.left, this.layout.height - area.top);
    this.uniform("area", "2f", area.width, area.height);
    this.uniform("rows", "1i", field.rows);
    this.uniform("entries", "1i", soft ? paints.entries : field.levels);
    for (const name of ["box", "part"]) {
      const { left, top, width, height } = tile[name];
      this.uniform(name, "4f", left, top, width, height);
    }
    this.uniform("color", "3f", ...tile.color);
    this.uniform("even", "2f", paints.from ?? 0, paints.span ?? 1);
    if (!soft) return;
    this.norm("stored", norm, limits);
    this.norm("shown", paints.norm, paints.limits);
  }

  programOf(defined) {
    const text = Object.entries(defined).map((pair) => `#define ${pair.join(" ")}`).join("\n");
    if (!this.programs.has(text)) this.programs.set(text, linked(this.gl, text));
    return this.programs.get(text);
  }

  uniform(name, kind, ...numbers) {
    this.gl[`uniform${kind}`](this.gl.getUniformLocation(this.program, name), ...numbers);
  }

  norm(name, norm, limits) {
    const [low, high] = norm.kind === "power" ? limits : ends(norm, limits);
    this.uniform(`${name}Ends`, "4f", low, high, norm.linthresh ?? norm.gamma ?? 1, 0);
  }

  // Each sampler has a unit of its own, whichever of its textures is there.
  bind(name, number) {
    const { gl, textures } = this;
    const [unit, key] = [SAMPLERS.indexOf(name), name + number];
    gl.activeTexture(gl.TEXTURE0 + unit);
    if (textures.has(key)) return gl.bindTexture(gl.TEXTURE_2D, textures.get(key));
    textures.set(key, texture(gl, name));
  }

  load(name, number, inside, format, width, height, bytes) {
    const { gl } = this;
    this.bind(name, number);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl[inside], width, height, 0, gl[format], gl.UNSIGNED_BYTE, bytes);
  }

  loadTable(rows, number) {
    const lines = Math.ceil(rows.length / 1024);
    const filled = new Uint8Array(lines * 1024);
    filled.set(rows);
    this.load("table", number, "RGBA8", "RGBA", 256, lines, filled);
  }

  loadPicture(picture, number) {
    if (picture === this.pictures[number]) return;
    this.pictures[number] = picture;
    if (picture.kind === "rgba") {
      this.load("light", number, "RGBA8", "RGBA", picture.width, picture.height, picture.rgba);
      return;
    }
    const halves = [picture.width, picture.height].map((size) => (size + 1) >> 1);
    picture.planes.forEach(({ bytes, stride }, i) => {
      const [width, height] = i ? halves : [picture.width, picture.height];
      const pairs = i === 1 && picture.kind === "pairs";
      this.gl.pixelStorei(this.gl.UNPACK_ROW_LENGTH, pairs ? stride / 2 : stride);
      this.load(SAMPLERS[2 + i], number, pairs ? "RG8" : "R8", pairs ? "RG" : "RED", width, height, bytes);
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

function linked(gl, defined) {
  const program = gl.createProgram();
  for (const [kind, text] of [["VERTEX_SHADER", VERTEX], ["FRAGMENT_SHADER", FRAGMENT]]) {
    const shader = gl.createShader(gl[kind]);
    gl.shaderSource(shader, text.replace("DEFINED", defined));
    gl.compileShader(shader);
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

function texture(gl, name) {
  const made = gl.createTexture();
  gl.bindTexture(gl.TEXTURE_2D, made);
  const filter = name === "blue" || name === "red" ? gl.LINEAR : gl.NEAREST;
  for (const side of ["MIN", "MAG"]) gl.texParameteri(gl.TEXTURE_2D, gl[`TEXTURE_${side}_FILTER`], filter);
  for (const axis of ["S", "T"]) gl.texParameteri(gl.TEXTURE_2D, gl[`TEXTURE_WRAP_${axis}`], gl.CLAMP_TO_EDGE);
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  return made;
}
