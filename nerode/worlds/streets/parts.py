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
