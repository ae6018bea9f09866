// Fields into canvas planes, in one pass over device memory.
//
// What it computes. Of each frame of a batch: its values where the canvas has its pixels (strided,
// channels reduced, smoothed, resampled), the rows of the colour table that they lie in, the
// colours of these rows over what is behind, as samples of the canvas. heatvid/backends/_numpy/backend.py
// is the definition; the bytes are the same.
//
// Shapes. field (n, H, W[, C]) of any strides; background (n, bytes of a frame); mask (n, h, w)
// float32; output (n, bytes of a frame), I420, NV12, 4:4:4, RGB or gray. All offsets are 64 bits.
//
// Rounding. Floating-point steps are single IEEE operations in the order of the reference, in
// float32, or in float64 for wide types: compile with --fmad=false -ftz=false -prec-div=true
// -prec-sqrt=true. Blending is integer arithmetic with 16 bits of fraction.
//
// Bytes moved for a pixel. float32 heat to 4:2:0: 4 in, 1.5 out, 5.5 in all; over a background
// 7. What lies between stays in registers; the table, 2 KB, is read once a block into shared
// memory. Only smoothed fields, interpolated reductions and outlines have passes of their own.
//
// Specialised by -DHEAT_...=..., each used as a plain constant, so that what a plan has no use for
// is folded away; HEAT_REAL is the type of interpolated values, float or double.
//
// A thread renders groups of 4 columns by 2 rows, two 2x2 blocks of chroma: 16 bytes a load and 4
// a store. Blocks are 32 groups wide; each thread walks down a strip of groups. All loops stride
// over the grid, so that a grid of any size is right.

enum Dtype { BOOL, UINT8, INT8, UINT16, INT16, UINT32, INT32, UINT64, INT64, FLOAT16, BFLOAT16, FLOAT32, FLOAT64 };
enum Kind { SCALAR, RGB, FLOW };
enum Reduce { KEEP, ARGMAX, MAX, MEAN, NORM, GRID };
enum Way { TABLED, LINEAR, LABELS, BREAKS };
enum Precision { NARROW, WIDE, EITHER };  // of an index: float32, float64, or as its table says
enum Sampling { IDENTITY, NEAREST, BILINEAR, BICUBIC, AREA };
enum Format { YUV420P, NV12, YUV444P, RGB24, GRAY, GRAY16LE };
enum Through { OPAQUE, CONSTANT, VARYING };  // what rows of the table let through
enum Blend { OVER, MULTIPLY, SCREEN, LIGHTEN, DARKEN, ADD };

typedef HEAT_REAL real;
typedef long long i64;
typedef unsigned long long u64;
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;

#define INLINE __device__ __forceinline__

const int COLUMNS = 4;      // of a group
const u32 HALF = 32768;     // rounds a number with 16 bits of fraction
const int FULL = 65536;     // opacity 1
const int LANE = 26;        // bits of a chroma lane in a word: see Recipe.words
const u32 LANE_MASK = (1u << LANE) - 1;
const int LEVEL_SHIFT = 2 * LANE;
const int MATRIX_BITS = 20;

// Where the samples of one canvas axis lie on an axis of the field, or of the mask.
struct Axis {
    const int *first, *second, *last, *taps;
    const float *weight, *own_weight, *tap_weights;
    i64 size, start, stop;  // samples in all; those that the field covers
    i64 count;              // of taps
};

// One launch. Strides and sizes are those of the arrays given; sizes of the field after reduction.
struct Job {
    const char *field;
    i64 frame_stride, row_stride, column_stride, channel_stride;  // in bytes
    const u8 *background;
    const float *mask;
    u8 *output;
    const char *tables;
    i64 table_stride;  // in bytes; 0 where all frames have one
    real *staged, *passed;
    u8 *edges, *lines;
    i64 frames;
    i64 height, width, content_height, content_width;  // of the canvas
    i64 frame_bytes, behind_bytes;
    i64 field_height, field_width, planes, channels;
    i64 cell_height, cell_width, cells;  // of a grid of channels, and how many side by side
    i64 mask_height, mask_width;
    i64 strip;                                          // groups that a thread walks down
    i64 wide_field, wide_canvas;                        // whether groups are whole and aligned
    i64 outline, taps, along;  // of outlines the width; of smoothing the weights, and the axis
    i64 under_rgb;
    i64 matrix[9], offset[3];
    double under[3];
    const float *weights;
    const u8 *wheel;
    Axis rows, columns, mask_rows, mask_columns;
};

// How values become rows, as IndexRecipe has it.
struct Index {
    double vmin, vmax, offset, scale, factor, divisor;
    i64 wide, entries, starts, breaks, rows;  // starts and rows: offsets from the table's start
    i64 named, cycle, negative, shift;        // of labels
};

// All of one pair of limits; arrays follow, at these offsets.
struct Table {
    Index index[3];
    i64 words, through, count, transmission, outline, outside, opacity, bad_opacity, bad_rgb;
    double longest;
};

// --- numbers ------------------------------------------------------------------------------------

struct Half { u16 bits; };
struct Bfloat { u16 bits; };
struct Bool { u8 bits; };

INLINE float larger(float a, float b) { return fmaxf(a, b); }
INLINE double larger(double a, double b) { return fmax(a, b); }
INLINE float smaller(float a, float b) { return fminf(a, b); }
INLINE double smaller(double a, double b) { return fmin(a, b); }
INLINE float root(float x) { return sqrtf(x); }
INLINE double root(double x) { return sqrt(x); }
INLINE float rest(float x, float n) { return fmodf(x, n); }
INLINE double rest(double x, double n) { return fmod(x, n); }
INLINE float whole(float x) { return floorf(x); }
INLINE double whole(double x) { return floor(x); }
INLINE int least(int a, int b) { return a < b ? a : b; }
INLINE i64 least(i64 a, i64 b) { return a < b ? a : b; }

union FloatBits { u32 bits; float value; };
union DoubleBits { u64 bits; double value; };

INLINE float float_of(u32 bits) { FloatBits both; both.bits = bits; return both.value; }

INLINE float widened(Half x) {
#ifdef __CUDA_ARCH__
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(x.bits));
    return value;
#else
    u32 sign = (u32)(x.bits & 0x8000) << 16, size = x.bits & 0x7fff;
    if (size >= 0x7c00) return float_of(sign | 0x7f800000 | size << 13);
    return float_of(sign | 0x77800000) * float_of(size << 13);  // 2^112: exact, denormals too
#endif
}
INLINE float widened(Bfloat x) { return float_of((u32)x.bits << 16); }
INLINE u8 widened(Bool x) { return x.bits != 0; }
template <class S> INLINE S widened(S x) { return x; }

template <class S> INLINE real to_real(S x) { return (real)widened(x); }
template <class S> INLINE bool is_nan(S x) { return widened(x) != widened(x); }

INLINE u32 bits_of(Half x) { return x.bits; }
INLINE u32 bits_of(Bfloat x) { return x.bits; }
INLINE u32 bits_of(Bool x) { return x.bits; }
INLINE u32 bits_of(signed char x) { return (u8)x; }
INLINE u32 bits_of(short x) { return (u16)x; }
template <class S> INLINE u32 bits_of(S x) { return (u32)x; }

// Whether doubles do not hold each value, and tables are too long: labels are taken as they are.
INLINE bool is_long(u32) { return true; }
INLINE bool is_long(int) { return true; }
INLINE bool is_long(u64) { return true; }
INLINE bool is_long(i64) { return true; }
template <class S> INLINE bool is_long(S) { return false; }
INLINE bool is_below(int x) { return x < 0; }
INLINE bool is_below(i64 x) { return x < 0; }
template <class S> INLINE bool is_below(S) { return false; }
template <class S> INLINE u64 magnitude(S x) { return (u64)widened(x); }
INLINE u64 magnitude(Half) { return 0; }
INLINE u64 magnitude(Bfloat) { return 0; }
INLINE u64 magnitude(float) { return 0; }
INLINE u64 magnitude(double) { return 0; }

// What stands for nothing in a grid of channels.
template <class S> INLINE S absent(S) { return S(); }
INLINE Half absent(Half) { Half nothing = {0x7e00}; return nothing; }
INLINE Bfloat absent(Bfloat) { Bfloat nothing = {0x7fc0}; return nothing; }
INLINE float absent(float) { return float_of(0x7fc00000); }
INLINE double absent(double) { return float_of(0x7fc00000); }

