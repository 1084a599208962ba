"""Tables of counts: which printed figures can hold together, and a random table that holds them."""

from dataclasses import dataclass

import numpy as np

from keepsafe.synthesis.demands import Demand
from keepsafe.synthesis.walk import wander

STEPS, STIFFNESS = (4_000, 40_000), 3.0


@dataclass(frozen=True)
class Dropped:
    """A printed figure that cannot hold with the others: what it demands, and the nearest that was
    reached."""

    name: str
    low: int
    high: int
    reached: int


def random_table(
    sizes: np.ndarray,
    share: np.ndarray,
    demands: list[Demand],
    rng: np.random.Generator,
    start: np.ndarray | None = None,
) -> tuple[np.ndarray, int]:
    """Draw a table with the given row sums that meets the demands, near to independence.

    Parameters
    ----------
    sizes : persons in each cell.
    share : cells x levels, how common each level is where no demand says so.
    demands : what has to hold.
    start : a table to start from; by default a random one.

    Returns
    -------
    The table, and how many persons it is off the demands (0 where all are met).

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> nine = Demand("nine", np.array([[0, 1], [0, 1]]), 9, 9)
    >>> table, off = random_table(np.array([10, 20]), np.full((2, 2), 0.5), [nine], rng)
    >>> table.sum(axis=1).tolist(), int(table[:, 1].sum()), off
    ([10, 20], 9, 0)
    """
    table = np.array([rng.multinomial(n, p / p.sum()) for n, p in zip(sizes, share, strict=True)]).astype(np.int64)
    if start is not None:
        table = start.astype(np.int64).copy()
    if not demands:
        return table, 0
    counted = np.stack([demand.counted for demand in demands]).astype(np.int64)
    low, high = (np.array([getattr(demand, end) for demand in demands], np.int64) for end in ("low", "high"))
    share = np.broadcast_to(share, table.shape).astype(float)
    off = 1
    for steps in STEPS:
        off = wander(table, share, counted, low, high, steps, STIFFNESS, int(rng.integers(2**31)))
        if off == 0:
            break
    return table, off


def largest_set(
    sizes: np.ndarray, demands: list[Demand], weights: np.ndarray
) -> tuple[list[Demand], list[Dropped], np.ndarray]:
    """The heaviest set of demands that can hold together, by an integer programme.

    Parameters
    ----------
    sizes : persons in each cell; demands : what is wished; weights : how much each counts.

    Returns
    -------
    The demands kept, those dropped with the nearest count, and a table that meets the kept ones.

    Examples
    --------
    >>> ones = np.array([[0, 1]])
    >>> wished = [Demand("two", ones, 2, 2), Demand("also two", ones, 2, 2), Demand("six", ones, 6, 6)]
    >>> kept, dropped, table = largest_set(np.array([5]), wished, np.ones(3))
    >>> [demand.name for demand in kept], dropped[0].reached
    (['two', 'also two'], 2)
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    cells, levels = demands[0].counted.shape
    size, wished = cells * levels, len(demands)
    counted = np.stack([demand.counted.ravel() for demand in demands]).astype(float)
    low, high = (np.array([getattr(demand, end) for demand in demands], float) for end in ("low", "high"))
    slack = float(sizes.sum() * max(np.abs(counted).max(), 1) + np.abs(low).max() + 1)
    each = np.kron(np.eye(cells), np.ones(levels))
    rows = LinearConstraint(np.hstack([each, np.zeros((cells, wished))]), sizes, sizes)
    above = LinearConstraint(np.hstack([counted, slack * np.eye(wished)]), low, np.inf)
    below = LinearConstraint(np.hstack([counted, -slack * np.eye(wished)]), -np.inf, high)
    found = milp(
        np.r_[np.zeros(size), weights],
        constraints=[rows, above, below],
        integrality=np.ones(size + wished),
        bounds=Bounds(np.zeros(size + wished), np.r_[np.full(size, np.inf), np.ones(wished)]),
    )
    table = np.rint(found.x[:size]).astype(np.int64).reshape(cells, levels)
    kept = [demand for demand in demands if demand.off(table) == 0]
    dropped = [
        Dropped(demand.name, demand.low, demand.high, int((demand.counted * table).sum()))
        for demand in demands
        if demand.off(table)
    ]
    return kept, dropped, table
