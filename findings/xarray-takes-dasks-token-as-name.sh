#!/usr/bin/env bash
# A DataArray that is made of an array of dask without a name has one all the same: that of the
# array's first task, with a hash. Of the same values in NumPy it has none. The name stays through
# arithmetic and load(), labels colourbars of plots, and becomes the name of the variable where a
# file is written, so that the same script writes another variable where chunks are others. Nothing
# is said. (name=None is the default and so no way out; .rename(None) afterwards is.)
#
# xarray 2026.9.0, dask 2026.8.0, numpy 2.4.6.
#
# Seen: of NumPy: None; of dask: a token; after + 1 and load(): the same token
#       of other chunks: another token; after rename(None): None
# Ends with 1 where it is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet xarray==2026.9.0 "dask[array]==2026.8.0" numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import re
import sys

import dask.array
import numpy as np
import xarray

values = np.arange(24.0).reshape(4, 2, 3)


def name_of(data):
    return xarray.DataArray(data, dims=("time", "y", "x")).name


plain = name_of(values)
lazy = xarray.DataArray(dask.array.from_array(values, chunks=(2, 2, 3)), dims=("time", "y", "x"))
token = lazy.name
computed = (lazy + 1).load().name
others = name_of(dask.array.from_array(values, chunks=(1, 2, 3)))
renamed = lazy.rename(None).name
print(f"of NumPy: {plain}; of dask: {token}; after + 1 and load(): {computed}")
print(f"of other chunks: {others}; after rename(None): {renamed}")
is_token = re.fullmatch(r"array-[0-9a-f]{32}", token or "") is not None
sys.exit(not (plain is None and is_token and computed == token and others != token and renamed is None))
PYTHON
