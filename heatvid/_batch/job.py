"""One job of a batch, as it travels to whoever runs it, and what comes back."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from heatvid._errors import called
from heatvid._options.options import Options

State = Literal["waiting", "done", "kept", "failed", "stopped"]


@dataclass(frozen=True)
class JobSpec:
    """What one job is; small, and picklable where its source is a path.

    Attributes
    ----------
    number : int
        Its place in the batch, from 0 on.
    source : object
        What is opened: a path, or a list of them.
    output : str
        The file, or the pattern of numbered ones.
    options : Options
    identity : str
        Equal for jobs that give the same output; "" where that cannot be known.
    poster : bool
        Whether its output gets one.
    """

    number: int
    source: Any
    output: str
    options: Options
    identity: str = ""
    poster: bool = False


@dataclass(frozen=True)
class JobResult:
    """What became of one job of a batch.

    Attributes
    ----------
    number : int
        The job's place in the batch, from 0 on.
    source, output : str
        Paths.
    state : {"done", "kept", "failed", "stopped", "waiting"}
        ``kept`` is an output of an earlier run that was whole; ``stopped`` ended with the batch.
    error : str
        Why it failed, on one line; empty where it did not.
    frames, height, width : int
        Of the output.
    fps : str
        Frames a second, exact, ``"30"`` or ``"24000/1001"``.
    limits : list of float, or of pairs of them, or None
        Values of the first and the last colour; None where they moved.
    quantity, units : str
        What the source says of its values.
    seconds : float
        It took.
    statistics : dict or None
        Of some frames of the source: ``minimum``, ``maximum``, ``mean``, how many ``frames``, and a
        ``histogram`` of 64 bins from ``low`` to ``high``.
    warnings : list of str
    """

    number: int
    source: str
    output: str
    state: State
    error: str = ""
    frames: int = 0
    height: int = 0
    width: int = 0
    fps: str = ""
    limits: list[Any] | None = None
    quantity: str = ""
    units: str = ""
    seconds: float = 0.0
    statistics: dict[str, Any] | None = None
    warnings: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as JSON has it."""
        return asdict(self)


def shown(source: Any) -> str:
    """A source's path, or what it is."""
    if isinstance(source, list | tuple) and source and isinstance(source[0], str):
        return called(source[0])
    return called(source) if isinstance(source, str) else type(source).__name__
