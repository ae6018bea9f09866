// Pictures in device memory to frames of a canvas: what _color/pictures.py's as_rgb and
// _color/colorspace.py's rgb_to_canvas make of the same pictures on the host, byte for byte.
//
// One picture, height x width x (1, 3 or 4) with any strides in bytes, of uint8 or bool, or of
// floats in 0..1; RGBA lies over black, gray stands for all three. Floats are rounded to 0..255; one that
// is not in 0..1 sets `beyond`. An odd size is padded by the last row or column. A thread makes a
// block of 2x2 pixels; 1 to 32 bytes a pixel are read, 1.5 to 3 written.
//
// Specialised by PIXEL, the type of a channel, and LAYOUT, that of the canvas.

enum Pixels { BYTES, BOOLS, HALFS, BFLOATS, FLOATS, DOUBLES };
enum Layouts { RGB, PLANAR_420, INTERLEAVED_420, PLANAR_444 };

const int MATRIX_BITS = 20;  // of fraction, as in _color/colorspace.py

struct Picture {
    const unsigned char *picture;
    long long height, width, channels, row_stride, column_stride, channel_stride;
    long long canvas_height, canvas_width;
    unsigned char *frame;
    int *beyond;
    int matrix[3][3], offset[3];  // rows of Y, Cb, Cr
};

union Word {
    unsigned int bits;
    float value;
};

// Exact: every half is a float.
__device__ static inline float of_half(unsigned short half) {
    Word word;
    const unsigned int sign = (half & 0x8000u) << 16, rest = half & 0x7fffu;
    if (rest >= 0x7c00u) {
        word.bits = 0x7f800000u | rest << 13;
    } else if (rest >= 0x0400u) {
        word.bits = (rest << 13) + (112u << 23);
    } else {
        word.value = (float)rest * 5.9604644775390625e-8f;  // 2^-24
    }
    word.bits |= sign;
    return word.value;
}

__device__ static inline float of_bfloat(unsigned short bfloat) {
    Word word;
    word.bits = (unsigned int)bfloat << 16;
    return word.value;
}

__device__ static inline int rounded(float value, bool inside, int *beyond) {
    if (!inside) {
        *beyond = 1;
        return 0;
    }
    return (int)rintf(value * 255.0f);
}

__device__ static inline int level(const unsigned char *at, int *beyond) {
    if (PIXEL == BYTES) return *at;
    if (PIXEL == BOOLS) return *at ? 255 : 0;
    if (PIXEL == DOUBLES) {
        const double value = *(const double *)at;
        return rounded((float)value, value >= 0 && value <= 1, beyond);
    }
    float value = 0;
    if (PIXEL == HALFS) value = of_half(*(const unsigned short *)at);
    if (PIXEL == BFLOATS) value = of_bfloat(*(const unsigned short *)at);
    if (PIXEL == FLOATS) value = *(const float *)at;
    return rounded(value, value >= 0 && value <= 1, beyond);
}

// A sample of plane 0, 1 or 2 of the sum of 1 << more pixels.
__device__ static inline unsigned char sample(
    const Picture &job, int plane, const int *rgb, int more
) {
    const int *row = job.matrix[plane], bits = MATRIX_BITS + more;
    const int offset = (job.offset[plane] << more) + (1 << (bits - 1));
    const int total = (rgb[0] * row[0] + rgb[1] * row[1] + rgb[2] * row[2] + offset) >> bits;
    return (unsigned char)(total < 255 ? total : 255);
}

__device__ static inline void read(const Picture &job, long long y, long long x, int *rgb) {
    y = y < job.height ? y : job.height - 1;
    x = x < job.width ? x : job.width - 1;
    const unsigned char *at = job.picture + y * job.row_stride + x * job.column_stride;
    for (int i = 0; i < 3; i++) {
        rgb[i] = i && job.channels == 1 ? rgb[0] : level(at + i * job.channel_stride, job.beyond);
    }
    if (job.channels > 3) {
        const int alpha = level(at + 3 * job.channel_stride, job.beyond);
        for (int i = 0; i < 3; i++) rgb[i] = (rgb[i] * alpha + 127) / 255;
    }
}

__device__ static inline void block(const Picture &job, long long top, long long left) {
    const long long size = job.canvas_height * job.canvas_width;
    int sum[3] = {0, 0, 0};
    for (int i = 0; i < 4; i++) {
        const long long y = top + i / 2, x = left + i % 2, place = y * job.canvas_width + x;
        if (y >= job.canvas_height || x >= job.canvas_width) continue;
        int rgb[3];
        read(job, y, x, rgb);
        for (int k = 0; k < 3; k++) {
            sum[k] += rgb[k];
            if (LAYOUT == RGB) job.frame[3 * place + k] = (unsigned char)rgb[k];
            if (LAYOUT == PLANAR_444) job.frame[k * size + place] = sample(job, k, rgb, 0);
        }
        if (LAYOUT == PLANAR_420 || LAYOUT == INTERLEAVED_420) {
            job.frame[place] = sample(job, 0, rgb, 0);
        }
    }
    const long long place = top / 2 * (job.canvas_width / 2) + left / 2;
    for (int k = 1; k < 3; k++) {
        if (LAYOUT == PLANAR_420) {
            job.frame[size + (k - 1) * (size / 4) + place] = sample(job, k, sum, 2);
        }
        if (LAYOUT == INTERLEAVED_420) {
            job.frame[size + 2 * place + k - 1] = sample(job, k, sum, 2);
        }
    }
}

extern "C" __global__ void picture_to_canvas(const Picture job) {
    const long long x = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    const long long y = blockIdx.y * (long long)blockDim.y + threadIdx.y;
    const long long across = gridDim.x * (long long)blockDim.x;
    const long long down = gridDim.y * (long long)blockDim.y;
    for (long long top = 2 * y; top < job.canvas_height; top += 2 * down) {
        for (long long left = 2 * x; left < job.canvas_width; left += 2 * across) {
            block(job, top, left);
        }
    }
}
