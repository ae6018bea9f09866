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
