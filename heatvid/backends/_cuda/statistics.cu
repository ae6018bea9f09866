// Counts of values in device memory: range and kinds, digits of a radix histogram, blank frames.
//
// All arithmetic is on the values' bits as unsigned integers, so counts are exact, and what the
// host makes of them equals what heatvid/_statistics/counts.py makes of the same values.
//
// Frames are blocks of height x width x channels values with any strides, in bytes. Blocks of a
// grid share frames along x and rows along y and z, in any number. Every value is read once.
//
// Specialised by STORED_BYTES (of a value in memory: 1, 2, 4, 8), WIDENED (bits by which it is
// shifted to the left first: 16 for bfloat16, which then is float32) and KIND.

typedef unsigned long long Bits;

enum Kinds { UNSIGNED, SIGNED, FLOAT };

struct Values {
    const unsigned char *values;
    long long frames, height, width, channels, frame_stride, row_stride, column_stride, channel_stride;
    Bits sign, exponent;  // the sign's bit, and those that are all set where it is not finite
    Bits positive;  // whether what is not above 0 counts as NaN
    Bits prefix, shift, digit_bits, is_first;  // of the digit that is counted
    void *result;
};

__device__ static inline Bits load(const unsigned char *at) {
    Bits bits = 0;
    if (STORED_BYTES == 1) bits = *at;
    if (STORED_BYTES == 2) bits = *(const unsigned short *)at;
    if (STORED_BYTES == 4) bits = *(const unsigned int *)at;
    if (STORED_BYTES == 8) bits = *(const Bits *)at;
    return bits << WIDENED;
}

__device__ static inline bool is_finite(const Values &all, Bits bits) {
    return KIND != FLOAT || (bits & all.exponent) != all.exponent;
}

__device__ static inline bool is_nan(const Values &all, Bits bits) {
    if (all.positive && (!bits || bits & all.sign)) return true;
    return !is_finite(all, bits) && (bits & (all.sign - 1)) != all.exponent;
}

// Unsigned numbers in the order of the values.
__device__ static inline Bits in_order(const Values &all, Bits bits) {
    if (KIND == UNSIGNED) return bits;
    if (KIND == SIGNED) return bits ^ all.sign;
    return bits & all.sign ? ~bits & (2 * all.sign - 1) : bits | all.sign;
}

// Calls `each(bits)` for this thread's values of a frame until it says true.
template <class Each>
__device__ static inline void visit(const Values &all, long long index, Each each) {
    const unsigned char *frame = all.values + index * all.frame_stride;
    const int count = (int)(all.width * all.channels), channels = (int)all.channels;
    const long long first = blockIdx.z * (long long)gridDim.y + blockIdx.y;
    for (long long row = first; row < all.height; row += gridDim.y * (long long)gridDim.z) {
        const unsigned char *line = frame + row * all.row_stride;
        for (int i = (int)threadIdx.x; i < count; i += (int)blockDim.x) {
            const int column = channels == 1 ? i : i / channels;
            const int channel = i - column * channels;
            if (each(load(line + column * all.column_stride + channel * all.channel_stride))) {
                return;
            }
        }
    }
}

// Of each frame: the least and the greatest finite value in order, and the number of NaN, of
// positive and of negative infinities; the result holds (~0, 0, 0, 0, 0) a frame before.
__device__ static inline void extremes_of(const Values &all, long long frame) {
    Bits low = ~0ULL, high = 0, nans = 0, above = 0, below = 0;
    visit(all, frame, [&](Bits bits) {
        if (is_nan(all, bits)) {
            nans++;
        } else if (is_finite(all, bits)) {
            const Bits key = in_order(all, bits);
            low = key < low ? key : low;
            high = key > high ? key : high;
        } else if (bits & all.sign) {
            below++;
        } else {
            above++;
        }
        return false;
    });
    Bits *found = (Bits *)all.result + frame * 5;
    if (low <= high) {
        atomicMin(found, low);
        atomicMax(found + 1, high);
    }
    if (nans) atomicAdd(found + 2, nans);
    if (above) atomicAdd(found + 3, above);
    if (below) atomicAdd(found + 4, below);
}

extern "C" __global__ void extremes(const Values all) {
    for (long long i = blockIdx.x; i < all.frames; i += gridDim.x) extremes_of(all, i);
}

// How often each digit occurs, in all frames together: bits >> shift of the values whose bits
// above the digit are those of the prefix; of all values where the digit is the first.
extern "C" __global__ void digits(const Values all) {
    const Bits mask = (1ULL << all.digit_bits) - 1;
    Bits *counts = (Bits *)all.result;
    for (long long i = blockIdx.x; i < all.frames; i += gridDim.x) {
        visit(all, i, [&](Bits bits) {
            if (is_nan(all, bits)) return false;  // which has a digit of its own, and no rank
            const Bits rest = bits >> all.shift;
            if (all.is_first || rest >> all.digit_bits == all.prefix) {
                atomicAdd(counts + (rest & mask), 1ULL);
            }
            return false;
        });
    }
}

// Sets a frame's byte of the result where it has a value that is not NaN; its threads stop at the
// first one that any of them sees, so that all but blank frames cost next to nothing.
extern "C" __global__ void shown(const Values all) {
    for (long long i = blockIdx.x; i < all.frames; i += gridDim.x) {
        volatile unsigned char *mine = (unsigned char *)all.result + i;
        visit(all, i, [&](Bits bits) {
            if (*mine) return true;
            if (!is_nan(all, bits)) *mine = 1;
            return *mine != 0;
        });
    }
}
