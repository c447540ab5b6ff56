"""Histories as one array, as models read them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from nerode.errors import InvalidParameter
from nerode.models.model import Rows


def padded(histories: Sequence[Sequence[int]], alphabet_size: int) -> tuple[Rows, Rows]:
    """Histories as one array, padded on the right.

    Parameters
    ----------
    histories
        Symbols of each history.
    alphabet_size
        Symbols are numbers below it.

    Returns
    -------
    symbols
        (histories, longest), zeros behind the end of the shorter ones.
    lengths
        (histories,).

    Raises
    ------
    InvalidParameter
        For a number that is no symbol.
    """
    lengths = np.fromiter((len(history) for history in histories), np.int64, len(histories))
    longest = int(lengths.max(initial=0))
    symbols = np.zeros((len(histories), longest), dtype=np.int64)
    for row, history in enumerate(histories):
        symbols[row, : len(history)] = history
    strange = (symbols < 0) | (symbols >= alphabet_size)
    if strange.any():
        row, column = np.argwhere(strange)[0]
        raise InvalidParameter(
            f"expected symbols from 0 to {alphabet_size - 1}, "
            f"got {symbols[row, column]} at place {column} of history {row}"
        )
    return symbols, lengths
