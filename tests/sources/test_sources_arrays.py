"""Arrays of any library, lists of them, iterators, and the choice of frames."""

import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from heatvid._errors import OptionError, SourceError, UsageError
from heatvid.sources import Source, open_source

VALUES = np.arange(9 * 5 * 6, dtype="f4").reshape(9, 5, 6)


def everything(source, size=4, **options):
    with open_source(source, **options) as opened:
        batches = [batch.data.copy() for batch in opened.batches(size)]
        assert opened.length == sum(map(len, batches))
        return np.concatenate(batches)


class OnlyDLPack:
    """An array of a library that speaks nothing but DLPack."""

    def __init__(self, array):
        self._array = array

    def __dlpack__(self, **options):
        return self._array.__dlpack__(**options)

    def __dlpack_device__(self):
        return self._array.__dlpack_device__()


class OnlyInterface:
    def __init__(self, array):
        self._array = array
        self.__array_interface__ = array.__array_interface__


class Tensor:
    """What a torch tensor looks like: a gradient, a device, a dtype that NumPy lacks."""

    def __init__(self, array, dtype="torch.float32", *, grad=False, cuda=False):
        self._array, self.dtype, self._grad, self._cuda = array, dtype, grad, cuda
        if cuda:
            self.__cuda_array_interface__ = {}

    def detach(self):
        return Tensor(self._array, self.dtype, cuda=self._cuda)

    def cpu(self):
        return Tensor(self._array, self.dtype)

    def float(self):
        return Tensor(self._array.astype("f4"))

    def __array__(self, dtype=None, copy=None):
        assert not self._grad
        assert not self._cuda
        if self.dtype == "torch.bfloat16":
            raise TypeError("Got unsupported ScalarType BFloat16")
        return self._array


class CuPyArray:
    def __init__(self, array):
        self._array = array
        self.__cuda_array_interface__ = {}
        self.dtype = array.dtype

    def get(self):
        return self._array

    def __array__(self, dtype=None, copy=None):
        raise TypeError("Implicit conversion to a NumPy array is not allowed")


@pytest.mark.parametrize(
    "wrap",
    [
        lambda a: a,
        OnlyDLPack,
        OnlyInterface,
        Tensor,
        lambda a: Tensor(a, grad=True),
        lambda a: Tensor(a, cuda=True, grad=True),
        lambda a: Tensor(a, "torch.bfloat16", cuda=True),
        CuPyArray,
        lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
        lambda a: np.asfortranarray(a),
        lambda a: a.astype(">f4"),
        lambda a: np.ma.masked_array(a),
    ],
)
def test_arrays_of_any_library_are_frames(wrap):
    got = everything(wrap(VALUES))
    assert got.dtype == np.float32
    assert got.dtype.isnative
    np.testing.assert_array_equal(got, VALUES)
    np.testing.assert_array_equal(everything([wrap(frame) for frame in VALUES]), VALUES)


@pytest.mark.parametrize("wrap", [lambda a: a, list, iter])
def test_bfloat16_is_widened_exactly(wrap):
    ml_dtypes = pytest.importorskip("ml_dtypes")
    array = VALUES.astype(ml_dtypes.bfloat16)
    got = everything(wrap(array))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, array.astype("f4"))


def test_native_arrays_are_not_copied():
    with open_source(VALUES) as source:
        assert source.in_memory
        assert source.rewindable
        assert np.shares_memory(source.read(2, 3), VALUES)


def test_masked_values_become_nan():
    masked = np.ma.masked_equal(VALUES, 7)
    assert np.isnan(everything(masked)).sum() == 1


@pytest.mark.parametrize(
    ("dtype", "message"),
    [
        ("c8", "complex numbers"),
        ("O", "Python objects"),
        ("U2", "strings"),
        ("M8[s]", "dates"),
        ("V4", "structured or raw bytes"),
        ([("a", "f4")], "structured"),
        ("g", "extended precision; convert to float64"),
    ],
)
@pytest.mark.parametrize("wrap", [lambda a: a, list, iter])
def test_other_dtypes_are_refused_saying_what_is_allowed(dtype, message, wrap):
    with pytest.raises(SourceError, match=f"{message}.*; allowed are bool"):
        open_source(wrap(np.zeros((3, 4, 5), dtype)))


@pytest.mark.parametrize("what", [None, 3, [], [1, 2], [[1, 2]], ["a.npy", VALUES], {"a": VALUES}])
def test_what_is_no_frames_is_refused_saying_what_is_allowed(what):
    with pytest.raises(SourceError, match=r"allowed are|one frame or more"):
        open_source(what)


def test_an_open_source_passes_through():
    source = open_source(VALUES)
    assert open_source(source) is source
    assert open_source(source, frames="2:5").length == 3
    with pytest.raises(OptionError, match="is open already"):
        open_source(source, channel=0)


def test_frames_of_a_list_must_agree():
    for other in (VALUES[0, :4], VALUES[0].astype("f8")):
        with pytest.raises(SourceError, match=r"array 2: is .* the first is \(5, 6\) float32"):
            open_source([VALUES[0], VALUES[0], other])
        with pytest.raises(SourceError, match="array 1: is"):
            open_source([VALUES[0], OnlyInterface(other)]).read(0, 2)


