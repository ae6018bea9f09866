"""Everything decided before the first pixel moves."""
