"""From a field to an output: the drivers, and the ring that turns between."""