// Equal where labels are: NaN is one of them, and zero has no sign.
INLINE i64 key(double x) {
    DoubleBits both;
    both.value = x == 0 ? 0.0 : x;
    return x == x ? (i64)both.bits : (i64)0x7ff8000000000000;
}
INLINE i64 key(float x) { return key((double)x); }
INLINE i64 key(Half x) { return key((double)widened(x)); }
INLINE i64 key(Bfloat x) { return key((double)widened(x)); }
INLINE i64 key(Bool x) { return x.bits; }
template <class S> INLINE i64 key(S x) { return (i64)x; }

// In the order of the labels; NaN is the largest.
INLINE u64 order(double x) {
    i64 bits = key(x);
    if (x != x) return ~0ull;
    return bits < 0 ? ~(u64)bits : (u64)bits | 1ull << 63;
}
INLINE u64 order(float x) { return order((double)x); }
INLINE u64 order(Half x) { return order((double)widened(x)); }
INLINE u64 order(Bfloat x) { return order((double)widened(x)); }
INLINE u64 order(Bool x) { return widened(x); }
INLINE u64 order(u64 x) { return x; }
template <class S> INLINE u64 order(S x) { return (u64)(i64)x ^ 1ull << 63; }

template <class S> struct alignas(sizeof(S) < 4 ? 4 * sizeof(S) : 16) Four { S of[COLUMNS]; };

// Calls function<S>(arguments) with the type of the field's values.
#define BY_DTYPE(function, ...)                                  \
    switch (HEAT_DTYPE) {                                        \
        case BOOL: function<Bool>(__VA_ARGS__); break;           \
        case UINT8: function<u8>(__VA_ARGS__); break;            \
        case INT8: function<signed char>(__VA_ARGS__); break;    \
        case UINT16: function<u16>(__VA_ARGS__); break;          \
        case INT16: function<short>(__VA_ARGS__); break;         \
        case UINT32: function<u32>(__VA_ARGS__); break;          \
        case INT32: function<int>(__VA_ARGS__); break;           \
        case UINT64: function<u64>(__VA_ARGS__); break;          \
        case INT64: function<i64>(__VA_ARGS__); break;           \
        case FLOAT16: function<Half>(__VA_ARGS__); break;        \
        case BFLOAT16: function<Bfloat>(__VA_ARGS__); break;     \
        case FLOAT32: function<float>(__VA_ARGS__); break;       \
        case FLOAT64: function<double>(__VA_ARGS__); break;      \
    }

// --- values to rows -----------------------------------------------------------------------------

// An index in one precision.
template <class W> struct Places { W vmin, vmax, offset, scale, factor, divisor, last; };

template <class W> INLINE Places<W> places_of(const Index &index) {
    Places<W> places;
    places.vmin = (W)index.vmin, places.vmax = (W)index.vmax;
    places.offset = (W)index.offset, places.scale = (W)index.scale;
    places.factor = (W)index.factor, places.divisor = (W)index.divisor;
    places.last = (W)(index.entries - 1);
    return places;
}

// An index in registers, and where its arrays are.
struct Lookup {
    Places<float> narrow;
    Places<double> wide;
    const real *starts;
    const char *rows;
    int entries, breaks;
    int named, cycle, negative, shift;
    bool is_wide;
};

INLINE Lookup lookup_of(const char *table, int channel) {
    const Index &index = ((const Table *)table)->index[channel];
    Lookup lookup;
    lookup.narrow = places_of<float>(index), lookup.wide = places_of<double>(index);
    lookup.starts = (const real *)(table + index.starts);
    lookup.rows = table + index.rows;
    lookup.entries = (int)index.entries, lookup.breaks = (int)index.breaks;
    lookup.named = (int)index.named, lookup.cycle = (int)index.cycle;
    lookup.negative = (int)index.negative, lookup.shift = (int)index.shift;
    lookup.is_wide = index.wide;
    return lookup;
}

INLINE float position(float x, const Places<float> &p) { return (x - p.offset) * p.scale; }
INLINE double position(double x, const Places<double> &p) {
    return (x * p.factor - p.offset) / p.divisor * p.scale;
}

template <class W> INLINE int placed(W x, const Places<W> &p, int entries) {
    W place = position(x, p);
    int row = (int)smaller(larger(place, (W)0), p.last);  // NaN becomes 0
    if (!HEAT_CLAMPS) {
        row = x < p.vmin ? entries : row;
        row = x > p.vmax ? entries + 1 : row;
    }
    return x == x ? row : entries + 2;
}

// The last break that is not above x, by bisection.
INLINE int broken(real x, const Lookup &lookup) {
    int low = 0, high = lookup.breaks;
    while (low < high) {
        int middle = (low + high) >> 1;
        bool above = lookup.starts[middle] > x;
        high = above ? middle : high;
        low = above ? low : middle + 1;
    }
    return x == x ? ((const int *)lookup.rows)[low] : lookup.entries + 2;
}

// Rows of labels from ``named`` on, by the rest that division by the cycle leaves.
INLINE int cycled(u32 rest, const Lookup &lookup) {
    return lookup.named + (int)((rest + (u32)lookup.shift) % (u32)lookup.cycle);
}

INLINE int negative_label(i64 x, const Lookup &lookup) {
    return x >= -lookup.negative ? lookup.named + lookup.cycle - 1 - (int)x : lookup.entries + 2;
}

INLINE int labelled(real x, const Lookup &lookup) {
    if (!(x == whole(x) && x >= (real)-lookup.negative && x < (real)float_of(0x7f800000)))
        return lookup.entries + 2;
    if (x < 0) return negative_label((i64)x, lookup);
    return x < (real)lookup.named ? (int)x : cycled((u32)rest(x, (real)lookup.cycle), lookup);
}

INLINE int labelled(u64 x, const Lookup &lookup) {
    if (x < (u64)lookup.named) return (int)x;
    bool small = x >> 32 == 0;
    return cycled(small ? (u32)x % (u32)lookup.cycle : (u32)(x % (u64)lookup.cycle), lookup);
}

INLINE int row_of_real(real x, const Lookup &lookup) {
    if (HEAT_WAY == BREAKS) return broken(x, lookup);
    if (HEAT_WAY == LABELS) return labelled(x, lookup);
    if (sizeof(real) == 8 || HEAT_WIDE == WIDE || (HEAT_WIDE == EITHER && lookup.is_wide))
        return placed((double)x, lookup.wide, lookup.entries);
    return placed((float)x, lookup.narrow, lookup.entries);
}

INLINE int row_of_bits(u32 bits, const Lookup &lookup) {
    if (HEAT_COMPOSED) return (int)bits;
    return HEAT_LONG_ROWS ? ((const int *)lookup.rows)[bits] : ((const u16 *)lookup.rows)[bits];
}

template <class S> INLINE int row_of(S x, const Lookup &lookup) {
    if (HEAT_WAY == TABLED) return row_of_bits(bits_of(x), lookup);
    if (HEAT_WAY == LABELS && is_long(x))
        return is_below(x) ? negative_label((i64)magnitude(x), lookup) : labelled(magnitude(x), lookup);
    return row_of_real(to_real(x), lookup);
}

// --- the field's own values ---------------------------------------------------------------------

// One frame of the batch.
struct Frame {
    i64 number;
    const char *field;
    u8 *out;
    const u8 *behind;
};

INLINE Frame frame_of(const Job &job, i64 number) {
    Frame frame;
    frame.number = number;
    frame.field = job.field + number * job.frame_stride;
    frame.out = job.output + number * job.frame_bytes;
    frame.behind = job.background + (HEAT_BEHIND ? number * job.behind_bytes : 0);
    return frame;
}

template <class S> INLINE S read(const Job &job, const char *field, i64 y, i64 x, i64 channel) {
    if (HEAT_REDUCE == GRID) {
        i64 row = y / job.cell_height, column = x / job.cell_width;
        channel = row * job.cells + column;
        if (channel >= job.channels) return absent(S());
        y -= row * job.cell_height, x -= column * job.cell_width;
    }
    const char *place = field + y * job.row_stride + x * job.column_stride;
    return *(const S *)(place + channel * job.channel_stride);
}

