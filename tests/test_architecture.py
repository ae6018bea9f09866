"""The shape of the code: what imports what, what is public, who prints, who starts processes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import heatvid

ROOT = Path(heatvid.__file__).parent

# From the top down; a module imports from layers below its own, or from its own without a cycle.
# A package is named by its folder. New modules have to be given a place.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("_commands",),
    ("__init__", "xarray"),
    ("_tools",),
    ("_batch",),
    ("_jobs",),
    ("_layout",),
    ("_statistics",),
    ("backends",),
    ("_plan",),
    ("_encode",),
    ("_under",),
    ("sources",),
    ("_video",),
    ("_ffmpeg",),
    ("_values",),
    ("_color",),
    ("_options", "_progress"),
    ("_canvas",),
    ("_frames",),
    ("_streams",),
    ("_errors", "_reasons", "_cores", "_memory", "_signals"),
)

HEAVY = {
    "av", "cupy", "numba", "llvmlite", "matplotlib", "imageio", "imageio_ffmpeg", "PIL", "tqdm",
    "cmap", "torch",
    "h5py", "hdf5plugin", "zarr", "numcodecs", "fsspec", "tifffile", "imagecodecs", "OpenEXR",
    "netCDF4", "xarray",
    "dask", "distributed",
}  # fmt: skip


def is_kernels(name: str) -> bool:
    """Whether a module is of the numba backend's kernels, or of what compiles them."""
    package = "heatvid.backends._numba"
    own = name.removeprefix(f"{package}.").partition(".")[0]
    return name.startswith(f"{package}.") and own not in ("backend", "compile_apart")


# --- reading the source ---------------------------------------------------------------------------


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("heatvid", *(part for part in parts if part != "__init__")))


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py"))}


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def runtime_nodes(node: ast.AST, *, functions: bool) -> Iterator[ast.AST]:
    """All nodes that run, those of functions' bodies only where asked for."""
    for child in ast.iter_child_nodes(node):
        if is_type_checking(child):
            continue
        if not functions and isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            continue
        yield child
        yield from runtime_nodes(child, functions=functions)


def imported(module: str, *, functions: bool) -> set[str]:
    """Names of modules that are imported, and of what is imported from modules."""
    names = set()
    for node in runtime_nodes(tree(module), functions=functions):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: relative import"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@cache
def inner(module: str) -> frozenset[str]:
    """The modules of heatvid that a module imports, anywhere in it."""
    names = imported(module, functions=True) & MODULES.keys()
    return frozenset(names - packages_named_only(module) - {module})


def packages_named_only(module: str) -> set[str]:
    """Packages that only stand before a submodule: `from heatvid.sources import _images`."""
    packages: dict[str, bool] = {}
    for node in runtime_nodes(tree(module), functions=True):
        if isinstance(node, ast.ImportFrom) and node.module in MODULES:
            submodules = all(f"{node.module}.{alias.name}" in MODULES for alias in node.names)
            packages[node.module] = packages.get(node.module, True) and submodules
    return {package for package, submodules in packages.items() if submodules}


def layer(module: str) -> int | None:
    room = "__init__" if module == "heatvid" else module.split(".")[1]
    return next((i for i, rooms in enumerate(LAYERS) if room in rooms), None)


# --- imports --------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_downward(module: str) -> None:
    own = layer(module)
    assert own is not None, f"{module} has no place in LAYERS yet"
    for name in inner(module):
        other = layer(name)
        assert other is not None, f"{name} has no place in LAYERS yet"
        assert own <= other, f"{module} imports {name}, which lies above it"


def test_every_place_is_taken() -> None:
    rooms = {"__init__", *(module.split(".")[1] for module in MODULES if "." in module)}
    assert rooms == {room for layer in LAYERS for room in layer}


def test_the_map_in_the_readme_shows_every_room_above_those_it_imports_from() -> None:
    blocks = (ROOT.parent / "README.md").read_text("utf-8").split("```")
    (shown,) = [block for block in blocks if block.strip().startswith("heatvid/")]
    places = re.findall(r"^  (\w+)", shown, re.MULTILINE)
    assert places == sorted(places, key=lambda room: layer(f"heatvid.{room}") or 0)
    rooms = {room for layer in LAYERS for room in layer} - {"__init__", "__main__"}
    assert [room for room in sorted(rooms) if room not in shown] == []


