// --- rendering: what a thread does, and the kernels ---------------------------------------------

// One row of a group, whatever the plan is; ``rows`` of the table, of a field that has them.
INLINE void render_row(
    const Job &job, const Frame &frame, const Table &table, int y, const Columns &columns,
    const Lookup *lookups, const Colors &colors, const int *rows, const u32 *behind, Blocks *blocks
) {
    int content_y = inside(job, y);
    if (HEAT_FORMAT == GRAY || HEAT_FORMAT == GRAY16LE)
        return shade_gray(job, frame, y, columns, rows);
    if (HEAT_FORMAT == PAL8) return shade_places(job, frame, y, columns, rows, colors);
    if (is_deep()) return shade_deep(job, frame, y, columns, rows, colors, blocks);
    if (keeps_alpha()) return render_straight(job, frame, table, y, columns, lookups, colors, rows, blocks);
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
    bool both = is_halved() || y + 1 < job.height;
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
    if (!is_halved()) return;
    if (HEAT_FORMAT == YUV420P10LE) return store_deep_blocks(job, frame, y, columns, blocks);
    if (HEAT_FORMAT == YUVA420P) return store_seen_blocks(job, frame, y, columns, blocks);
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
