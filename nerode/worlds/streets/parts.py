"""Parts of a street map from whose every intersection one can drive to every other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components


def largest_part(streets: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """Whether each of `count` intersections is in the largest strongly connected part: (count,).

    `streets` (streets, 2) holds the intersections from and to which each leads. Of equally
    large parts it is that of the first intersection.
    """
    graph = coo_array((np.ones(len(streets)), (streets[:, 0], streets[:, 1])), (count, count))
    _, part = connected_components(graph, connection="strong")
    sizes = np.bincount(part)[part]
    inside: NDArray[np.bool_] = part == part[sizes.argmax()]
    return inside


def neighbours_of(streets: NDArray[np.int64], count: int) -> list[set[int]]:
    """Where one can drive from each of `count` intersections; `streets` as in `largest_part`."""
    neighbours: list[set[int]] = [set() for _ in range(count)]
    for one, other in streets.tolist():
        neighbours[one].add(other)
    return neighbours


def close_street(neighbours: list[set[int]], one: int, other: int) -> bool:
    """Close the way from one intersection to another, if there is another way around.

    Then everything that could be reached still can: whoever used the street goes around. Says
    whether it was closed; `neighbours` is changed.
    """
    neighbours[one].remove(other)
    seen, waiting = {one}, [one]
    for at in waiting:  # grows while it is walked through: breadth first
        for to in neighbours[at] - seen:
            if to == other:
                return True
            seen.add(to)
            waiting.append(to)
    neighbours[one].add(other)
    return False
