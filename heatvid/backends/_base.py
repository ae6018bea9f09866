"""What a backend is: it renders batches of a plan into the canvas frames of a slot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from heatvid._frames import AnyArray, Bytes, page_aligned
from heatvid._plan.frame import Placement
from heatvid._plan.tile import TilePlan
from heatvid._values.limits import FieldLimits

Announce = Callable[[str], None]  # takes one line

SPARE_SLOTS = 2  # beside one for each render thread: one being read into, one being written


@dataclass(eq=False)
class Slot:
    """One place of the ring: the buffers that a batch is read into, rendered to, and sent from.

    Attributes
    ----------
    input : ndarray, shape (batch_size, *frame shape of the source's buffer), the field's dtype
        What the source reads into; empty where the source's own memory is used.
    background : ndarray, shape (batch_size, frame_bytes), uint8
        Frames of the background, on the canvas that is composed on; empty without one.
    output : ndarray, shape (batch_size, frame_bytes), uint8
        Rendered canvas frames; or larger ones, where they have a ``place``.
    mask : ndarray, shape (batch_size, h, w), float32 in 0..1
        Opacity of each pixel; empty without one.
    data : ndarray or DeviceFrames, shape (n, H, W) or (n, H, W, C), or list of UnreadFrame
        The batch's values; a view of ``input``, the source's own memory, or what lies in a file.
    limits : tuple of Limits, or of one tuple of Limits a frame
        Of each frame, where the plan has none.
    start : int
        Number of the batch's first frame.
    place : Placement or None
        Where in the frames of ``output`` those of the plan lie; None where they are these. It is
        heeded by a renderer that ``places``.
    """

    input: AnyArray
    background: Bytes
    output: Bytes
    mask: NDArray[np.float32] = field(default_factory=lambda: np.empty((0, 0, 0), np.float32))
    data: Any = field(default_factory=lambda: np.empty((0, 0, 0)))
    limits: tuple[FieldLimits, ...] = ()
    start: int = 0
    place: Placement | None = None
    backend: Any = None  # what the backend keeps with the slot

    @property
    def frames(self) -> Bytes:
        """The rendered frames, shape (n, frame_bytes) uint8."""
        return self.output[: len(self.data)]

    def let_values_go(self) -> None:
        """Hold values no more, which are rendered: they may be lent, and keep others in memory."""
        self.data = np.empty((0, 0, 0))

    def let_go(self) -> None:
        """Hold no memory any more."""
        self.let_values_go()
        self.input = np.empty(0)
        self.background = self.output = np.empty((0, 0), np.uint8)
        self.mask = np.empty((0, 0, 0), np.float32)


class OnDevice(Protocol):
    """Taking arrays where they lie, into slots and out of them; :class:`OnHost` is plain."""

    def adopt(self, array: Any, label: str) -> Any | None:
        """Give frames where ``array`` lies, if they are rendered there; None over the host."""

    def store(self, slot: Slot, place: int, frame: Any) -> None:
        """Copy a frame, an array or one of what :meth:`adopt` gave, into a slot."""

    def stored(self, slot: Slot, count: int) -> Any:
        """The frames that were stored, shape (count, ...), for ``slot.data``."""

    def lay_under(self, slot: Slot, place: int, picture: Any) -> None:
        """Bring a picture that was adopted into a slot's background."""

    def empty(self, shape: tuple[int, ...], like: Any) -> Any:
        """Bytes, shape (n, ...), for results to be rendered to, where ``like`` is."""

    def given_back(self, results: Any, like: Any) -> Any:
        """What :meth:`empty` gave, as an array of the library that ``like`` is of."""


class Renderer(Protocol):
    """What every backend is: it renders slots by a plan; see also :class:`HostRenderer`."""

    name: str
    synchronous: bool  # whether a slot's inputs are done with when render returns
    reads_rows: bool  # whether slot.data may be frames that are unread, once prepared
    places: bool  # whether a slot's frames may have a place in larger ones
    announce: Announce | None  # told of what :meth:`prepare` takes more than a moment for

    @property
    def memory(self) -> OnDevice:
        """What takes arrays where they lie."""

    def another(self) -> Renderer:
        """Make one of the same kind, on the same device."""

    def prepare(self, plan: Any) -> None:
        """Build tables and kernels for a :class:`TilePlan`, or what else it renders."""

    def ring(self) -> tuple[int, int]:
        """Render threads, and slots, that suit the prepared plan."""

    def new_frames(self, count: int, frame_bytes: int) -> Bytes:
        """Make host memory that suits what it renders, shape (count, frame_bytes)."""

    def slot(self, input_shape: tuple[int, ...], *, has_output: bool = True) -> Slot:
        """Make a slot.

        Parameters
        ----------
        input_shape : tuple of int
            Of one frame in the source's buffer; () for no buffer.
        has_output : bool
            Whether it has memory to render to; else whoever fills it sets ``output``.
        """

    def render(self, slot: Slot) -> None:
        """Render ``slot.data`` over ``slot.background`` into ``slot.output``, maybe later."""

    def wait(self, slot: Slot) -> None:
        """Return when the slot's output is complete."""

    def close(self) -> None:
        """Give back what :meth:`prepare` took."""


class OnHost:
    """Arrays come over host memory, and results lie there."""

    def adopt(self, array: Any, label: str) -> Any | None:
        """Give nothing."""
        return None

    def store(self, slot: Slot, place: int, frame: Any) -> None:
        """Copy a frame into a slot."""
        np.copyto(slot.input[place], frame)

    def stored(self, slot: Slot, count: int) -> Any:
        """The frames that were stored."""
        return slot.input[:count]

    def lay_under(self, slot: Slot, place: int, picture: Any) -> None:
        """Never called: nothing is adopted."""
        raise AssertionError("a picture on a device that was not adopted")

    def empty(self, shape: tuple[int, ...], like: Any) -> Any:
        """Bytes in host memory."""
        return np.empty(shape, np.uint8)

    def given_back(self, results: Any, like: Any) -> Any:
        """The results as they are."""
        return results


class HostRenderer:
    """What backends have in common that know host memory alone."""

    _plan: TilePlan
    reads_rows = places = False
    announce: Announce | None = None
    memory = OnHost()

    def another(self) -> Renderer:
        """Make one of the same kind."""
        other: Renderer = type(self)()  # type: ignore[assignment]  # subclasses are renderers
        return other

    def ring(self) -> tuple[int, int]:
        """Render threads, and slots: one each, and some to read and to write.

        Half as many threads for light plans: the encoder has work for all cores.
        """
        threads = self._plan.threads
        if self._plan.light and not self._plan.threads_given:
            threads = -(-threads // 2)
        return threads, threads + SPARE_SLOTS

    def new_frames(self, count: int, frame_bytes: int) -> Bytes:
        """Make memory that begins on a page."""
        return page_aligned((count, frame_bytes), np.uint8)

    def slot(self, input_shape: tuple[int, ...], *, has_output: bool = True) -> Slot:
        """Make a slot with its scratch."""
        plan, n = self._plan, self._plan.batch_size
        under = (n, plan.composed_on.frame_bytes) if plan.blends else (0, 0)
        return Slot(
            input=page_aligned((n, *input_shape) if input_shape else (0,), plan.field.dtype),
            background=page_aligned(under, np.uint8),
            output=self.new_frames(n if has_output else 0, plan.canvas.frame_bytes),
            mask=page_aligned((n, *plan.mask_shape), np.float32),
            backend=self._scratch(),
        )

    def _scratch(self) -> Any:
        """Memory that the rendering of a slot uses again and again."""
        raise NotImplementedError
