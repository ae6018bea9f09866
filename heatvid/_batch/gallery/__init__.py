"""A page of a batch's outputs: what it tells of each, its posters, its sources for browsers."""
