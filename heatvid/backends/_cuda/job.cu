// Fields into canvas planes, in one pass over device memory.
//
// What it computes. Of each frame of a batch: its values where the canvas has its pixels (strided,
// channels reduced, smoothed, resampled), the rows of the colour table that they lie in, the
// colours of these rows over what is behind, as samples of the canvas. heatvid/backends/_numpy/backend.py
// is the definition; the bytes are the same.
//
// Shapes. field (n, H, W[, C]) of any strides; background (n, bytes of a frame); mask (n, h, w)
// float32; output (n, bytes of a frame), in any of the formats below. All offsets are 64 bits.
//
// Where it stands. What follows is one source, of this file (what a launch is told, and numbers),
// index.cu, values.cu, colors.cu, shading.cu, deep.cu, straight.cu and heat.cu, in this order.
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
enum Reduce { KEEP, ARGMAX, MAX, MEAN, NORM };
enum Way { TABLED, LINEAR, LABELS, BREAKS };
enum Precision { NARROW, WIDE, EITHER };  // of an index: float32, float64, or as its table says
enum Sampling { IDENTITY, NEAREST, BILINEAR, BICUBIC, AREA };
enum Format {
    YUV420P, NV12, YUV444P, YUV420P10LE, YUV422P10LE, YUV444P10LE, YUVA420P, YUVA444P10LE,
    RGB24, RGBA, PAL8, GRAY, GRAY16LE
};
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
const int FIXED_BITS = 24;  // of a level and its fraction
const int DEEP_BITS = 10;   // of a level of more than 8

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
