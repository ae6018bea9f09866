"""Arrays of any library, lists of them, iterators, and the choice of frames."""

import subprocess
import sys

import numpy as np
import pytest

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


def test_native_arrays_are_not_copied():
    with open_source(VALUES) as source:
        assert source.in_memory
        assert source.rewindable
        assert np.shares_memory(source.read(2, 3), VALUES)


def test_masked_values_become_nan():
    masked = np.ma.masked_equal(VALUES, 7)
    assert np.isnan(everything(masked)).sum() == 1


def test_an_open_source_passes_through():
    source = open_source(VALUES)
    assert open_source(source) is source
    assert open_source(source, frames="2:5").length == 3
    with pytest.raises(OptionError, match="is open already"):
        open_source(source, channel=0)


def test_frames_of_a_list_that_are_no_ndarrays_are_looked_at_when_they_are_read():
    for other in (VALUES[0, :4], VALUES[0].astype("f8")):
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


def test_a_stream_is_pulled_no_further_than_the_choice_asks():
    frames = iter(VALUES)
    assert len(everything(frames, frames=":4")) == 4
    assert len(list(frames)) == 5


@pytest.mark.parametrize(
    "frames", ["", "5.5", "a:b", "1:2:3:4", "::0", 5.5, True, slice(None, None, 0), slice("a")]
)
def test_what_is_no_choice_is_refused(frames):
    with pytest.raises(OptionError, match="allowed is START:STOP"):
        open_source(VALUES, frames=frames)


@pytest.mark.parametrize("frames", [3, "3", np.int64(3), -6, "-6"])
def test_a_number_is_a_choice_of_one_frame(frames):
    with open_source(VALUES, frames=frames) as source:
        np.testing.assert_array_equal(source.read(0, 9), VALUES[3:4])


class Stream(Source):
    """Frames of unknown length that can be read again."""

    name, length, frame_shape, dtype = "stream", None, (5, 6), np.dtype("f4")

    def read(self, start, count, out=None):
        return VALUES[start : start + count].copy()


def test_a_choice_from_a_stream_that_can_be_read_again_begins_anew():
    with open_source(Stream(), frames="1:8:2") as source:
        for _ in range(3):
            np.testing.assert_array_equal(source.read(0, 3), VALUES[1:7:2])
        np.testing.assert_array_equal(source.read(3, 3), VALUES[7:8])
        assert source.length == 4
        np.testing.assert_array_equal(source.read(0, 9), VALUES[1:8:2])
        with pytest.raises(SourceError, match="read in order"):
            source.read(6, 1)


def test_opening_sources_imports_no_image_or_video_library():
    code = (
        "import sys, heatvid.sources\n"
        "heavy = {'PIL', 'imageio', 'imageio_ffmpeg', 'torch', 'cupy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
