"""Attention of one new token a row over the KV cache of nerode/models/hf/cpu/kv_cache.py.

The idea. Softmax attention in one loop nest a row, compiled for the number and width of heads:

    scores (heads, n + depth):  query . key of the n columns of the row's history,
                                then of the `depth` tokens on the row's path
    weights:                    softmax of each head's scores, less the largest first
    out (heads * width):        weights . values, history first, then path

Rows that fork share keys and values by pointing at them (`source`, `path`); no row's cache is ever
assembled. Everything is laid out so that the innermost loop runs over neighbours in memory and
becomes vector instructions:

- keys of a history are transposed, so that scores of all its columns grow together, four
  dimensions of the head at a time: one pass over the scores does four multiplications;
- values of a history are not: the output grows by four columns at a time;
- a token on the path is one row of the tail, key then value, wherever it lies: four tokens at a
  time, so that parts of the query (or of the output) are loaded once for four.

The exponential is a power of two by its bits times a short series, since calls of `exp` do not
become vector instructions here. Sums are in another order than the library's: results agree to
rounding, not to the bit.
"""

# ruff: noqa: PLR0912, PLR0915, C901  one loop nest, kept whole for the compiler

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import overload
from numpy.typing import NDArray

from nerode.arrays import Ints


def _real(number: Any) -> Any:
    """A number as float32: itself, or a bfloat16 by its bits."""
    return number


@overload(_real)
def _real_of(number: Any) -> Any:
    def itself(number: Any) -> Any:
        return number

    def by_bits(number: Any) -> Any:
        # A bfloat16 is the upper half of a float32.
        return np.uint32(np.uint32(number) << 16).view(np.float32)

    return itself if isinstance(number, types.Float) else by_bits


class HistoryColumns(NamedTuple):
    """Keys and values of all histories in one layer, as the kernel reads them.

    History s begins at `base[s] * heads * width`. Its keys are (heads * width, columns[s]), its
    values (columns[s], heads * width), and the first `length[s]` columns count.
    """

    keys: NDArray[Any]
    values: NDArray[Any]
    base: Ints
    columns: Ints
    length: Ints


