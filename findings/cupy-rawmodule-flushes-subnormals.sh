#!/usr/bin/env bash
# CuPy 14.2.0 overrides -ftz=false: RawModule and RawKernel put -ftz=true behind the options that
# they are given, and NVRTC 12.9 heeds the last one. Subnormal float32 count as zero, in arithmetic
# and in comparisons; nothing is said, as CuPy drops the compiler's log where it succeeds.
# cupy.cuda.compiler.compile_using_nvrtc adds no such option. No GPU is needed: what CuPy asks the
# driver for (the architecture, to load the binary) is replaced, the rest is CuPy's own.
#
# Seen: RawModule: setp.gt.ftz.f32 mul.rn.ftz.f32
#       compile_using_nvrtc: setp.gt.f32 mul.rn.f32
# Reported as https://github.com/cupy/cupy/issues/9576. Ends with 1 where it is no longer so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet cupy-cuda12x==14.2.0 'cuda-toolkit[cudart,nvrtc]==12.9.2'
CUPY_CACHE_DIR=$work/cache CUPY_COMPILE_WITH_PTX=1 "$work/venv/bin/python" - <<'PYTHON'
import re
import sys

import cupy
from cupy._core import raw
from cupy.cuda import compiler, function

SOURCE = """extern "C" __global__ void k(const float *a, float *b, int *c) {
    b[0] = a[0] * a[1];
    c[0] = a[2] > a[3];
}"""
OPTIONS = ("--fmad=false", "-ftz=false")
made = []


class Module(function.Module):
    def load(self, binary):
        made.append(binary)


def instructions(ptx):
    return " ".join(sorted(set(re.findall(r"(?:mul|setp)\S*f32", ptx.decode())), reverse=True))


function.Module = Module
compiler._get_arch = lambda: "80"
for owner, name in ((compiler, "_get_arch_for_options_for_nvrtc"), (raw, "_get_raw_module")):
    setattr(owner, name, getattr(owner, name).__wrapped__)  # without asking for the device

cupy.RawModule(code=SOURCE, options=OPTIONS).compile()
seen = {
    "RawModule": instructions(made[0]),
    "compile_using_nvrtc": instructions(compiler.compile_using_nvrtc(SOURCE, OPTIONS)[0]),
}
print(f"CuPy {cupy.__version__}, NVRTC {'.'.join(map(str, cupy.cuda.nvrtc.getVersion()))}")
for name, found in seen.items():
    print(f"{name}: {found}")
sys.exit(seen != {
    "RawModule": "setp.gt.ftz.f32 mul.rn.ftz.f32", "compile_using_nvrtc": "setp.gt.f32 mul.rn.f32",
})
PYTHON