// The largest channel and its number: the first of equals, and NaN wins.
template <class S>
INLINE S strongest(const Job &job, const char *field, i64 y, i64 x, int *number) {
    S best = read<S>(job, field, y, x, 0);
    *number = 0;
    for (int channel = 1; channel < job.channels && !is_nan(best); channel++) {
        S next = read<S>(job, field, y, x, channel);
        if (!(widened(next) <= widened(best))) best = next, *number = channel;
    }
    return best;
}

template <class S> INLINE real summed(const Job &job, const char *field, i64 y, i64 x) {
    real total = 0;
    for (int channel = 0; channel < job.channels; channel++) {
        real value = to_real(read<S>(job, field, y, x, channel));
        if (HEAT_REDUCE == NORM) value = value * value;
        total = channel ? total + value : value;
    }
    return HEAT_REDUCE == NORM ? root(total) : total / (real)job.channels;
}

// Infinities become finite, and stay beyond any limit.
INLINE real bounded(real x) {
    if (!HEAT_FINITE) return x;
    real bound = sizeof(real) == 8 ? (real)(1.7976931348623157e308 / 4) : (real)(3.4028234663852886e38 / 4);
    return x < -bound ? -bound : x > bound ? bound : x;
}

template <class S> INLINE bool is_known(S x) {
    double size = (double)widened(x);
    return !(HEAT_DTYPE >= FLOAT16) || (-1e9 < size && size < 1e9);
}

// A value as numbers are computed with, after reduction; of a flow, NaN where either is unknown.
template <class S>
INLINE void read_real(const Job &job, const char *field, i64 y, i64 x, int channel, real *out) {
    int number = 0;
    switch (HEAT_REDUCE) {
        case ARGMAX: strongest<S>(job, field, y, x, &number); *out = (real)number; break;
        case MAX: *out = to_real(strongest<S>(job, field, y, x, &number)); break;
        case MEAN:
        case NORM: *out = summed<S>(job, field, y, x); break;
        default: *out = to_real(read<S>(job, field, y, x, channel));
    }
    if (HEAT_KIND == FLOW) {
        bool known = is_known(read<S>(job, field, y, x, 0));
        known = known && is_known(read<S>(job, field, y, x, 1));
        *out = known ? *out : (real)float_of(0x7fc00000);
    }
}

INLINE real element(const Job &job, const Frame &frame, i64 y, i64 x, int channel) {
    if (HEAT_STAGED) {
        i64 plane = frame.number * job.planes + channel;
        return job.staged[(plane * job.field_height + y) * job.field_width + x];
    }
    real value = 0;
    BY_DTYPE(read_real, job, frame.field, y, x, channel, &value)
    return bounded(value);
}

// --- places on the field ------------------------------------------------------------------------

// What is read and written at once: whether groups are whole, and lie where that is aligned. They
// are constants at the top of a kernel, so that each case has code of its own.
struct Wide { bool field, canvas; };

// The columns of a group.
struct Columns {
    Wide wide;
    int x, count;              // the first on the canvas, and how many there are
    int canvas[COLUMNS];       // those of the padding are the last of the picture
    int first[COLUMNS], second[COLUMNS];
    float weight[COLUMNS];
    bool outside[COLUMNS];
};

INLINE Columns columns_at(const Job &job, int x, Wide wide) {
    Columns columns;
    columns.wide = wide, columns.x = x;
    columns.count = wide.canvas ? COLUMNS : least(COLUMNS, (int)job.width - x);
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        int at = wide.field ? x + i : least(x + i, (int)job.content_width - 1);
        columns.canvas[i] = at;
        columns.first[i] = HEAT_COLUMNS == IDENTITY ? at : job.columns.first[at];
        columns.second[i] = HEAT_COLUMNS == BILINEAR ? job.columns.second[at] : 0;
        columns.weight[i] = HEAT_COLUMNS == BILINEAR ? job.columns.weight[at] : 0;
        columns.outside[i] = !HEAT_WHOLE && (at < job.columns.start || at >= job.columns.stop);
    }
    return columns;
}

// The padding repeats the picture's last row.
INLINE int inside(const Job &job, int y) {
    return HEAT_PADDED ? least(y, (int)job.content_height - 1) : y;
}

const float LEAST_KNOWN = 0.5f;  // of an area's weight, for its average to be known

INLINE real unknown() { return (real)float_of(0x7fc00000); }

// The place and the weight of one sample of an area: the first, or a tap.
INLINE int area_place(const Axis &axis, i64 at, int tap) {
    return tap < 0 ? axis.first[at] : axis.taps[tap * axis.size + at];
}
INLINE float area_weight(const Axis &axis, i64 at, int tap) {
    return tap < 0 ? axis.own_weight[at] : axis.tap_weights[tap * axis.size + at];
}

// The average of what is known of an area along a row.
INLINE real known_along(const Job &job, const Frame &frame, i64 y, i64 at, int channel) {
    const Axis &axis = job.columns;
    float share = 0;
    real start = unknown();
    for (int tap = -1; tap < axis.count; tap++) {
        real value = element(job, frame, y, area_place(axis, at, tap), channel);
        if (value != value) continue;
        share += area_weight(axis, at, tap);
        if (start != start) start = value;
    }
    if (!(share >= LEAST_KNOWN)) return unknown();
    real total = start;
    for (int tap = -1; tap < axis.count; tap++) {
        real value = element(job, frame, y, area_place(axis, at, tap), channel);
        if (value == value) total = total + (value - start) * (area_weight(axis, at, tap) / share);
    }
    return total;
}

INLINE real averaged_along(const Job &job, const Frame &frame, i64 y, i64 at, int channel) {
    const Axis &axis = job.columns;
    real first = element(job, frame, y, axis.first[at], channel), total = first;
    for (int tap = 0; tap < axis.count; tap++) {
        real other = element(job, frame, y, area_place(axis, at, tap), channel);
        total = total + (other - first) * area_weight(axis, at, tap);
    }
    return total == total ? total : known_along(job, frame, y, at, channel);
}

// Values of one row of the field, interpolated along it.
INLINE void along_row(
    const Job &job, const Frame &frame, i64 y, const Columns &columns, int channel, real *out
) {
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        if (HEAT_COLUMNS == AREA) {
            out[i] = averaged_along(job, frame, y, columns.canvas[i], channel);
            continue;
        }
        real first = element(job, frame, y, columns.first[i], channel);
        out[i] = first;
        if (HEAT_COLUMNS == BILINEAR) {
            real second = element(job, frame, y, columns.second[i], channel);
            out[i] = first + (second - first) * columns.weight[i];
        }
        if (HEAT_COLUMNS == BICUBIC) {
            for (int tap = 0; tap < 3; tap++) {
                i64 place = tap * job.columns.size + columns.canvas[i];
                real other = element(job, frame, y, job.columns.taps[place], channel);
                out[i] = out[i] + (other - first) * job.columns.tap_weights[place];
            }
        }
    }
}

// Two rows of the field, interpolated along them: neighbouring canvas rows lie between the same.
struct Between {
    int first, second;
    real above[COLUMNS], below[COLUMNS];
};

// Averages of rows; where one is unknown, of those that are known.
INLINE void averaged_between(
    const Job &job, const Frame &frame, int y, const Columns &columns, int channel, real *out
) {
    const Axis &axis = job.rows;
    real own[COLUMNS], other[COLUMNS], start[COLUMNS];
    float share[COLUMNS] = {};
    bool gaps = false;
    along_row(job, frame, axis.first[y], columns, channel, own);
    for (int i = 0; i < COLUMNS; i++) out[i] = own[i], start[i] = unknown();
    for (int tap = 0; tap < axis.count; tap++) {
        along_row(job, frame, area_place(axis, y, tap), columns, channel, other);
        for (int i = 0; i < COLUMNS; i++)
            out[i] = out[i] + (other[i] - own[i]) * area_weight(axis, y, tap);
    }
    for (int i = 0; i < COLUMNS; i++) gaps = gaps || out[i] != out[i];
    if (!gaps) return;
    for (int tap = -1; tap < axis.count; tap++) {
        along_row(job, frame, area_place(axis, y, tap), columns, channel, other);
        for (int i = 0; i < COLUMNS; i++) {
            if (other[i] != other[i]) continue;
            share[i] += area_weight(axis, y, tap);
            if (start[i] != start[i]) start[i] = other[i];
        }
    }
    bool missing[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        missing[i] = out[i] != out[i];
        if (missing[i]) out[i] = share[i] >= LEAST_KNOWN ? start[i] : unknown();
    }
    for (int tap = -1; tap < axis.count; tap++) {
        along_row(job, frame, area_place(axis, y, tap), columns, channel, other);
        for (int i = 0; i < COLUMNS; i++)
            if (missing[i] && other[i] == other[i])
                out[i] = out[i] + (other[i] - start[i]) * (area_weight(axis, y, tap) / share[i]);
    }
}

