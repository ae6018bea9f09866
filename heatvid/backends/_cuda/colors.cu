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
