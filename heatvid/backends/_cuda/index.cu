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