INLINE void values_at(
    const Job &job, const Frame &frame, int y, const Columns &columns, int channel, Between *between,
    real *out
) {
    if (HEAT_ROWS == IDENTITY) return along_row(job, frame, y, columns, channel, out);
    int first = job.rows.first[y];
    if (HEAT_ROWS == NEAREST) return along_row(job, frame, first, columns, channel, out);
    if (HEAT_ROWS == AREA) return averaged_between(job, frame, y, columns, channel, out);
    if (HEAT_ROWS == BICUBIC) {
        real own[COLUMNS], other[COLUMNS];
        along_row(job, frame, first, columns, channel, own);
#pragma unroll
        for (int i = 0; i < COLUMNS; i++) out[i] = own[i];
        for (int tap = 0; tap < 3; tap++) {
            i64 place = tap * job.rows.size + y;
            float weight = job.rows.tap_weights[place];
            along_row(job, frame, job.rows.taps[place], columns, channel, other);
#pragma unroll
            for (int i = 0; i < COLUMNS; i++) out[i] = out[i] + (other[i] - own[i]) * weight;
        }
        return;
    }
    int second = job.rows.second[y];
    if (HEAT_KIND != SCALAR || first != between->first || second != between->second) {
        along_row(job, frame, first, columns, channel, between->above);
        along_row(job, frame, second, columns, channel, between->below);
        between->first = first, between->second = second;
    }
    float weight = job.rows.weight[y];
#pragma unroll
    for (int i = 0; i < COLUMNS; i++)
        out[i] = between->above[i] + (between->below[i] - between->above[i]) * weight;
}

INLINE int source_row(const Job &job, int y) {
    return HEAT_ROWS == IDENTITY ? y : job.rows.first[y];
}

// The label of a cell, in the order of all.
template <class S> INLINE u64 label_at(const Job &job, const char *field, i64 y, i64 x) {
    int number = 0;
    switch (HEAT_REDUCE) {
        case ARGMAX: strongest<S>(job, field, y, x, &number); return number;
        case MAX: return order(strongest<S>(job, field, y, x, &number));
        case MEAN:
        case NORM: return order(summed<S>(job, field, y, x));
        default: return order(read<S>(job, field, y, x, 0));
    }
}

// A cell with the most frequent label of an area, the smallest of equally frequent ones.
template <class S>
INLINE void most_frequent(const Job &job, const char *field, i64 y, i64 x, i64 *row, int *column) {
    int top = job.rows.first[y], left = job.columns.first[x];
    int width = job.columns.last[x] - left + 1, cells = (job.rows.last[y] - top + 1) * width;
    u64 best = 0;
    int often = 0;
    for (int i = 0; i < cells && cells - i >= often; i++) {
        u64 label = label_at<S>(job, field, top + i / width, left + i % width);
        int times = 1;
        for (int j = i + 1; j < cells; j++)
            times += label_at<S>(job, field, top + j / width, left + j % width) == label;
        if (times > often || (times == often && label < best))
            best = label, often = times, *row = top + i / width, *column = left + i % width;
    }
}

// --- rows of the table for a group --------------------------------------------------------------

template <class S>
INLINE void direct_rows(
    const Job &job, const Frame &frame, int y, const Columns &columns, const Lookup &lookup, int *rows
) {
    const char *start = frame.field;
    i64 row = source_row(job, y);
    Four<S> values = {};
    bool wide = columns.wide.field;
    if (wide) values = *(const Four<S> *)(start + row * job.row_stride + (i64)columns.x * sizeof(S));
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        int column = columns.first[i], number = 0;
        if (HEAT_COUNTS) most_frequent<S>(job, start, y, columns.canvas[i], &row, &column);
        switch (HEAT_REDUCE) {
            case ARGMAX:
                strongest<S>(job, start, row, column, &number);
                rows[i] = row_of_bits(number, lookup);
                break;
            case MAX: rows[i] = row_of(strongest<S>(job, start, row, column, &number), lookup); break;
            case MEAN:
            case NORM: rows[i] = row_of_real(summed<S>(job, start, row, column), lookup); break;
            default:
                rows[i] = row_of(wide ? values.of[i] : read<S>(job, start, row, column, 0), lookup);
        }
    }
}

// Rows of a group's pixels in one row of the canvas.
INLINE void rows_at(
    const Job &job, const Frame &frame, const Table &table, int y, const Columns &columns,
    const Lookup &lookup, Between *between, int *rows
) {
    if (HEAT_REALS) {
        real values[COLUMNS];
        values_at(job, frame, y, columns, 0, between, values);
#pragma unroll
        for (int i = 0; i < COLUMNS; i++) rows[i] = row_of_real(values[i], lookup);
    } else {
        BY_DTYPE(direct_rows, job, frame, y, columns, lookup, rows)
    }
    if (HEAT_OUTLINES) {
        const u8 *lines = job.edges + (frame.number * job.content_height + y) * job.content_width;
#pragma unroll
        for (int i = 0; i < COLUMNS; i++)
            rows[i] = lines[columns.canvas[i]] ? (int)table.outline : rows[i];
    }
    if (!HEAT_WHOLE) {
        bool beside = y < job.rows.start || y >= job.rows.stop;
#pragma unroll
        for (int i = 0; i < COLUMNS; i++)
            rows[i] = beside || columns.outside[i] ? (int)table.outside : rows[i];
    }
}

// --- fields that no table holds: channels as red, green and blue, and the wheel of flow ---------

// A pixel in front: its colour, and what of it is seen, in 0..65536.
struct Color {
    u32 red, green, blue;
    int opacity;
};

INLINE u32 level_of(int row) {
    if (HEAT_WAY == TABLED) return row;  // composed
    return row < 256 ? row : row == 257 ? 255 : 0;
}

// Where a direction lies on the wheel, in hues, as heatvid.backends._numpy.flows.
INLINE real wheel_place(real u, real v) {
    real x = u < 0 ? -u : u, y = v < 0 ? -v : v, longer = larger(x, y);
    real t = smaller(x, y) / (longer > 0 ? longer : (real)1), squared = t * t;
    const double arctangent[] = {8.594361305236816,   -2.864490509033203,   1.7142810821533203,
                                 -1.1953586339950562, 0.8286858201026917,   -0.48053106665611267,
                                 0.18789827823638916, -0.03484643995761871};
    real hues = (real)arctangent[7];
#pragma unroll
    for (int i = 6; i >= 0; i--) hues = hues * squared + (real)arctangent[i];
    hues *= t;
    if (y > x) hues = (real)13.5 - hues;
    if (u > 0) hues = (real)27 - hues;
    return v < 0 ? (real)27 + hues : (real)27 - hues;
}

INLINE void flow_color(const Job &job, real u, real v, double longest, Color *color) {
    real scale = (real)longest;
    real x = u / scale, y = v / scale;
    real radius = root(x * x + y * y);
    if (radius < (real)(1 + 1e-6)) radius = smaller(radius, (real)1);
    real place = wheel_place(u, v);
    int first = (int)place;
    real fraction = place - (real)first;
    u32 levels[3];
#pragma unroll
    for (int i = 0; i < 3; i++) {
        real own = (real)job.wheel[3 * first + i] / (real)255;
        real next = (real)job.wheel[3 * ((first + 1) % 55) + i] / (real)255;
        real hue = own + fraction * (next - own);
        hue = radius <= (real)1 ? (real)1 - radius * ((real)1 - hue) : hue * (real)0.75;
        levels[i] = (u32)whole((real)255 * hue) & 255;
    }
    color->red = levels[0], color->green = levels[1], color->blue = levels[2];
}

// A pixel of values that are numbers already.
INLINE bool color_of_reals(
    const Job &job, const Lookup *lookups, double longest, const real *values, Color *color
) {
    if (HEAT_KIND == FLOW) {
        bool bad = values[0] != values[0] || values[1] != values[1];
        if (!bad) flow_color(job, values[0], values[1], longest, color);
        return bad;
    }
    color->red = level_of(row_of_real(values[0], lookups[0]));
    color->green = level_of(row_of_real(values[1], lookups[1]));
    color->blue = level_of(row_of_real(values[2], lookups[2]));
    return values[0] != values[0] || values[1] != values[1] || values[2] != values[2];
}