def test_nothing_is_imported_in_a_circle() -> None:
    graph = {module: inner(module) for module in MODULES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path, module])
        if module not in done:
            for name in graph[module]:
                visit(name, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("module", MODULES)
def test_heavy_packages_are_imported_where_they_are_used(module: str) -> None:
    at_import = {name.split(".")[0] for name in imported(module, functions=False)}
    allowed = {"numba"} if module == "heatvid.backends._numba.jit.compiler" else set()
    allowed |= {"xarray"} if module == "heatvid.xarray" else set()
    allowed |= {"llvmlite"} if module.startswith("heatvid.backends._numba.jit.") else set()
    assert not at_import & (HEAVY - allowed)


@pytest.mark.parametrize("module", MODULES)
def test_kernels_are_imported_by_kernels_or_late(module: str) -> None:
    at_import = imported(module, functions=False)
    assert is_kernels(module) or not {name for name in at_import if is_kernels(name)}


@pytest.mark.parametrize("module", MODULES)
def test_cupy_and_numba_stay_in_their_backends(module: str) -> None:
    everywhere = {name.split(".")[0] for name in imported(module, functions=True)}
    in_backends = module.startswith("heatvid.backends.")
    takes_arrays = in_backends or module.startswith("heatvid.sources.")
    assert takes_arrays or not everywhere & {"cupy", "cupyx"}
    assert in_backends or not everywhere & {"numba", "llvmlite"}


@pytest.mark.parametrize("work", ["import heatvid", "import heatvid.cli as c; c.main(['--help'])"])
def test_importing_heatvid_or_its_help_loads_nothing_heavy(work: str) -> None:
    code = (
        f"import sys\ntry: {work}\nfinally: print(*{HEAVY!r} & sys.modules.keys(), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr == "\n"


# ffmpeg; workers for jobs, and for segments of one; a compiler
STARTING = {
    "heatvid._ffmpeg.process", "heatvid._batch.pool", "heatvid._jobs.workers",
    "heatvid.backends._numba.beside",
}  # fmt: skip


@pytest.mark.parametrize("module", sorted(set(MODULES) - STARTING))
def test_processes_are_started_in_one_place_each(module: str) -> None:
    names = imported(module, functions=True)
    assert not {name for name in names if name.split(".")[0] in {"subprocess", "multiprocessing"}}
    assert not names & {"os.system", "os.popen", "os.fork", "os.posix_spawn"}
    calls = {
        ast.unparse(node.func)
        for node in runtime_nodes(tree(module), functions=True)
        if isinstance(node, ast.Call)
    }
    assert not calls & {"os.system", "os.popen", "os.fork", "os.posix_spawn", "os.execv"}


# --- what is said, and to whom --------------------------------------------------------------------


PRINTING = {"heatvid._streams", "heatvid._progress", "heatvid._signals"}


@pytest.mark.parametrize("module", sorted(set(MODULES) - PRINTING))
def test_only_the_command_line_and_progress_print(module: str) -> None:
    calls = {
        ast.unparse(node.func)
        for node in runtime_nodes(tree(module), functions=True)
        if isinstance(node, ast.Call)
    }
    assert not calls & {"print", "sys.stdout.write", "sys.stderr.write", "input", "breakpoint"}


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"heatvid.__main__"}))
def test_every_module_says_what_it_is_for(module: str) -> None:
    assert ast.get_docstring(tree(module))


# --- what is public -------------------------------------------------------------------------------


def test_the_public_names_are_those_of_all() -> None:
    public = {name for name in dir(heatvid) if not name.startswith("_")}
    assert public == set(heatvid.__all__)
    assert list(heatvid.__all__) == sorted(heatvid.__all__)
    assert {"render", "VideoWriter", "to_rgb", "open_source", "summarize"} <= public
    assert set(heatvid._HOMES) == public


@pytest.mark.parametrize("name", heatvid.__all__)
def test_every_public_name_is_documented(name: str) -> None:
    value = getattr(heatvid, name)
    assert value.__doc__
    assert value.__doc__.split("\n")[0].strip().endswith(".")


def test_every_error_is_one_of_heatvids() -> None:
    for name in heatvid.__all__:
        value = getattr(heatvid, name)
        if isinstance(value, type) and issubclass(value, BaseException):
            assert issubclass(value, heatvid.HeatvidError)


def test_the_version_is_known_and_other_names_are_not() -> None:
    assert heatvid.__version__[0].isdigit()
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        heatvid.nothing  # noqa: B018


def test_only_the_public_face_and_the_command_line_have_public_modules() -> None:
    rooms = {module.split(".")[1] for module in MODULES if "." in module}
    allowed = {"cli", "backends", "sources", "xarray"}  # the last is there to be imported
    assert {room for room in rooms if not room.startswith("_")} <= allowed