@cache
def attention_kernel(heads: int, width: int) -> Callable[..., None]:
    """The kernel for so many heads of so many numbers each: `width` a multiple of 4.

    Sizes are constants for the compiler, which then unrolls. The kernel is called with

    - queries (rows, >= heads * width): the first columns count;
    - histories: a `HistoryColumns`;
    - source (rows,): which history a row continues;
    - tail (places, 2 * heads * width): keys and values of the tokens after the histories;
    - path (rows, depth): the places of a row's tokens, in order;
    - out (rows, heads * width), filled with the weighted values.

    Queries and `out` are float32; keys, values and tail too, or bfloat16 by their bits (uint16).
    Places and lengths are whole numbers. It holds no lock of Python's.
    """
    wide = heads * width
    scale = np.float32(width**-0.5)
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    per_octave, least = np.float32(1 / math.log(2)), np.float32(-126)
    bias, mantissa = np.int32(127), np.int32(23)
    c0, c1, c2, c3, c4, c5, c6 = (
        np.float32(math.log(2) ** i / math.factorial(i)) for i in range(7)
    )

    @njit(nogil=True, fastmath=True, cache=True)
    def attend(queries: Any, histories: Any, source: Any, tail: Any, path: Any, out: Any) -> None:
        keys, values, base, columns, length = histories
        depth = path.shape[1]
        # Scratch for one row; `power` is the same memory as `bits`, read as float32.
        by_four = depth - depth % 4
        scores = np.empty((heads, length.max() + depth), np.float32)
        bits = np.empty(length.max() + depth, np.int32)
        power = bits.view(np.float32)
        for row in range(len(source)):
            history = source[row]
            n, step, begin = length[history], columns[history], base[history] * wide
            query = queries[row]
            # 1. Scores of the history: score[j] += q[d] * key[d, j], four d at a time.
            for head in range(heads):
                score = scores[head]
                score[:n] = zero
                for d in range(head * width, head * width + width, 4):
                    at = begin + d * step
                    a, b = query[d] * scale, query[d + 1] * scale
                    c, e = query[d + 2] * scale, query[d + 3] * scale
                    k0, k1 = keys[at : at + n], keys[at + step : at + step + n]
                    at += 2 * step
                    k2, k3 = keys[at : at + n], keys[at + step : at + step + n]
                    for j in range(n):
                        score[j] += (
                            a * _real(k0[j])
                            + b * _real(k1[j])
                            + c * _real(k2[j])
                            + e * _real(k3[j])
                        )
            # 2. Scores of the path, four tokens at a time, so that a query is loaded once for all.
            for t in range(0, by_four, 4):
                r0, r1 = tail[path[row, t]], tail[path[row, t + 1]]
                r2, r3 = tail[path[row, t + 2]], tail[path[row, t + 3]]
                for head in range(heads):
                    first = head * width
                    part = query[first : first + width]
                    k0, k1 = r0[first : first + width], r1[first : first + width]
                    k2, k3 = r2[first : first + width], r3[first : first + width]
                    x0, x1, x2, x3 = zero, zero, zero, zero
                    for d in range(width):
                        x0 += part[d] * _real(k0[d])
                        x1 += part[d] * _real(k1[d])
                        x2 += part[d] * _real(k2[d])
                        x3 += part[d] * _real(k3[d])
                    scores[head, n + t] = x0 * scale
                    scores[head, n + t + 1] = x1 * scale
                    scores[head, n + t + 2] = x2 * scale
                    scores[head, n + t + 3] = x3 * scale
            for t in range(by_four, depth):
                r0 = tail[path[row, t]]
                for head in range(heads):
                    first = head * width
                    part, k0 = query[first : first + width], r0[first : first + width]
                    x0 = zero
                    for d in range(width):
                        x0 += part[d] * _real(k0[d])
                    scores[head, n + t] = x0 * scale
            # 3. Softmax of each head; less the largest score, so that no power overflows.
            for head in range(heads):
                score = scores[head]
                largest = score[0]
                for j in range(n + depth):
                    largest = max(largest, score[j])
                # exp in steps that the compiler turns into vectors: two to a whole power, by its
                # bits, times the series of the rest (wrong by less than 2e-7).
                for j in range(n + depth):
                    exponent = max((score[j] - largest) * per_octave, least)
                    whole = np.int32(exponent - half)
                    rest = exponent - np.float32(whole)
                    series = c5 + rest * c6
                    series = c3 + rest * (c4 + rest * series)
                    score[j] = c0 + rest * (c1 + rest * (c2 + rest * series))
                    bits[j] = (whole + bias) << mantissa
                total = zero
                for j in range(n + depth):
                    weight = score[j] * power[j]
                    score[j] = weight
                    total += weight
                total = one / total
                for j in range(n + depth):
                    score[j] *= total
            # 4. Values of the history, four columns at a time, and what is left of them.
            out[row] = zero
            for head in range(heads):
                score = scores[head]
                first = head * width
                given = out[row, first : first + width]
                for j in range(0, n - n % 4, 4):
                    at = begin + j * wide + first
                    v0, v1 = values[at : at + width], values[at + wide : at + wide + width]
                    at += 2 * wide
                    v2, v3 = values[at : at + width], values[at + wide : at + wide + width]
                    a, b, c, e = score[j], score[j + 1], score[j + 2], score[j + 3]
                    for d in range(width):
                        given[d] += (
                            a * _real(v0[d])
                            + b * _real(v1[d])
                            + c * _real(v2[d])
                            + e * _real(v3[d])
                        )
                for j in range(n - n % 4, n):
                    at = begin + j * wide + first
                    v0, a = values[at : at + width], score[j]
                    for d in range(width):
                        given[d] += a * _real(v0[d])
            # 5. Values of the path: the second half of each place.
            for t in range(0, by_four, 4):
                r0, r1 = tail[path[row, t]], tail[path[row, t + 1]]
                r2, r3 = tail[path[row, t + 2]], tail[path[row, t + 3]]
                for head in range(heads):
                    first = wide + head * width
                    given = out[row, head * width : head * width + width]
                    v0, v1 = r0[first : first + width], r1[first : first + width]
                    v2, v3 = r2[first : first + width], r3[first : first + width]
                    a, b = scores[head, n + t], scores[head, n + t + 1]
                    c, e = scores[head, n + t + 2], scores[head, n + t + 3]
                    for d in range(width):
                        given[d] += (
                            a * _real(v0[d])
                            + b * _real(v1[d])
                            + c * _real(v2[d])
                            + e * _real(v3[d])
                        )
            for t in range(by_four, depth):
                r0 = tail[path[row, t]]
                for head in range(heads):
                    first = wide + head * width
                    given, v0 = (
                        out[row, head * width : head * width + width],
                        r0[first : first + width],
                    )
                    a = scores[head, n + t]
                    for d in range(width):
                        given[d] += a * _real(v0[d])

    return attend