template <class S>
INLINE void direct_color(
    const Job &job, const Frame &frame, i64 y, i64 x, const Lookup *lookups, double longest, Color *color,
    bool *bad
) {
    const char *start = frame.field;
    if (HEAT_KIND == FLOW) {
        real flow[3];
        read_real<S>(job, start, y, x, 0, flow);
        read_real<S>(job, start, y, x, 1, flow + 1);
        *bad = color_of_reals(job, lookups, longest, flow, color);
        return;
    }
    S red = read<S>(job, start, y, x, 0), green = read<S>(job, start, y, x, 1);
    S blue = read<S>(job, start, y, x, 2);
    color->red = level_of(row_of(red, lookups[0]));
    color->green = level_of(row_of(green, lookups[1]));
    color->blue = level_of(row_of(blue, lookups[2]));
    *bad = is_nan(red) || is_nan(green) || is_nan(blue);
}

INLINE void colors_at(
    const Job &job, const Frame &frame, const Table &table, int y, const Columns &columns,
    const Lookup *lookups, Color *colors
) {
    real values[3][COLUMNS] = {};
    if (HEAT_REALS) {
        Between between;
        for (int channel = 0; channel < (HEAT_KIND == RGB ? 3 : 2); channel++)
            values_at(job, frame, y, columns, channel, &between, values[channel]);
    }
    i64 row = HEAT_REALS ? 0 : source_row(job, y);
    bool beside = !HEAT_WHOLE && (y < job.rows.start || y >= job.rows.stop);
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        Color *color = colors + i;
        bool bad = false;
        if (HEAT_REALS) {
            real own[3] = {values[0][i], values[1][i], values[2][i]};
            bad = color_of_reals(job, lookups, table.longest, own, color);
        } else {
            BY_DTYPE(direct_color, job, frame, row, columns.first[i], lookups, table.longest, color, &bad)
        }
        color->opacity = (int)(bad ? table.bad_opacity : table.opacity);
        if (bad) {
            u32 rgb = (u32)table.bad_rgb;
            color->red = rgb & 255, color->green = rgb >> 8 & 255, color->blue = rgb >> 16;
        }
        if (beside || columns.outside[i]) color->opacity = 0;
    }
}

// --- masks --------------------------------------------------------------------------------------

INLINE float mask_value(float x) {
    const float bound = 3.4028234663852886e38f / 4;
    return x != x ? 0.0f : smaller(larger(x, -bound), bound);
}

INLINE float mask_along(const Job &job, const float *row, int x) {
    const Axis &axis = job.mask_columns;
    float first = mask_value(row[axis.first[x]]), total = first;
    for (int tap = 0; tap < axis.count; tap++) {
        float other = mask_value(row[area_place(axis, x, tap)]);
        total = total + (other - first) * area_weight(axis, x, tap);
    }
    if (!axis.weight) return total;
    return first + (mask_value(row[axis.second[x]]) - first) * axis.weight[x];
}

// Opacity by the mask at one pixel of the canvas, in 0..65536.
INLINE int mask_at(const Job &job, const Frame &frame, int y, int x) {
    const float *mask = job.mask + frame.number * job.mask_height * job.mask_width;
    const Axis &axis = job.mask_rows;
    float first = mask_along(job, mask + axis.first[y] * job.mask_width, x), value = first;
    for (int tap = 0; tap < axis.count; tap++) {
        float other = mask_along(job, mask + area_place(axis, y, tap) * job.mask_width, x);
        value = value + (other - first) * area_weight(axis, y, tap);
    }
    if (axis.weight) {
        float below = mask_along(job, mask + axis.second[y] * job.mask_width, x);
        value = value + (below - value) * axis.weight[y];
    }
    return (int)rintf(smaller(larger(value, 0.0f), 1.0f) * 65536.0f);
}

// --- writing and reading samples ----------------------------------------------------------------

// Bytes of a group, packed with the first lowest.
INLINE void store(u8 *out, u32 bytes, int count, bool wide) {
    if (wide) {
        *(u32 *)out = bytes;
    } else {
#pragma unroll 1
        for (int i = 0; i < count; i++) out[i] = (u8)(bytes >> 8 * i);
    }
}

INLINE void store_pair(u8 *out, u32 bytes, int count, bool wide) {
    if (wide) {
        *(u16 *)out = (u16)bytes;
    } else {
#pragma unroll 1
        for (int i = 0; i < count; i++) out[i] = (u8)(bytes >> 8 * i);
    }
}

INLINE u32 load(const u8 *in, int count, bool wide) {
    if (wide) return *(const u32 *)in;
    u32 bytes = 0;
#pragma unroll 1
    for (int i = 0; i < count; i++) bytes |= (u32)in[i] << 8 * i;
    return bytes;
}

INLINE u32 load_pair(const u8 *in, int count, bool wide) {
    return wide ? *(const u16 *)in : load(in, count, false);
}

INLINE u32 byte_of(u32 bytes, int i) { return bytes >> 8 * i & 255; }

// Twelve bytes of red, green and blue.
INLINE void store_rgb(u8 *out, const u32 *levels, int count, bool wide) {
    if (wide) {
        u32 *words = (u32 *)out;
        words[0] = levels[0] | levels[1] << 24;
        words[1] = levels[1] >> 8 | levels[2] << 16;
        words[2] = levels[2] >> 16 | levels[3] << 8;
        return;
    }
#pragma unroll
    for (int i = 0; i < COLUMNS; i++)
        if (i < count) store(out + 3 * i, levels[i], 3, false);
}

INLINE void load_rgb(const u8 *in, u32 *levels, int count, bool wide) {
    if (wide) {
        const u32 *words = (const u32 *)in;
        u32 one = words[0], two = words[1], three = words[2];
        levels[0] = one & 0xffffff, levels[1] = one >> 24 | (two & 0xffff) << 8;
        levels[2] = two >> 16 | (three & 255) << 16, levels[3] = three >> 8;
        return;
    }
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) levels[i] = i < count ? load(in + 3 * i, 3, false) : 0;
}

// What is behind a group in frames of the canvas: of each row its luma, or its colours, and of the
// blocks their chroma, as it lies in memory. (Planes of 4:4:4 are read where they are needed.)
struct Behind { u32 rows[2][COLUMNS], chroma[2]; };

INLINE Behind behind_at(const Job &job, const Frame &frame, int y, bool both, const Columns &columns) {
    Behind behind = {};
    int width = (int)job.width, count = columns.count;
    bool wide = columns.wide.canvas;
#pragma unroll
    for (int row = 0; row < 2; row++) {
        if (row == 1 && !both) continue;
        i64 place = (i64)(y + row) * width + columns.x;
        if (HEAT_FORMAT == RGB24) {
            load_rgb(frame.behind + 3 * place, behind.rows[row], count, wide);
        } else {
            behind.rows[row][0] = load(frame.behind + place, count, wide);
        }
    }
    const u8 *chroma = frame.behind + job.height * job.width;
    if (HEAT_FORMAT == NV12) {
        behind.chroma[0] = load(chroma + (i64)(y / 2) * width + columns.x, (count + 1) / 2 * 2, wide);
    }
    if (HEAT_FORMAT == YUV420P) {
        i64 place = (i64)(y / 2) * (width / 2) + columns.x / 2;
        behind.chroma[0] = load_pair(chroma + place, (count + 1) / 2, wide);
        behind.chroma[1] = load_pair(chroma + job.height * job.width / 4 + place, (count + 1) / 2, wide);
    }
    return behind;
}

// What of the level behind and of a level in front, not premultiplied, is seen.
INLINE u32 mixed(u32 level, u32 behind, int through) {
    return (u32)((int)((level << 16) + HALF) + ((int)behind - (int)level) * through) >> 16;
}

// What a 2x2 block adds up to: chroma lanes with their rounding halves, and what is let through.
struct Blocks {
    u64 lanes[2];
    u32 through[2];
};

INLINE u32 chroma(u64 lanes, int lane, u32 behind, u32 through) {
    u32 total = (u32)(lanes >> lane) & LANE_MASK;
    if (HEAT_BEHIND) total += behind * through;
    return total >> 18;
}

