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

// A group's samples of 8 bits, and of 16.
INLINE void store_bytes(u8 *out, const u32 *levels, int count, bool wide) {
    store(out, levels[0] | levels[1] << 8 | levels[2] << 16 | levels[3] << 24, count, wide);
}

INLINE void store_words(u8 *out, const u32 *levels, int count, bool wide) {
    store(out, levels[0] | levels[1] << 16, least(4, 2 * count), wide);
    if (count > 2) store(out + 4, levels[2] | levels[3] << 16, 2 * count - 4, wide);
}

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

// What a 2x2 block adds up to: chroma lanes with their rounding halves, and what is let through;
// of what keeps alpha, lanes without halves, the alpha, and chroma times it.
struct Blocks {
    u64 lanes[2];
    u32 through[2];
    u64 seen[2][2];
};

// Whether chroma has half the size each way.
INLINE bool is_halved() {
    return HEAT_FORMAT == YUV420P || HEAT_FORMAT == NV12 || HEAT_FORMAT == YUV420P10LE || HEAT_FORMAT == YUVA420P;
}

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
    if (HEAT_FORMAT == GRAY16LE) return store_words(out, levels, columns.count, columns.wide.canvas);
    store_bytes(out, levels, columns.count, columns.wide.canvas);
}

// Places in a palette.
INLINE void shade_places(
    const Job &job, const Frame &frame, int y, const Columns &columns, const int *rows, const Colors &colors
) {
    u32 places[COLUMNS];
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) places[i] = (u32)colors.words[rows[i]];
    u8 *out = frame.out + (i64)y * (int)job.width + columns.x;
    store_bytes(out, places, columns.count, columns.wide.canvas);
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
