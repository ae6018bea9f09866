// --- what keeps alpha: colours as they are, and their opacity beside them ----------------------
//
// heatvid/backends/_numpy/straight.py is the definition.

INLINE bool keeps_alpha() {
    return HEAT_FORMAT == YUVA420P || HEAT_FORMAT == YUVA444P10LE || HEAT_FORMAT == RGBA;
}
INLINE int alpha_bits() { return HEAT_FORMAT == YUVA444P10LE ? DEEP_BITS : 8; }

// A pixel: red, green and blue, or luma, and chroma with its fraction; and its opacity.
struct Seen {
    u32 level[3];
    int opacity;
};

INLINE Seen seen_of_row(int row, const Colors &colors) {
    Seen seen;
    u64 word = colors.words[row];
    seen.opacity = (int)colors.through[row];
    if (HEAT_FORMAT == RGBA) {
#pragma unroll
        for (int i = 0; i < 3; i++) seen.level[i] = byte_of((u32)word, i);
        return seen;
    }
    seen.level[0] = (u32)(word >> LEVEL_SHIFT);
    seen.level[1] = (u32)word & LANE_MASK, seen.level[2] = (u32)(word >> LANE) & LANE_MASK;
    return seen;
}

INLINE Seen seen_of_color(const Job &job, const Color &color) {
    Seen seen;
    seen.opacity = color.opacity;
    seen.level[0] = color.red, seen.level[1] = color.green, seen.level[2] = color.blue;
#pragma unroll
    for (int i = 0; i < 3; i++) {
        if (HEAT_FORMAT == RGBA) continue;
        int shift = MATRIX_BITS + 8 - (i ? FIXED_BITS : alpha_bits());
        i64 exact = weighted(job, i, color.red, color.green, color.blue) + job.offset[i];
        i64 most = i ? (1 << FIXED_BITS) - (1 << (FIXED_BITS - alpha_bits())) : (1 << alpha_bits()) - 1;
        seen.level[i] = (u32)least((exact + (1 << (shift - 1))) >> shift, most);
    }
    return seen;
}

// Chroma of every pixel, and its alpha.
INLINE void store_seen_444(
    const Job &job, const Frame &frame, i64 place, const Columns &columns, const Seen *seen, const u32 *alpha
) {
    const int fraction = FIXED_BITS - DEEP_BITS;
    i64 size = job.height * job.width;
    u32 levels[COLUMNS];
#pragma unroll
    for (int plane = 1; plane < 3; plane++) {
#pragma unroll
        for (int i = 0; i < COLUMNS; i++)
            levels[i] = (seen[i].level[plane] + (1 << (fraction - 1))) >> fraction;
        store_words(frame.out + 2 * (plane * size + place), levels, columns.count, columns.wide.canvas);
    }
    store_words(frame.out + 2 * (3 * size + place), alpha, columns.count, columns.wide.canvas);
}

INLINE void shade_seen(
    const Job &job, const Frame &frame, int y, const Columns &columns, const Seen *seen, Blocks *blocks
) {
    i64 size = job.height * job.width, place = (i64)y * (int)job.width + columns.x;
    u32 alpha[COLUMNS], luma[COLUMNS];
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        const Seen &own = seen[i];
        luma[i] = own.level[0];
        alpha[i] = ((u32)own.opacity * ((1 << alpha_bits()) - 1) + HALF) >> 16;
        u32 pixel = own.level[0] | own.level[1] << 8 | own.level[2] << 16 | alpha[i] << 24;
        if (HEAT_FORMAT == RGBA && i < columns.count)
            store(frame.out + 4 * (place + i), pixel, 4, columns.wide.canvas);
        if (HEAT_FORMAT != YUVA420P) continue;
        blocks->lanes[i / 2] += (u64)own.level[1] | (u64)own.level[2] << LANE;
        blocks->through[i / 2] += alpha[i];
        blocks->seen[i / 2][0] += (u64)own.level[1] * alpha[i];
        blocks->seen[i / 2][1] += (u64)own.level[2] * alpha[i];
    }
    if (HEAT_FORMAT == YUVA420P) {
        store_bytes(frame.out + place, luma, columns.count, columns.wide.canvas);
        store_bytes(frame.out + size * 3 / 2 + place, alpha, columns.count, columns.wide.canvas);
    }
    if (HEAT_FORMAT == YUVA444P10LE) {
        store_words(frame.out + 2 * place, luma, columns.count, columns.wide.canvas);
        store_seen_444(job, frame, place, columns, seen, alpha);
    }
}

// The mean of a block, each pixel as much as it is seen.
INLINE u32 seen_chroma(const Blocks &blocks, int block, int plane) {
    u64 weight = blocks.through[block];
    u32 plain = (u32)(blocks.lanes[block] >> plane * LANE) & LANE_MASK;
    if (!weight) return (plain + 4 * HALF) >> 18;
    return (u32)((blocks.seen[block][plane] + (weight << 15)) / (weight << 16));
}

INLINE void store_seen_blocks(
    const Job &job, const Frame &frame, int y, const Columns &columns, const Blocks &blocks
) {
    i64 size = job.height * job.width;
    i64 place = size + (i64)(y / 2) * ((int)job.width / 2) + columns.x / 2;
#pragma unroll
    for (int plane = 0; plane < 2; plane++) {
        u32 pair = seen_chroma(blocks, 0, plane) | seen_chroma(blocks, 1, plane) << 8;
        u8 *out = frame.out + place + plane * size / 4;
        store_pair(out, pair, (columns.count + 1) / 2, columns.wide.canvas);
    }
}

// One row of a group.
INLINE void render_straight(
    const Job &job, const Frame &frame, const Table &table, int y, const Columns &columns,
    const Lookup *lookups, const Colors &colors, const int *rows, Blocks *blocks
) {
    int content_y = inside(job, y);
    Color front[COLUMNS];
    Seen seen[COLUMNS];
    if (HEAT_KIND != SCALAR) colors_at(job, frame, table, content_y, columns, lookups, front);
#pragma unroll
    for (int i = 0; i < COLUMNS; i++) {
        seen[i] = HEAT_KIND == SCALAR ? seen_of_row(rows[i], colors) : seen_of_color(job, front[i]);
        if (!HEAT_MASK) continue;
        int mask = mask_at(job, frame, content_y, columns.canvas[i]);
        seen[i].opacity = (int)scaled(seen[i].opacity, mask);
    }
    shade_seen(job, frame, y, columns, seen, blocks);
}