INLINE void store_blocks(
    const Job &job, const Frame &frame, int y, const Columns &columns, const Behind &behind,
    const Blocks &blocks
) {
    int count = (columns.count + 1) / 2, width = (int)job.width;
    u8 *out = frame.out + job.height * job.width;
    u32 samples[2][2];
#pragma unroll
    for (int plane = 0; plane < 2; plane++)
#pragma unroll
        for (int i = 0; i < 2; i++) {
            bool mixed = HEAT_FORMAT == NV12;
            u32 own = mixed ? byte_of(behind.chroma[0], 2 * i + plane) : byte_of(behind.chroma[plane], i);
            samples[plane][i] = chroma(blocks.lanes[i], plane * LANE, own, blocks.through[i]);
        }
    if (HEAT_FORMAT == NV12) {
        u32 bytes = samples[0][0] | samples[1][0] << 8 | samples[0][1] << 16 | samples[1][1] << 24;
        return store(out + (i64)(y / 2) * width + columns.x, bytes, 2 * count, columns.wide.canvas);
    }
    i64 place = (i64)(y / 2) * (width / 2) + columns.x / 2;
    store_pair(out + place, samples[0][0] | samples[0][1] << 8, count, columns.wide.canvas);
    place += job.height * job.width / 4;
    store_pair(out + place, samples[1][0] | samples[1][1] << 8, count, columns.wide.canvas);
}

// --- shading: rows or colours to the canvas -----------------------------------------------------

// One row of a group as it is composed: chroma in lanes, or in planes of its own.
struct Line {
    u64 words[COLUMNS];    // lanes with their rounding halves, level on top
    u32 through[COLUMNS];
};

INLINE void store_444(const Job &job, const Frame &frame, i64 place, const Columns &columns, const Line &line) {
    int count = columns.count;
    i64 size = job.height * job.width;
#pragma unroll
    for (int plane = 0; plane < 2; plane++) {
        place += size;
        u32 behind = 0, bytes = 0;
        if (HEAT_BEHIND) behind = load(frame.behind + place, count, columns.wide.canvas);
#pragma unroll
        for (int i = 0; i < COLUMNS; i++) {
            u32 total = (u32)(line.words[i] >> plane * LANE) & LANE_MASK;
            if (HEAT_BEHIND) total += byte_of(behind, i) * line.through[i];
            bytes |= (total >> 16) << 8 * i;
        }
        store(frame.out + place, bytes, count, columns.wide.canvas);
    }
}

INLINE void finish_yuv(
    const Job &job, const Frame &frame, i64 place, const Columns &columns, const Line &line, u32 luma,
    Blocks *blocks
) {
    store(frame.out + place, luma, columns.count, columns.wide.canvas);
    if (HEAT_FORMAT == YUV444P) store_444(job, frame, place, columns, line);
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        if (HEAT_FORMAT == YUV444P) continue;
        blocks->lanes[i / 2] += line.words[i];
        if (HEAT_BEHIND) blocks->through[i / 2] += line.through[i];
    }
}

// The table of one pair of limits, as a thread reads it.
struct Colors {
    const u64 *words;
    const u32 *through;
    u32 constant;
};

INLINE u32 gray_of(int row, int top) {
    if (HEAT_WAY == TABLED) return row;  // composed
    return row <= top ? row : row == top + 2 ? top : 0;
}

INLINE void shade_gray(const Job &job, const Frame &frame, int y, const Columns &columns, const int *rows) {
    i64 bytes = HEAT_FORMAT == GRAY16LE ? 2 : 1;
    u8 *out = frame.out + ((i64)y * (int)job.width + columns.x) * bytes;
    u32 levels[COLUMNS];
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) levels[i] = gray_of(rows[i], HEAT_FORMAT == GRAY16LE ? 65535 : 255);
    if (HEAT_FORMAT == GRAY) {
        u32 packed = levels[0] | levels[1] << 8 | levels[2] << 16 | levels[3] << 24;
        return store(out, packed, columns.count, columns.wide.canvas);
    }
    store(out, levels[0] | levels[1] << 16, least(4, 2 * columns.count), columns.wide.canvas);
    if (columns.count > 2)
        store(out + 4, levels[2] | levels[3] << 16, 2 * columns.count - 4, columns.wide.canvas);
}

// Rows of the table straight to samples.
INLINE void shade_table(
    const Job &job, const Frame &frame, int y, const Columns &columns, const int *rows,
    const Colors &colors, const u32 *behind, Blocks *blocks
) {
    Line line;
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        line.words[i] = colors.words[rows[i]];
        line.through[i] = HEAT_THROUGH == VARYING ? colors.through[rows[i]]
                          : HEAT_THROUGH == CONSTANT ? colors.constant : 0;
    }
    i64 place = (i64)y * (int)job.width + columns.x;
    if (HEAT_FORMAT == RGB24) {
        u32 levels[COLUMNS];
#pragma unroll
        for (int i = 0; i < COLUMNS; i++) {
            levels[i] = (u32)line.words[i];
            if (!HEAT_BEHIND) continue;
            u32 own = levels[i];
            int through = (int)line.through[i];
            levels[i] = mixed(byte_of(own, 0), byte_of(behind[i], 0), through)
                        | mixed(byte_of(own, 1), byte_of(behind[i], 1), through) << 8
                        | mixed(byte_of(own, 2), byte_of(behind[i], 2), through) << 16;
        }
        store_rgb(frame.out + 3 * place, levels, columns.count, columns.wide.canvas);
        return;
    }
    u32 luma = 0;
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        u32 level = (u32)(line.words[i] >> LEVEL_SHIFT);
        if (HEAT_BEHIND) level = mixed(level, byte_of(behind[0], i), (int)line.through[i]);
        luma |= level << 8 * i;
    }
    finish_yuv(job, frame, place, columns, line, luma, blocks);
}

// Premultiplied channels of a pixel with 16 bits of fraction, and what it lets through.
struct Front {
    i64 channel[3];
    i64 through;
};

INLINE i64 scaled(i64 number, i64 weight) { return (number * weight + HALF) >> 16; }

INLINE Front front_of_row(int row, const Colors &colors) {
    Front front;
    u64 word = colors.words[row];
    front.through = colors.through[row];
    i64 opacity = FULL - front.through;
    if (HEAT_FORMAT == RGB24) {
#pragma unroll
        for (int i = 0; i < 3; i++) front.channel[i] = (i64)byte_of((u32)word, i) * opacity;
        return front;
    }
    front.channel[0] = (i64)(word >> LEVEL_SHIFT) * opacity;
    front.channel[1] = (i64)(word & LANE_MASK) - HALF;
    front.channel[2] = (i64)(word >> LANE & LANE_MASK) - HALF;
    return front;
}

INLINE i64 weighted(const Job &job, int channel, i64 red, i64 green, i64 blue) {
    const i64 *weights = job.matrix + 3 * channel;
    return red * weights[0] + green * weights[1] + blue * weights[2];
}

INLINE Front front_of_color(const Job &job, const Color &color) {
    Front front;
    front.channel[0] = (i64)color.red << 16, front.channel[1] = (i64)color.green << 16;
    front.channel[2] = (i64)color.blue << 16;
    if (HEAT_FORMAT != RGB24) {
        i64 exact[3];
#pragma unroll
        for (int i = 0; i < 3; i++)
            exact[i] = weighted(job, i, color.red, color.green, color.blue) + job.offset[i];
        front.channel[0] = (exact[0] + (1 << (MATRIX_BITS - 1))) >> MATRIX_BITS << 16;
#pragma unroll
        for (int i = 1; i < 3; i++) {
            i64 fixed = (exact[i] + (1 << (MATRIX_BITS - 17))) >> (MATRIX_BITS - 16);
            front.channel[i] = least(fixed, (i64)255 << 16);
        }
    }
#pragma unroll
    for (int i = 0; i < 3; i++) front.channel[i] = scaled(front.channel[i], color.opacity);
    front.through = FULL - color.opacity;
    return front;
}

INLINE void weaken(Front *front, i64 mask) {
#pragma unroll
    for (int i = 0; i < 3; i++) front->channel[i] = scaled(front->channel[i], mask);
    front->through = FULL - scaled(FULL - front->through, mask);
}

