"""Layouts: which axis of an array is time, height, width or channel, and which channel is taken."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from heatvid._errors import OptionError, SourceError, brief
from heatvid._frames import AnyArray
from heatvid._options.checks import MODES

_MOST_CHANNELS = 4  # of an undeclared 4-D array: up to RGBA


class ChannelChoiceError(SourceError):
    """There are several channels, and none was chosen.

    Attributes
    ----------
    order : str
        What the axes were read as, such as ``THWC``.
    """

    def __init__(self, message: str, order: str) -> None:
        super().__init__(message)
        self.order = order


class LayoutChoiceError(SourceError):
    """The axes could be read in more than one way, and no layout says which.

    Attributes
    ----------
    found : str
        What could be, with its shape.
    """

    def __init__(self, message: str, found: str) -> None:
        super().__init__(message)
        self.found = found


@dataclass(frozen=True)
class Axes:
    """How an array becomes frames.

    Attributes
    ----------
    order : str
        One letter an axis of the array, of T, H, W and C.
    shape : tuple of int
        Of the array.
    channel : int, str or None
        The channel taken, where there are several; a text where all are.
    """

    order: str
    shape: tuple[int, ...]
    channel: int | str | None = None

    @property
    def length(self) -> int:
        """Frames; 1 where no axis is time."""
        return self._size("T")

    @property
    def channels(self) -> int:
        """Channels; 1 where no axis is one."""
        return self._size("C")

    @property
    def frame_shape(self) -> tuple[int, ...]:
        """``(H, W)``, or ``(H, W, C)`` where all channels are taken."""
        size = self._size("H"), self._size("W")
        return (*size, self.channels) if isinstance(self.channel, str) else size

    @property
    def frame_order(self) -> str:
        """Letters of the axes of one frame, as they follow each other in the array."""
        return self.order.replace("T", "")

    @cached_property
    def buffer_shape(self) -> tuple[int, ...]:
        """Shape of one frame, as it lies in the array."""
        return tuple(self._size(axis) for axis in self.frame_order)

    @property
    def sequential(self) -> bool:
        """Whether the bytes of a frame lie together, one frame after the other."""
        return "T" not in self.order or self.order[0] == "T"

    def reversed(self) -> Axes:
        """Give the axes of the same memory read in C order, where the array is in Fortran order."""
        return Axes(self.order[::-1], self.shape[::-1], self.channel)

    def of_one_frame(self) -> Axes:
        """Give the axes of one frame of a sequence, as it lies in the array."""
        return Axes(self.frame_order, self.buffer_shape, self.channel)

    def time_first(self, array: AnyArray) -> AnyArray:
        """View the whole array as (n, *buffer_shape)."""
        if "T" not in self.order:
            return array[np.newaxis]
        time = self.order.index("T")
        return array.transpose([time, *(i for i in range(array.ndim) if i != time)])

    def channels_last(self, frames: AnyArray) -> AnyArray:
        """View frames of shape (n, *buffer_shape) as (n, H, W, C)."""
        if "C" not in self.order:
            frames = frames[..., np.newaxis]
        return frames.transpose(self._places)

    @cached_property
    def _places(self) -> tuple[int, ...]:
        """Where time, height, width and channel are in frames that have all of them."""
        order = "T" + self.frame_order + ("" if "C" in self.order else "C")
        return tuple(order.index(axis) for axis in "THWC")

    def deliver(self, frames: AnyArray) -> AnyArray:
        """View frames of shape (n, *buffer_shape) as (n, *frame_shape)."""
        frames = self.channels_last(frames)
        return frames if isinstance(self.channel, str) else frames[..., self.channel or 0]

    def _size(self, axis: str) -> int:
        return self.shape[self.order.index(axis)] if axis in self.order else 1


def resolve(
    shape: tuple[int, ...],
    label: str,
    layout: str | None = None,
    channel: int | str | None = None,
    advised: int | str | None = None,
) -> Axes:
    """Say what the axes of a whole sequence are.

    Parameters
    ----------
    shape : tuple of int
        Of the array.
    label : str
        Begins the messages.
    layout : str, optional
        Letters of T, H, W and C, as in ``THWC``. Without it: (H, W) is one frame, 3 axes are THW
        unless they could be a picture, and of 4 axes the one of length 1, or else up to 4, beside
        time or at the end is the channels. A mode is given as many as it takes: 2 for ``flow``, 3
        or 4 for ``rgb``, else 2 to 4; of 3 axes one is then the channels, of one frame.
    channel : int or str, optional
        Channel to take, negative from the end, or a mode that takes all; needed where there are
        several.
    advised : int or str, optional
        The one to name where there are several and none is chosen.

    Raises
    ------
    SourceError
        The shape does not allow it, or allows more than one reading.
    OptionError
        ``layout`` is not a layout.
    """
    _demand_frames(shape, label)
    order = _guess(shape, label, channel) if layout is None else _declared(shape, label, layout)
    return _with_channel(Axes(order, shape), label, channel, advised)


def resolve_frame(
    shape: tuple[int, ...],
    label: str,
    layout: str | None = None,
    channel: int | str | None = None,
    advised: int | str | None = None,
) -> Axes:
    """Say what the axes of one frame are: (H, W), (H, W, 1), (1, H, W), or what ``layout`` says.

    With the name of a mode for ``channel``, which takes several, (H, W, C) or (C, H, W) too.
    ``advised`` is the one to name where there are several and none is chosen.
    """
    _demand_frames(shape, label)
    if layout is not None:
        order = _declared(shape, label, layout)
    elif len(shape) == 2:
        order = "HW"
    elif len(shape) == 3 and (shape[0] == 1) != (shape[2] == 1):
        order = "CHW" if shape[0] == 1 else "HWC"
    elif len(shape) == 3 and channel in MODES:
        order = _guess(shape, label, channel)
    else:
        raise SourceError(
            f"{label}: one frame has shape {shape}; allowed are (H, W), (H, W, 1), (1, H, W), and "
            'channels with layout="HWC" or "CHW"; pass frames one at a time '
            "(VideoWriter.write takes batches)"
        )
    axes = _with_channel(Axes(order, shape), label, channel, advised)
    if axes.length != 1:
        raise SourceError(
            f"{label}: holds {axes.length} frames; allowed is one here; pass the array or file "
            "by itself, or frames one at a time"
        )
    return axes


def holds_stacks(
    shape: tuple[int, ...], layout: str | None = None, channel: int | str | None = None
) -> bool:
    """Whether an array that is one of several, all of this shape, holds a sequence by itself."""
    if layout is not None:
        return "T" in check_layout(layout)
    if len(shape) == 3:
        return channel not in MODES and (shape[0] == 1) == (shape[2] == 1)
    return len(shape) > 3


def _demand_frames(shape: tuple[int, ...], label: str) -> None:
    if not 2 <= len(shape) <= 4:
        raise SourceError(
            f"{label}: shape {shape} has {len(shape)} axes; allowed are 2 to 4: "
            "(H, W), (T, H, W), (T, H, W, C) or (T, C, H, W)"
        )
    if 0 in shape:
        raise SourceError(
            f"{label}: shape {shape} is empty; every axis needs a length of 1 or more"
        )


def _declared(shape: tuple[int, ...], label: str, layout: str) -> str:
    order = check_layout(layout)
    if len(order) != len(shape):
        raise SourceError(
            f"{label}: layout {order!r} names {len(order)} axes, the shape is {shape}; "
            f"give one letter for each of its {len(shape)} axes"
        )
    return order


def check_layout(layout: str) -> str:
    """Give the layout in capitals, or raise OptionError."""
    order = layout.upper() if isinstance(layout, str) else ""
    if not (set("HW") <= set(order) <= set("THWC") and len(set(order)) == len(order)):
        raise OptionError(
            f"layout is {brief(layout)}; allowed are the letters T, H, W and C, each at most once, "
            "H and W always, as in THW or THWC"
        )
    return order


def _guess(shape: tuple[int, ...], label: str, channel: int | str | None) -> str:
    if len(shape) == 2:
        return "HW"
    if channel in MODES and (order := _guess_for(str(channel), shape, label)) is not None:
        return order
    if len(shape) == 3:
        if shape[2] in (3, 4) and min(shape[:2]) > shape[2]:
            raise _ambiguous(shape, label, "THW", "HWC")
        return "THW"
    if channel in _CHANNELS and min(shape[1], shape[3]) > _MOST_CHANNELS:
        raise _without_channels(shape, label, str(channel))
    for most in (1, _MOST_CHANNELS):
        first, last = shape[1] <= most, shape[3] <= most
        if first != last:
            return "TCHW" if first else "THWC"
        if first:
            raise _ambiguous(shape, label, "THWC", "TCHW")
    raise _ambiguous(shape, label, "THWC", "TCHW", "CTHW")


def _guess_for(mode: str, shape: tuple[int, ...], label: str) -> str | None:
    """Find the channels that a mode takes: by their number, beside time or at the end.

    None where neither of two axes beside time has as many.
    """
    orders = ("CHW", "HWC") if len(shape) == 3 else ("TCHW", "THWC")
    allowed = _CHANNELS.get(mode, range(2, _MOST_CHANNELS + 1))
    first, last = (shape[order.index("C")] in allowed for order in orders)
    if first == last:
        if len(shape) == 4 and not first:
            return None
        if mode in _CHANNELS and not first:
            raise _without_channels(shape, label, mode)
        raise _ambiguous(shape, label, *orders[::-1])
    return orders[0] if first else orders[1]


def _without_channels(shape: tuple[int, ...], label: str, mode: str) -> SourceError:
    wanted = " or ".join(map(str, _CHANNELS[mode]))
    where = "at an end" if len(shape) == 3 else "beside time or at the end"
    return SourceError(
        f"{label}: shape {shape} has no axis of channels {where}; channel={mode!r} takes {wanted} "
        "(layout says which axis they are)"
    )


def _ambiguous(shape: tuple[int, ...], label: str, *orders: str) -> SourceError:
    found = f"{label}: shape {shape} could be read in more than one way"
    said = " or ".join(f'layout="{order}"' for order in orders)
    typed = " or ".join(f"--layout {order}" for order in orders)
    return LayoutChoiceError(f"{found}; say {said} ({typed})", found)


_CHANNELS = {"rgb": (3, 4), "flow": (2,)}  # the others take 2 or more


def _counted(channels: int) -> str:
    return f"{channels} channel{'s' * (channels > 1)}"


def _with_channel(
    axes: Axes, label: str, channel: int | str | None, advised: int | str | None = None
) -> Axes:
    count = axes.channels
    if isinstance(channel, str) and channel in MODES:
        allowed = _CHANNELS.get(channel, ())
        if count not in allowed if allowed else count < 2:
            wanted = " or ".join(map(str, allowed)) or "2 or more"
            raise SourceError(
                f"{label}: has {_counted(count)} (shape {axes.shape} read as {axes.order}); "
                f"channel={channel!r} takes {wanted} (layout says which axis they are)"
            )
        return Axes(axes.order, axes.shape, channel)
    if channel is None:
        if count > 1:
            if advised is None:
                advised = "flow" if count == 2 else "max"
            raise ChannelChoiceError(
                f"{label}: has {count} channels (shape {axes.shape} read as {axes.order}); "
                f"say which one is shown, channel=0 to {count - 1}, or what to make of all "
                f"({', '.join(MODES)}); here perhaps channel={advised!r} (--channel)",
                axes.order,
            )
        return axes
    if isinstance(channel, str | bool) or not hasattr(channel, "__index__"):
        raise OptionError(
            f"channel is {brief(channel)}; allowed is a whole number, or {', '.join(MODES)}"
        )
    if not -count <= channel < count:
        raise OptionError(
            f"{label}: channel is {channel}, there are {count}; allowed are {-count} to {count - 1}"
        )
    return Axes(axes.order, axes.shape, int(channel) % count)
