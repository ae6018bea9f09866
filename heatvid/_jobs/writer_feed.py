"""The feed of ``VideoWriter``: arrays as they come, with their pictures, copied into slots."""

from __future__ import annotations

from collections.abc import Callable

from heatvid._errors import SourceError
from heatvid._frames import AnyArray
from heatvid._jobs.beside import Beside
from heatvid._jobs.feed import Feed
from heatvid._options.options import Options
from heatvid._under.background import Background
from heatvid.backends import OnDevice, Slot


class WriterFeed(Feed):
    """Predictions of one shape and dtype, each with a picture of one size under it, or none with.

    Parameters
    ----------
    options : Options
    beside : Beside
    first : array, shape (n, H, W) or (n, H, W, C)
        The first predictions, which all later ones have to be like.
    under : Background or None
        The pictures that came with them.
    memory : OnDevice
        Of the backend.

    Attributes
    ----------
    frames : int
        Taken so far.
    """

    def __init__(
        self,
        options: Options,
        beside: Beside,
        first: AnyArray,
        under: Background | None,
        memory: OnDevice,
    ) -> None:
        super().__init__(
            options,
            beside,
            name="what was written",
            frame_shape=first.shape[1:],
            dtype=first.dtype,
            under=under,
        )
        self.frames = 0
        self._memory, self._comes_with_pictures = memory, under is not None
        self._slot: Slot | None = None
        self._taken = 0  # frames in the slot that is being filled

    def demand_like_first(self, data: AnyArray, under: Background | None) -> None:
        """Refuse predictions, or pictures under them, that are unlike the first."""
        if (data.shape[1:], data.dtype) != (self.frame_shape, self.dtype):
            raise SourceError(
                f"prediction {self.frames}: is {data.shape[1:]} {data.dtype}, the first was "
                f"{self.frame_shape} {self.dtype}; all need one shape and dtype"
            )
        expected = self.size if self._comes_with_pictures else None
        size = None if under is None else under.size
        if size != expected:
            got, first = (f"{s[1]}x{s[0]}" if s else "none" for s in (size, expected))
            raise SourceError(
                f"prediction {self.frames}: background {got}, the first had {first}; all need "
                "one of the same size"
            )
        self.beside.demand_until(self.frames + len(data))

    def take(
        self,
        data: AnyArray,
        under: Background | None,
        acquire: Callable[[], Slot],
        submit: Callable[..., None],
    ) -> None:
        """Copy predictions, and the pictures that came with them, into slots; submit full ones."""
        for i, frame in enumerate(data):
            if self._slot is None:
                self._slot, self._taken = acquire(), 0
                self._slot.start = self.frames
            self._memory.store(self._slot, self._taken, frame)
            self._lay_under(self._slot, under, i)
            self._taken += 1
            self.frames += 1
            if self._taken == self.batch_size:
                self.flush(submit)

    def _lay_under(self, slot: Slot, under: Background | None, i: int) -> None:
        """Lay what belongs to prediction ``i`` of its batch into the slot's next place."""
        place = self._taken
        before = self.beside.lay(slot, self.frames, place, 1)
        if before is not None:
            before()
        if under is None:
            return
        picture = under.resident(i)
        if picture is not None:
            self._memory.lay_under(slot, place, picture)
        else:
            under.read(0 if under.still else i, slot.background[place : place + 1])

    def flush(self, submit: Callable[..., None]) -> None:
        """Hand on what is in the slot."""
        if self._slot is None or not self._taken:
            return
        slot, self._slot = self._slot, None
        slot.data = self._memory.stored(slot, self._taken)
        submit(slot, after=self._look_at(slot, self.frames - self._taken))
