"""Group entries by (node, key) without sorting: the inner loop of merging walkers into nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from nerode.arrays import Ints


def distinct(node: Ints, key: Ints, nodes: int) -> tuple[Ints, Ints]:
    """Distinct pairs of a node, out of so many `nodes`, and a key.

    Gives the entry at which each comes first, in that order, and for each entry which of them
    it is. Without sorting: the keys of one node are a short list.
    """
    first, place = _distinct(node, key, nodes)
    return first, place


# Each node has a linked list of the keys met so far: `newest` is its head, `before` the links.
# Lists are as short as the number of symbols that follow a node, so that a scan beats a sort.
@njit(nogil=True, cache=True)
def _distinct(node: Any, key: Any, nodes: Any) -> Any:
    newest = np.full(nodes, -1, np.int64)  # the pair of each node that was found last
    before = np.empty(node.size, np.int64)  # the one of the same node before it
    first = np.empty(node.size, np.int64)
    place = np.empty(node.size, np.int64)
    count = 0
    for entry in range(node.size):
        known = newest[node[entry]]
        while known >= 0 and key[first[known]] != key[entry]:
            known = before[known]
        if known < 0:
            known = count
            first[count] = entry
            before[count] = newest[node[entry]]
            newest[node[entry]] = count
            count += 1
        place[entry] = known
    return first[:count].copy(), place