// Over the colour that lies under all, where no frames do.
INLINE void ground(const Job &job, Front *front) {
#pragma unroll
    for (int i = 0; i < 3; i++) front->channel[i] += (i64)rint(job.under[i] * (double)front->through);
    front->through = 0;
}

INLINE void shade_fronts(
    const Job &job, const Frame &frame, int y, const Columns &columns, Front *fronts,
    const u32 *behind, Blocks *blocks
) {
    if (!HEAT_BEHIND) {
#pragma unroll
        for (int i = 0; i < COLUMNS; i++) ground(job, fronts + i);
    }
    i64 place = (i64)y * (int)job.width + columns.x;
    if (HEAT_FORMAT == RGB24) {
        u32 levels[COLUMNS];
#pragma unroll
        for (int i = 0; i < COLUMNS; i++) {
            levels[i] = 0;
#pragma unroll
            for (int c = 0; c < 3; c++) {
                i64 total = fronts[i].channel[c] + HALF + (i64)byte_of(behind[i], c) * fronts[i].through;
                levels[i] |= ((u32)(total >> 16) & 255) << 8 * c;
            }
        }
        store_rgb(frame.out + 3 * place, levels, columns.count, columns.wide.canvas);
        return;
    }
    u32 luma = 0;
    Line line;
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        const Front &front = fronts[i];
        i64 total = front.channel[0] + HALF + (i64)byte_of(behind[0], i) * front.through;
        luma |= ((u32)(total >> 16) & 255) << 8 * i;
        line.words[i] = (u64)(front.channel[1] + HALF) | (u64)(front.channel[2] + HALF) << LANE;
        line.through[i] = (u32)front.through;
    }
    finish_yuv(job, frame, place, columns, line, luma, blocks);
}

// One channel of a blend mode other than over, in whole levels.
INLINE u32 blended(u32 front, u32 behind, i64 opacity) {
    u32 level = least((int)(front + behind), 255);
    if (HEAT_BLEND == MULTIPLY) level = (front * behind + 127) / 255;
    if (HEAT_BLEND == SCREEN) level = 255 - ((255 - front) * (255 - behind) + 127) / 255;
    if (HEAT_BLEND == LIGHTEN) level = front > behind ? front : behind;
    if (HEAT_BLEND == DARKEN) level = front < behind ? front : behind;
    return (u32)(((i64)level * opacity + (i64)behind * (FULL - opacity) + HALF) >> 16);
}

INLINE u32 sample_of(const Job &job, int channel, u64 rgb, int bits) {
    i64 red = rgb & 0xffff, green = rgb >> 16 & 0xffff, blue = rgb >> 32 & 0xffff;
    i64 total = weighted(job, channel, red, green, blue);
    total += (job.offset[channel] << (bits - MATRIX_BITS)) + ((i64)1 << (bits - 1));
    return (u32)least(total >> bits, (i64)255);
}

// Blends in red, green and blue, then converts; blocks add up colours, and the padding has the
// colours of the picture's edge.
INLINE void shade_blend(
    const Job &job, const Frame &frame, int y, const Columns &columns, const Color *colors, Blocks *blocks
) {
    int content_y = inside(job, y);
    u32 behind[COLUMNS], levels[COLUMNS];
    u64 sums[COLUMNS];
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        behind[i] = (u32)job.under_rgb;
        if (HEAT_BEHIND) {
            i64 place = 3 * ((i64)content_y * job.content_width + columns.canvas[i]);
            behind[i] = load(frame.behind + place, 3, false);
        }
        u32 red = blended(colors[i].red, byte_of(behind[i], 0), colors[i].opacity);
        u32 green = blended(colors[i].green, byte_of(behind[i], 1), colors[i].opacity);
        u32 blue = blended(colors[i].blue, byte_of(behind[i], 2), colors[i].opacity);
        levels[i] = red | green << 8 | blue << 16;
        sums[i] = (u64)red | (u64)green << 16 | (u64)blue << 32;
    }
    i64 place = (i64)y * (int)job.width + columns.x;
    u8 *out = frame.out;
    if (HEAT_FORMAT == RGB24) store_rgb(out + 3 * place, levels, columns.count, columns.wide.canvas);
    for (int plane = 0; plane < 3; plane++) {
        if (HEAT_FORMAT == RGB24 || (plane > 0 && HEAT_FORMAT != YUV444P)) continue;
        u32 bytes = 0;
#pragma unroll
        for (int i = 0; i < COLUMNS; i++) bytes |= sample_of(job, plane, sums[i], MATRIX_BITS) << 8 * i;
        store(out + plane * job.height * job.width + place, bytes, columns.count, columns.wide.canvas);
    }
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) blocks->lanes[i / 2] += sums[i];
}

// The same blocks as lanes of chroma that is rounded already, to be written as any is.
INLINE Blocks blend_blocks(const Job &job, const Blocks &sums) {
    Blocks blocks = {};
#pragma unroll
    for (int i = 0; i < 2; i++) {
        u64 cb = sample_of(job, 1, sums.lanes[i], MATRIX_BITS + 2);
        u64 cr = sample_of(job, 2, sums.lanes[i], MATRIX_BITS + 2);
        blocks.lanes[i] = cb << 18 | cr << (LANE + 18);
    }
    return blocks;
}

// One row of a group, whatever the plan is; ``rows`` of the table, of a field that has them.
INLINE void render_row(
    const Job &job, const Frame &frame, const Table &table, int y, const Columns &columns,
    const Lookup *lookups, const Colors &colors, const int *rows, const u32 *behind, Blocks *blocks
) {
    int content_y = inside(job, y);
    if (HEAT_FORMAT == GRAY || HEAT_FORMAT == GRAY16LE)
        return shade_gray(job, frame, y, columns, rows);
    if (HEAT_KIND == SCALAR && !HEAT_MASK && HEAT_BLEND == OVER)
        return shade_table(job, frame, y, columns, rows, colors, behind, blocks);
    Color front[COLUMNS];
    Front fronts[COLUMNS];
    if (HEAT_KIND != SCALAR) colors_at(job, frame, table, content_y, columns, lookups, front);
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        int mask = HEAT_MASK ? mask_at(job, frame, content_y, columns.canvas[i]) : FULL;
        if (HEAT_BLEND == OVER) {
            fronts[i] = HEAT_KIND == SCALAR ? front_of_row(rows[i], colors) : front_of_color(job, front[i]);
            if (HEAT_MASK) weaken(fronts + i, mask);
            continue;
        }
        if (HEAT_KIND == SCALAR) {
            u32 rgb = (u32)colors.words[rows[i]];
            front[i].red = byte_of(rgb, 0), front[i].green = byte_of(rgb, 1);
            front[i].blue = byte_of(rgb, 2), front[i].opacity = (int)colors.through[rows[i]];
        }
        if (HEAT_MASK) front[i].opacity = (int)scaled(front[i].opacity, mask);
    }
    if (HEAT_BLEND == OVER) return shade_fronts(job, frame, y, columns, fronts, behind, blocks);
    shade_blend(job, frame, y, columns, front, blocks);
}

// Two rows of a group, and its chroma. All of the field is read before anything is written, so
// that the reads of both rows are under way at once.
INLINE void render_group(
    const Job &job, const Frame &frame, const Table &table, int y, const Columns &columns,
    const Lookup *lookups, const Colors &colors, Between *between
) {
    Blocks blocks = {};
    int upper[COLUMNS] = {}, lower[COLUMNS] = {};
    bool both = HEAT_FORMAT == YUV420P || HEAT_FORMAT == NV12 || y + 1 < job.height;
    if (HEAT_KIND == SCALAR) {
        int next = inside(job, both ? y + 1 : y);
        rows_at(job, frame, table, inside(job, y), columns, lookups[0], between, upper);
        rows_at(job, frame, table, next, columns, lookups[0], between, lower);
    }
    Behind behind = {};
    if (HEAT_BEHIND && HEAT_BLEND == OVER) behind = behind_at(job, frame, y, both, columns);
    render_row(job, frame, table, y, columns, lookups, colors, upper, behind.rows[0], &blocks);
    if (both)
        render_row(job, frame, table, y + 1, columns, lookups, colors, lower, behind.rows[1], &blocks);
    if (HEAT_FORMAT != YUV420P && HEAT_FORMAT != NV12) return;
    if (HEAT_BLEND != OVER) blocks = blend_blocks(job, blocks);
    store_blocks(job, frame, y, columns, behind, blocks);
}

