"""A small real simulation for `heatvid demo`: the vortex street behind a cylinder.

The flow is computed by the lattice Boltzmann method (D2Q9) in the form whose equilibrium is a
polynomial of the populations (He and Luo, J. Stat. Phys. 88, 1997, 927): a collision is then one
matrix product over all nodes, so BLAS does the work.
Of what is out of equilibrium, a collision keeps only the shear stress (after Latt and Chopard,
Math. Comput. Simul. 72, 2006), so that sound dies out and a coarse lattice stays stable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

FRAMES = 150

# Geometry in units of the channel's height, shared by the flow and its drawing.
CYLINDER_X, CYLINDER_Y = 0.5, 0.5
DIAMETER = 1 / 8

REYNOLDS = 160  # laminar, and well above 47, where shedding sets in
LEAST_VISCOSITY = 0.014  # in lattice units; a coarse lattice is stable only above some 0.01
SPEED = 0.15  # of the inflow, lattice units a step: a Mach number of 0.26
TIME_PER_FRAME = 0.1  # in units of DIAMETER / SPEED
CROSSINGS = 3.0  # how often the inflow passes through the channel before the first frame
SETTLING_TIME = 8.0  # on the fine lattice, in units of DIAMETER / SPEED

# The nine velocities (x, y), their weights, and the index of each one's opposite and of its
# mirror image in a wall along x.
VELOCITIES = np.array(
    [[0, 0], [1, 0], [0, 1], [-1, 0], [0, -1], [1, 1], [-1, 1], [-1, -1], [1, -1]]
)
WEIGHTS = np.array([4 / 9] + [1 / 9] * 4 + [1 / 36] * 4)
OPPOSITE = np.array([0, 3, 4, 1, 2, 7, 8, 5, 6])
FLIPPED = np.array([0, 1, 4, 3, 2, 8, 7, 6, 5])


def vortex_street(frames: int = FRAMES, height: int = 360, width: int = 960) -> Iterator[Floats]:
    """Simulate the wake of a cylinder in a channel, from a developed flow on.

    Parameters
    ----------
    frames : int
        How many frames, each 0.1 diameters of inflow after the one before.
    height, width : int
        Size of a frame, even; the lattice has half as many nodes each way, and the cylinder is
        1/8 of the height across.

    Yields
    ------
    ndarray, shape (height, width), float32, host
        Vorticity in units of inflow speed / diameter, positive counterclockwise, the y axis
        pointing up; NaN in the cylinder. The wake lies within ±4.
    """
    lattice = _developed_flow(height // 2, width // 2)
    unit = SPEED / (DIAMETER * lattice.shape[0])
    steps = max(1, round(TIME_PER_FRAME / unit))
    solid = cylinder_distance(height, width) < 0
    for _ in range(frames):
        lattice.run(steps)
        field = _doubled(lattice.vorticity()[:, : width // 2] / np.float32(unit))
        field[solid] = np.nan
        yield field


def _developed_flow(height: int, width: int) -> _Lattice:
    """A lattice past its start, most of which a coarser and so much quicker one has computed."""
    length = width + height // 10  # what the outflow distorts is cut off
    coarse = _Lattice.swaying(height // 2, length // 2)
    coarse.run(round(CROSSINGS * coarse.shape[1] / SPEED))
    lattice = coarse.refined(height, length)
    lattice.run(round(SETTLING_TIME * DIAMETER * height / SPEED))
    return lattice


def cylinder_distance(height: int, width: int) -> Floats:
    """Distance of every pixel's centre from the cylinder's surface, in units of the height.

    Returns
    -------
    ndarray, shape (height, width), float32
        Negative inside.
    """
    y = (np.arange(height)[:, None] + 0.5) / height - CYLINDER_Y
    x = (np.arange(width)[None, :] + 0.5) / height - CYLINDER_X
    return (np.hypot(x, y) - DIAMETER / 2).astype(np.float32)


@dataclass
class _Lattice:
    """Populations on a grid, and how they move.

    Attributes
    ----------
    state : ndarray, shape (12, H, W), float32
        Nine populations, each less its weight (which keeps float32 exact enough), then room
        for the products ux·ux, ux·uy, uy·uy that the equilibrium is made of.
    """

    state: Floats

    def __post_init__(self) -> None:
        height, width = self.shape
        viscosity = max(SPEED * DIAMETER * height / REYNOLDS, LEAST_VISCOSITY)
        self._collision = _collision_matrix(viscosity)
        self._after = np.empty((9, height, width), np.float32)
        self._velocity = np.empty((2, height, width), np.float32)
        self._solid = np.nonzero(cylinder_distance(height, width).ravel() < 0)[0]
        self._beside_solid = _nearest_in_flow(height, width, self._solid)
        self._inflow = _equilibrium(np.array([SPEED, 0]).reshape(2, 1, 1))

    @property
    def shape(self) -> tuple[int, int]:
        return self.state.shape[1], self.state.shape[2]

    @classmethod
    def swaying(cls, height: int, width: int) -> _Lattice:
        """The inflow everywhere, with a sway that lets shedding begin at once."""
        velocity = np.zeros((2, height, width))
        velocity[0] = SPEED
        x = np.arange(width) / height - CYLINDER_X
        velocity[1] = 0.3 * SPEED * np.sin(2 * np.pi * x / (5 * DIAMETER)) * (x > 0)
        return cls.moving(velocity)

    @classmethod
    def moving(cls, velocity: NDArray[np.float64]) -> _Lattice:
        """A lattice in equilibrium at the given ``velocity``, shape (2, H, W)."""
        state = np.zeros((12, *velocity.shape[1:]), np.float32)
        state[:9] = _equilibrium(velocity)
        return cls(state)

    def refined(self, height: int, width: int) -> _Lattice:
        """The same flow on a lattice of another size."""
        rows = _linear_weights(self.shape[0], height)
        columns = _linear_weights(self.shape[1], width)
        return _Lattice.moving(rows @ self._measured_velocity() @ columns.T)

    def run(self, steps: int) -> None:
        """Advance by ``steps``: collide, stream, bounce back, hold the borders."""
        populations, flat = self.state[:9].reshape(9, -1), self.state.reshape(12, -1)
        after = self._after.reshape(9, -1)
        strides = VELOCITIES @ np.array([1, self.shape[1]])
        for _ in range(steps):
            ux, uy = self._measured_velocity()
            np.multiply(ux, ux, out=self.state[9])
            np.multiply(ux, uy, out=self.state[10])
            np.multiply(uy, uy, out=self.state[11])
            np.matmul(self._collision, flat, out=after)
            # A solid node turns back what came in.
            after[:, self._solid] = populations[OPPOSITE[:, None], self._solid]
            for i, stride in enumerate(strides):
                _shift(after[i], populations[i], int(stride))
            self._hold_borders()

    def vorticity(self) -> Floats:
        """Curl of the velocity, shape (H, W), continued into the cylinder from beside it."""
        ux, uy = self._measured_velocity()
        for component in (ux, uy):
            component.ravel()[self._solid] = 0
        curl: Floats = np.gradient(ux, axis=0) - np.gradient(uy, axis=1)  # rows point down
        curl.ravel()[self._solid] = curl.ravel()[self._beside_solid]
        return curl

    def _measured_velocity(self) -> Floats:
        flat = self.state[:9].reshape(9, -1)
        np.matmul(VELOCITIES.T.astype(np.float32), flat, out=self._velocity.reshape(2, -1))
        return self._velocity

    def _hold_borders(self) -> None:
        populations = self.state[:9]
        populations[:, :, -1] = populations[:, :, -2]
        populations[:, :, 0] = self._inflow[:, :, 0]
        populations[:, 0] = populations[FLIPPED, 1]  # walls without friction mirror the flow
        populations[:, -1] = populations[FLIPPED, -2]


def _shift(source: Floats, target: Floats, stride: int) -> None:
    """Move ``source`` by ``stride`` places; what wraps from row to row, the borders overwrite."""
    if stride > 0:
        target[stride:] = source[:-stride]
    elif stride < 0:
        target[:stride] = source[-stride:]
    else:
        target[:] = source


def _nearest_in_flow(height: int, width: int, solid: NDArray[np.intp]) -> NDArray[np.intp]:
    """For every node in ``solid``, the one straight outwards that lies in the flow."""
    rows, columns = np.divmod(solid, width)
    y = (rows + 0.5) / height - CYLINDER_Y
    x = (columns + 0.5) / height - CYLINDER_X
    stretch = (DIAMETER / 2 + 0.75 / height) / np.maximum(np.hypot(x, y), 0.1 / height)
    outer_row = np.floor((y * stretch + CYLINDER_Y) * height).astype(np.intp)
    outer_column = np.floor((x * stretch + CYLINDER_X) * height).astype(np.intp)
    return outer_row * width + outer_column


def _equilibrium_matrices() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The parts of the equilibrium linear in the populations, (9, 9), and in u·u, (9, 3)."""
    x, y = VELOCITIES.T.astype(float)
    linear = WEIGHTS[:, None] * (1 + 3 * VELOCITIES @ VELOCITIES.T)
    quadratic = WEIGHTS[:, None] * np.stack([4.5 * x * x - 1.5, 9 * x * y, 4.5 * y * y - 1.5], 1)
    return linear, quadratic