def test_an_iterator_is_read_once_without_looking_ahead_further_than_one():
    pulled = []

    def generate():
        for i, frame in enumerate(VALUES):
            pulled.append(i)
            yield frame

    source = open_source(generate())
    assert pulled == [0]
    assert source.shape == (None, 5, 6)
    assert not source.rewindable
    with pytest.raises(TypeError, match="no length"):
        len(source)
    np.testing.assert_array_equal(source.read(0, 2), VALUES[:2])
    assert pulled == [0, 1]
    with pytest.raises(UsageError, match="frame 0 was asked for, the next is 2"):
        source.read(0, 1)
    assert len(source.read(2, 100)) == 7
    assert len(source.read(9, 100)) == 0
    assert source.length == 9


@pytest.mark.parametrize("shape", [(5, 6), (5, 6, 1), (1, 5, 6)])
def test_frames_of_an_iterator_may_have_an_axis_of_length_1(shape):
    np.testing.assert_array_equal(everything(f.reshape(shape) for f in VALUES), VALUES)


def test_what_an_iterator_raises_passes_through():
    def generate():
        yield VALUES[0]
        raise KeyError("mine")

    with open_source(generate()) as source, pytest.raises(KeyError, match="mine"):
        source.read(0, 3)

    def fail_at_once():
        raise ZeroDivisionError
        yield

    with pytest.raises(ZeroDivisionError):
        open_source(fail_at_once())


def test_frames_of_an_iterator_must_agree():
    for other, message in (
        (VALUES[0, :4], r"iterator: frame 1: is \(4, 6\) float32, the first is \(5, 6\) float32"),
        (VALUES[0].astype("f2"), "iterator: frame 1: is .* float16"),
        ("text", "iterator: frame 1 is a str; allowed are arrays"),
    ):
        with pytest.raises(SourceError, match=message):
            everything(iter([VALUES[0], other]))
    with pytest.raises(SourceError, match="gave no frames"):
        open_source(iter([]))
    with pytest.raises(SourceError, match=r"one at a time .VideoWriter\.write"):
        open_source(iter([VALUES]))


@given(
    start=st.none() | st.integers(-12, 12),
    stop=st.none() | st.integers(-12, 12),
    step=st.none() | st.integers(-4, 4).filter(bool),
    size=st.integers(1, 5),
    as_text=st.booleans(),
    kind=st.sampled_from(["array", "list", "swapped"]),
)
def test_a_choice_of_frames_is_a_python_slice(start, stop, step, size, as_text, kind):
    chosen = slice(start, stop, step)
    text = ":".join("" if part is None else str(part) for part in (start, stop, step))
    source = {"array": VALUES, "list": list(VALUES), "swapped": VALUES.astype(">f4")}[kind]
    options = {"size": size, "frames": text if as_text else chosen}
    expected = VALUES[chosen]
    if len(expected):
        np.testing.assert_array_equal(everything(source, **options), expected)
    else:
        with pytest.raises(SourceError, match="selects none of its 9 frames"):
            everything(source, **options)


@given(
    start=st.none() | st.integers(0, 12),
    stop=st.none() | st.integers(0, 12),
    step=st.none() | st.integers(1, 4),
    size=st.integers(1, 5),
)
def test_a_choice_from_a_stream_is_the_same(start, stop, step, size):
    chosen, expected = slice(start, stop, step), VALUES[slice(start, stop, step)]
    if len(expected):
        np.testing.assert_array_equal(everything(iter(VALUES), size, frames=chosen), expected)
    else:
        with pytest.raises(SourceError, match="frames selects none"):
            everything(iter(VALUES), size, frames=chosen)


def test_a_stream_is_pulled_no_further_than_the_choice_asks():
    frames = iter(VALUES)
    assert len(everything(frames, frames=":4")) == 4
    assert len(list(frames)) == 5


@pytest.mark.parametrize("frames", ["-1:", ":-1", "::-1", slice(-3, None)])
def test_a_stream_cannot_be_counted_from_its_end(frames):
    with pytest.raises(OptionError, match="from the end, which a stream does not show"):
        open_source(iter(VALUES), frames=frames)


@pytest.mark.parametrize(
    "frames", ["", "5", "a:b", "1:2:3:4", "::0", 5, slice(None, None, 0), slice("a")]
)
def test_what_is_no_choice_is_refused(frames):
    with pytest.raises(OptionError, match="allowed is START:STOP"):
        open_source(VALUES, frames=frames)


def test_a_choice_keeps_names_and_true_time(tmp_path):
    class Film(Source):
        name, length, frame_shape, dtype = "film", 9, (5, 6), np.dtype("f4")
        fps, names = Fraction(30000, 1001), tuple("abcdefghi")

        def read(self, start, count, out=None):
            return VALUES[start : start + count].copy()

    chosen = open_source(Film(), frames="1::3")
    assert chosen.names == ("b", "e", "h")
    assert chosen.fps == Fraction(10000, 1001)


def test_opening_sources_imports_no_image_or_video_library():
    code = (
        "import sys, heatvid.sources\n"
        "heavy = {'PIL', 'imageio', 'imageio_ffmpeg', 'torch', 'cupy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
