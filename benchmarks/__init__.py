"""Measurements of heatvid; ``python -m benchmarks`` lists them."""