def _equilibrium(velocity: NDArray[np.float64]) -> Floats:
    """Populations less their weights at ``velocity``, (2, H, W) -> (9, H, W)."""
    ux, uy = velocity
    _, quadratic = _equilibrium_matrices()
    linear = 3 * WEIGHTS[:, None] * VELOCITIES
    products = np.stack([ux * ux, ux * uy, uy * uy])
    populations = np.tensordot(linear, velocity, 1) + np.tensordot(quadratic, products, 1)
    return populations.astype(np.float32)


def _collision_matrix(viscosity: float) -> Floats:
    """The (9, 12) matrix that takes populations and products to populations after collision."""
    x, y = VELOCITIES.T.astype(float)
    shear = np.stack([(x * x - y * y) / np.sqrt(2), np.sqrt(2) * x * y])
    stress = 4.5 * WEIGHTS[:, None] * shear.T @ shear
    remaining = 1 - 1 / (3 * viscosity + 0.5)
    linear, quadratic = _equilibrium_matrices()
    relax = np.eye(9) - remaining * stress
    keep = np.eye(9) - relax @ (np.eye(9) - linear)
    return np.hstack([keep, relax @ quadratic]).astype(np.float32)


def _linear_weights(size: int, new_size: int) -> NDArray[np.float64]:
    """Matrix (new_size, size) of linear interpolation with half-pixel centres."""
    position = (np.arange(new_size) + 0.5) * size / new_size - 0.5
    return np.stack([np.interp(position, np.arange(size), unit) for unit in np.eye(size)], 1)


def _doubled(field: Floats) -> Floats:
    """Twice the size each way, by linear interpolation with half-pixel centres."""
    return np.ascontiguousarray(_doubled_rows(_doubled_rows(field).T).T)


def _doubled_rows(field: Floats) -> Floats:
    near = np.float32(0.75) * field
    far = np.float32(0.25) * field
    above, below = np.concatenate([far[:1], far[:-1]]), np.concatenate([far[1:], far[-1:]])
    return np.stack([near + above, near + below], axis=1).reshape(-1, field.shape[1])