// Copies the table into shared memory: its words, and what its rows let through behind them.
INLINE void share(const char *table, u64 *shared) {
    const Table &own = *(const Table *)table;
    int first = threadIdx.y * blockDim.x + threadIdx.x, step = blockDim.x * blockDim.y;
    const u64 *words = (const u64 *)(table + own.words);
    const u32 *through = (const u32 *)(table + own.through);
    u32 *behind = (u32 *)(shared + own.count);
    for (int i = first; i < own.count; i += step) {
        shared[i] = words[i];
        if (HEAT_THROUGH == VARYING) behind[i] = through[i];
    }
}

// All groups of one frame that are this thread's.
INLINE void render_frame(
    const Job &job, const Frame &frame, const char *memory, const u64 *shared, Wide wide
) {
    const Table &table = *(const Table *)memory;
    int groups = (int)((job.width + COLUMNS - 1) / COLUMNS), pairs = (int)((job.height + 1) / 2);
    int strip = (int)job.strip;
    Lookup lookups[3];
#pragma unroll
    for (int i = 0; i < (HEAT_KIND == RGB ? 3 : 1); i++) lookups[i] = lookup_of(memory, i);
    Colors colors;
    colors.words = HEAT_SHARED ? shared : (const u64 *)(memory + table.words);
    colors.through = (const u32 *)(HEAT_SHARED ? (const char *)(shared + table.count) : memory + table.through);
    colors.constant = (u32)table.transmission;
    for (int x = blockIdx.x * blockDim.x + threadIdx.x; x < groups; x += gridDim.x * blockDim.x) {
        Columns columns = columns_at(job, COLUMNS * x, wide);
        Between between;
        between.first = between.second = -1;
        int first = (blockIdx.y * blockDim.y + threadIdx.y) * strip;
        for (; first < pairs; first += gridDim.y * blockDim.y * strip) {
            int last = least(first + strip, pairs);
            for (int pair = first; pair < last; pair++)
                render_group(job, frame, table, 2 * pair, columns, lookups, colors, &between);
        }
    }
}

// --- kernels ------------------------------------------------------------------------------------

extern "C" __global__ void __launch_bounds__(256, HEAT_BLOCKS) heat_render(const Job job) {
    extern __shared__ u64 heat_shared[];
    bool contiguous = HEAT_KIND == SCALAR && HEAT_REDUCE == KEEP && !HEAT_REALS &&
                      HEAT_COLUMNS == IDENTITY && !HEAT_COUNTS;
    Wide scalar = {false, false}, output = {false, true}, both = {true, true};
    for (i64 number = blockIdx.z; number < job.frames; number += gridDim.z) {
        const char *memory = job.tables + number * job.table_stride;
        Frame frame = frame_of(job, number);
        if (HEAT_SHARED && (number == blockIdx.z || job.table_stride)) {
            __syncthreads();  // the last frame's table is still in use
            share(memory, heat_shared);
            __syncthreads();
        }
        if (contiguous && job.wide_canvas && job.wide_field) {
            render_frame(job, frame, memory, heat_shared, both);
        } else if (job.wide_canvas) {
            render_frame(job, frame, memory, heat_shared, output);
        } else {
            render_frame(job, frame, memory, heat_shared, scalar);
        }
    }
}

// Loops over a plane of each frame.
#define EACH_PIXEL(frames, height, width)                                                        \
    for (i64 frame = blockIdx.z; frame < (frames); frame += gridDim.z)                           \
        for (int y = blockIdx.y * blockDim.y + threadIdx.y; y < (height); y += gridDim.y * blockDim.y) \
            for (int x = blockIdx.x * blockDim.x + threadIdx.x; x < (width); x += gridDim.x * blockDim.x)

// The field's values as numbers, one plane a channel: what is smoothed, or interpolated.
extern "C" __global__ void __launch_bounds__(256, 1) heat_stage(const Job job) {
    EACH_PIXEL(job.frames, job.field_height, job.field_width) {
        for (int channel = 0; channel < job.planes; channel++) {
            real value = 0;
            BY_DTYPE(read_real, job, frame_of(job, frame).field, y, x, channel, &value)
            i64 plane = frame * job.planes + channel;
            job.staged[(plane * job.field_height + y) * job.field_width + x] = bounded(value);
        }
    }
}

// Smooths along one axis, from job.staged to job.passed: a + sum((b - a) * w), edges repeated.
extern "C" __global__ void __launch_bounds__(256, 1) heat_smooth(const Job job) {
    int radius = (int)job.taps / 2, size = (int)(job.along ? job.field_height : job.field_width);
    EACH_PIXEL(job.frames * job.planes, job.field_height, job.field_width) {
        i64 start = frame * job.field_height * job.field_width;
        i64 step = job.along ? job.field_width : 1, own = job.along ? y : x;
        const real *line = job.staged + start + (job.along ? x : (i64)y * job.field_width);
        real middle = line[own * step], total = middle;
        for (int tap = 0; tap < job.taps; tap++) {
            if (tap == radius) continue;
            int place = least((int)own + tap - radius, size - 1);
            real other = line[(place < 0 ? 0 : place) * step];
            total = total + (other - middle) * job.weights[tap];
        }
        job.passed[start + (i64)y * job.field_width + x] = total;
    }
}

template <class S>
INLINE void direct_keys(const Job &job, const Frame &frame, int y, const Columns &columns, i64 *keys) {
    const char *start = frame.field;
    i64 row = source_row(job, y);
    for (int i = 0; i < 2; i++) {
        int number = 0, column = columns.first[i];
        if (HEAT_COUNTS) most_frequent<S>(job, start, y, columns.canvas[i], &row, &column);
        switch (HEAT_REDUCE) {
            case ARGMAX: strongest<S>(job, start, row, column, &number); keys[i] = number; break;
            case MAX: keys[i] = key(strongest<S>(job, start, row, column, &number)); break;
            case MEAN:
            case NORM: keys[i] = key(summed<S>(job, start, row, column)); break;
            default: keys[i] = key(read<S>(job, start, row, column, 0));
        }
    }
}

// Labels of a pixel and of the one to its right.
INLINE void keys_at(const Job &job, const Frame &frame, int y, const Columns &columns, i64 *keys) {
    if (HEAT_REALS) {
        real values[COLUMNS];
        Between between;
        between.first = between.second = -1;
        values_at(job, frame, y, columns, 0, &between, values);
        keys[0] = key(values[0]), keys[1] = key(values[1]);
    } else {
        BY_DTYPE(direct_keys, job, frame, y, columns, keys)
    }
}

// Marks pixels whose label is not that of the pixel to their right, or of the one below.
extern "C" __global__ void __launch_bounds__(256, 1) heat_edges(const Job job) {
    int bottom = (int)least(job.rows.stop, job.content_height);
    int right = (int)least(job.columns.stop, job.content_width);
    EACH_PIXEL(job.frames, job.content_height, job.content_width) {
        bool edge = false;
        if (y >= job.rows.start && y < bottom && x >= job.columns.start && x < right) {
            Columns columns = columns_at(job, x, Wide());
            i64 own[2], below[2];
            keys_at(job, frame_of(job, frame), y, columns, own);
            edge = x + 1 < right && own[0] != own[1];
            if (y + 1 < bottom) {
                keys_at(job, frame_of(job, frame), y + 1, columns, below);
                edge = edge || own[0] != below[0];
            }
        }
        job.edges[(frame * job.content_height + y) * job.content_width + x] = edge;
    }
}

// Widens what is marked along one axis, from job.edges to job.lines, centred on the edge.
extern "C" __global__ void __launch_bounds__(256, 1) heat_widen(const Job job) {
    int width = (int)job.outline;
    int size = (int)(job.along ? job.content_height : job.content_width);
    EACH_PIXEL(job.frames, job.content_height, job.content_width) {
        i64 start = frame * job.content_height * job.content_width;
        i64 step = job.along ? job.content_width : 1;
        int own = job.along ? y : x, low = own - width / 2, high = own + (width - 1) / 2;
        const u8 *line = job.edges + start + (job.along ? x : (i64)y * job.content_width);
        bool marked = false;
        low = low < 0 ? 0 : low, high = least(high, size - 1);
        for (int place = low; place <= high && !marked; place++) marked = line[place * step];
        job.lines[start + (i64)y * job.content_width + x] = marked;
    }
}
