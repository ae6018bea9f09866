"""What a field's values are: passes over them, counts, percentiles, limits."""
