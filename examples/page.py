"""Write one page that carries the values: colours and limits are chosen where it is opened."""

import argparse

import numpy as np

import heatvid

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--output", default="page.html")
output = parser.parse_args().output

y, x = np.mgrid[0:90, 0:160]
spread = np.linspace(6, 60, 48)[:, None, None]
density = np.exp(-((x - 80) ** 2 + (y - 45) ** 2) / spread**2) / spread**2

result = heatvid.render(
    density.astype(np.float32), output, norm="log", vmin=1e-6, vmax=0.03, cmap="magma",
    cmaps="viridis, turbo", exact=True, overwrite=True,
)  # fmt: skip
print(result)
