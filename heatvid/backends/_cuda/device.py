"""Whether CUDA works here, what it lacks otherwise, and which devices there are."""

from __future__ import annotations

import ctypes
import importlib
import os
import sys
import tempfile
from functools import lru_cache
from importlib.util import find_spec
from typing import Any

from heatvid._errors import OptionError, RenderError

OLDEST = 70  # compute capability 7.0, from which on threads are independent
_DRIVERS = ("nvcuda.dll",) if sys.platform == "win32" else ("libcuda.so.1", "libcuda.so")
_OUT_OF_MEMORY = 2  # cudaErrorMemoryAllocation and CUDA_ERROR_OUT_OF_MEMORY


def missing() -> str | None:
    """What the machine lacks for CUDA, and what to do about that; None where it works.

    The answers that cost nothing come first: CuPy is only imported where there is a driver, and
    the driver is only initialised where CuPy could be imported.
    """
    return _missing(os.getpid())


@lru_cache(maxsize=1)
def _missing(pid: int) -> str | None:  # a fork's own answer is another one
    driver = driver_version()
    if driver is None:
        return f"there is no NVIDIA driver; it takes an NVIDIA GPU and driver, and {_install(None)}"
    if find_spec("cupy") is None:
        return f"CuPy is not installed; {_install(driver)}"
    if os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1", "NoDevFiles"):
        return "CUDA_VISIBLE_DEVICES hides every GPU; name one there, as in CUDA_VISIBLE_DEVICES=0"
    try:
        cupy = import_cupy()
    except Exception as error:  # whatever fails in a package of compiled parts
        return f"CuPy cannot be imported ({_line(error)}); {_install(driver)}"
    return _unusable(cupy, driver)


def _unusable(cupy: Any, driver: int) -> str | None:
    """What is wrong with devices, driver or libraries."""
    runtime = cupy.cuda.runtime
    needed = int(runtime.runtimeGetVersion())
    if driver // 1000 < needed // 1000:
        return (
            f"the NVIDIA driver is for CUDA {_version(driver)}, and this CuPy for "
            f"{_version(needed)}; update the driver, or {_install(driver)}"
        )
    try:
        count = int(runtime.getDeviceCount())
    except runtime.CUDARuntimeError as error:
        return f"CUDA finds no device ({_line(error)}); nvidia-smi tells more{_forked(error)}"
    if not count:
        return "CUDA finds no device; nvidia-smi tells more"
    try:
        oldest = _oldest(cupy)
    except Exception as error:
        return f"the CUDA toolkit's libraries cannot be loaded ({_line(error)}); {_install(driver)}"
    newest = max(_capability(cupy, i) for i in range(count))
    if newest < oldest:
        remedy = f"; {_install(None)}" if newest >= OLDEST else ""
        return (
            f"{'; '.join(describe(cupy))}: allowed are GPUs of compute capability "
            f"{oldest / 10} or newer{remedy}"
        )
    return None


def _oldest(cupy: Any) -> int:
    """Compute capability, times 10, from which on kernels are compiled; NVRTC 13 begins at 7.5."""
    return max(OLDEST, int(min(cupy.cuda.nvrtc.getSupportedArchs())))


def _forked(error: Any) -> str:
    """Say what is wrong where CUDA was initialised before a fork, which it does not survive."""
    if error.status != 3:  # cudaErrorInitializationError
        return ""
    return "; where this process was forked, use the start method 'spawn'"


def driver_version() -> int | None:
    """CUDA version of the driver, as 12080; None without one. It is not initialised by this."""
    for name in _DRIVERS:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        number = ctypes.c_int(0)
        if library.cuDriverGetVersion(ctypes.byref(number)) == 0 and number.value:
            return number.value
    return None


def import_cupy() -> Any:
    """Import CuPy, which then keeps compiled kernels in a folder that can be written."""
    if "cupy" not in sys.modules and "CUPY_CACHE_DIR" not in os.environ:
        folder = os.path.expanduser("~/.cupy/kernel_cache")
        if not _can_write(folder):
            os.environ["CUPY_CACHE_DIR"] = tempfile.mkdtemp(prefix="heatvid-cupy-")
    return importlib.import_module("cupy")


def _can_write(folder: str) -> bool:
    try:
        os.makedirs(folder, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def device_count() -> int:
    """GPUs of this machine, where CuPy works."""
    return int(import_cupy().cuda.runtime.getDeviceCount())


def check_device(cupy: Any, device: int) -> None:
    """Refuse a device that is not there, or is too old."""
    if device >= cupy.cuda.runtime.getDeviceCount() or _capability(cupy, device) < _oldest(cupy):
        raise OptionError(f"device: got {device}; allowed are {'; '.join(describe(cupy))}")


def describe(cupy: Any) -> list[str]:
    """One line a device: its number, name, compute capability and memory."""
    lines = []
    for i in range(cupy.cuda.runtime.getDeviceCount()):
        found = cupy.cuda.runtime.getDeviceProperties(i)
        name = found["name"].decode(errors="replace")
        memory = found["totalGlobalMem"] / (1 << 30)
        lines.append(f"{i} ({name}, {found['major']}.{found['minor']}, {memory:.0f} GiB)")
    return lines


def diagnose() -> dict[str, str]:
    """What ``heatvid doctor`` shows of CUDA."""
    driver = driver_version()
    rows = {"CUDA driver": "none" if driver is None else f"for CUDA {_version(driver)}"}
    lacking = missing()
    if driver is None or find_spec("cupy") is None:
        return rows
    try:
        cupy = import_cupy()
    except Exception as error:
        return {**rows, "CuPy": _line(error)}
    rows["CuPy"] = f"{cupy.__version__}, CUDA {_version(cupy.cuda.runtime.runtimeGetVersion())}"
    if lacking is None:
        rows["GPUs"] = "; ".join(describe(cupy))
    return rows


def out_of_memory(cupy: Any, error: Exception) -> bool:
    """Whether an error says that memory of the device, or pinned memory, ran out."""
    if isinstance(error, cupy.cuda.memory.OutOfMemoryError):
        return True
    kinds = (cupy.cuda.runtime.CUDARuntimeError, cupy.cuda.driver.CUDADriverError)
    return isinstance(error, kinds) and error.status == _OUT_OF_MEMORY


def translated(cupy: Any, error: Exception) -> Exception:
    """Give what to raise: a failure of CUDA's in its own words, others as they are."""
    runtime, driver = cupy.cuda.runtime.CUDARuntimeError, cupy.cuda.driver.CUDADriverError
    if isinstance(error, (runtime, driver, cupy.cuda.memory.OutOfMemoryError)):
        return RenderError(
            f"cuda: {_line(error)}; backend='numpy' renders the same bytes without the GPU"
        )
    if isinstance(error, cupy.cuda.compiler.CompileException):
        return RenderError(f"cuda: the kernels cannot be compiled: {_line(error)}")
    return error


def _capability(cupy: Any, device: int) -> int:
    found = cupy.cuda.runtime.getDeviceProperties(device)
    return int(found["major"]) * 10 + int(found["minor"])


def _install(driver: int | None) -> str:
    extra = "cuda13" if driver is not None and driver >= 13_000 else "cuda12"
    return f'pip install "heatvid[{extra}]"'


def _version(number: int) -> str:
    return f"{number // 1000}.{number % 1000 // 10}"


def _line(error: BaseException) -> str:
    words = " ".join(str(error).replace("=", " ").split()) or type(error).__name__
    return words if len(words) <= 200 else f"{words[:197]}..."
