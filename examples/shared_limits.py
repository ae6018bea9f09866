"""Render several files with the same limits, so that their colours can be compared.

The limits are exact percentiles of each file; the widest of them hold for all.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np

import heatvid

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", default="compared", help="a folder")
output = Path(parser.parse_args().output)
output.mkdir(parents=True, exist_ok=True)

with tempfile.TemporaryDirectory() as folder:
    for seed in range(3):  # stand for the dumps of three runs of a model
        steps = np.random.default_rng(seed).normal(0, 0.1 + seed, (24, 90, 160))
        np.save(Path(folder) / f"run{seed}.npy", steps.cumsum(axis=0).astype(np.float32))
    files = sorted(Path(folder).glob("*.npy"))

    measured = [heatvid.measure(file, percentiles=(1, 99)) for file in files]
    limits = min(low for low, _ in measured), max(high for _, high in measured)
    for file in files:
        print(heatvid.render(file, output / f"{file.stem}.mp4", limits=limits,
                             cmap="vik", overwrite=True))  # fmt: skip
