// --- pixels of 10 bits, opaque ------------------------------------------------------------------
//
// Words of the table are laid out as for 8 bits; their lanes have two bits of fraction less.

INLINE bool is_deep() {
    return HEAT_FORMAT == YUV420P10LE || HEAT_FORMAT == YUV422P10LE || HEAT_FORMAT == YUV444P10LE;
}

// Chroma of the sum of as many words as 2 to the power of ``more``.
INLINE u32 deep_chroma(u64 lanes, int plane, int more) {
    return ((u32)(lanes >> plane * LANE) & LANE_MASK) >> (FIXED_BITS - DEEP_BITS + more);
}

// Both samples of a group, where chroma has half the columns; ``place`` is that of the first.
INLINE void store_deep_pair(u8 *out, i64 place, u32 first, u32 second, const Columns &columns) {
    // There is an even number of columns, and half as many samples of two bytes.
    store(out + 2 * place, first | second << 16, columns.count, columns.wide.canvas);
}

INLINE void shade_deep(
    const Job &job, const Frame &frame, int y, const Columns &columns, const int *rows,
    const Colors &colors, Blocks *blocks
) {
    i64 size = job.height * job.width, place = (i64)y * (int)job.width + columns.x;
    u64 words[COLUMNS];
    u32 levels[COLUMNS];
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        words[i] = colors.words[rows[i]];
        levels[i] = (u32)(words[i] >> LEVEL_SHIFT);
        if (HEAT_FORMAT == YUV420P10LE) blocks->lanes[i / 2] += words[i];
    }
    store_words(frame.out + 2 * place, levels, columns.count, columns.wide.canvas);
#pragma unroll
    for (int plane = 0; plane < 2; plane++) {
        if (HEAT_FORMAT == YUV422P10LE) {
            u32 first = deep_chroma(words[0] + words[1], plane, 1);
            u32 second = deep_chroma(words[2] + words[3], plane, 1);
            store_deep_pair(frame.out, size + (plane * size + place) / 2, first, second, columns);
        }
        if (HEAT_FORMAT == YUV444P10LE) {
#pragma unroll
            for (int i = 0; i < COLUMNS; i++) levels[i] = deep_chroma(words[i], plane, 0);
            u8 *out = frame.out + 2 * ((plane + 1) * size + place);
            store_words(out, levels, columns.count, columns.wide.canvas);
        }
    }
}

INLINE void store_deep_blocks(
    const Job &job, const Frame &frame, int y, const Columns &columns, const Blocks &blocks
) {
    i64 size = job.height * job.width;
    i64 place = size + (i64)(y / 2) * ((int)job.width / 2) + columns.x / 2;
#pragma unroll
    for (int plane = 0; plane < 2; plane++) {
        u32 first = deep_chroma(blocks.lanes[0], plane, 2), second = deep_chroma(blocks.lanes[1], plane, 2);
        store_deep_pair(frame.out, place + plane * size / 4, first, second, columns);
    }
}

