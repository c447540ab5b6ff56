"""Attention of forked histories: what plain attention over all their columns gives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from nerode.models.hf.cpu.attention import HistoryColumns, attention_kernel

HEADS, WIDTH = 2, 8
WIDE = HEADS * WIDTH


def bfloat16(numbers: Any) -> torch.Tensor:
    return torch.from_numpy(numbers).to(torch.bfloat16)


@pytest.mark.slow
@pytest.mark.parametrize("depth", [0, 1, 7])
@pytest.mark.parametrize("by_bits", [False, True])
def test_it_is_attention_over_a_history_and_what_came_after(depth: int, *, by_bits: bool) -> None:
    rng = np.random.default_rng(depth)
    length, columns = np.array([5, 9]), np.array([6, 9])  # one column of the first is padding
    base = np.array([0, 6])
    key, value = (rng.normal(size=(15, WIDE)).astype(np.float32) for _ in range(2))
    tail = rng.normal(size=(20, 2 * WIDE)).astype(np.float32)
    if by_bits:
        key, value, tail = (bfloat16(part).float().numpy() for part in (key, value, tail))
    keys = np.concatenate([key[:6].T.ravel(), key[6:].T.ravel()])
    queries = rng.normal(size=(4, WIDE)).astype(np.float32)
    source, path = np.array([0, 1, 1, 0]), rng.integers(0, 20, (4, depth)).astype(np.int32)
    out = np.empty((4, WIDE), np.float32)
    stored = [keys, value.ravel(), tail]
    if by_bits:
        stored = [bfloat16(part).view(torch.uint16).numpy() for part in stored]
    histories = HistoryColumns(stored[0], stored[1], base, columns, length)
    attention_kernel(HEADS, WIDTH)(queries, histories, source, stored[2], path, out)
    for row in range(4):
        begin = base[source[row]]
        read = slice(begin, begin + length[source[row]])
        after = tail[path[row]]
        parts = (
            np.concatenate([key[read], after[:, :WIDE]]),
            np.concatenate([value[read], after[:, WIDE:]]),
        )
        k, v = (part.reshape(-1, HEADS, WIDTH).transpose(1, 0, 2) for part in parts)
        scores = np.einsum("hd,hjd->hj", queries[row].reshape(HEADS, WIDTH), k) * WIDTH**-0.5
        weights = torch.softmax(torch.from_numpy(scores).double(), dim=-1).numpy()
        expected = np.einsum("hj,hjd->hd", weights, v).ravel()
        np.testing.assert_allclose(out[row], expected, atol=2e-6)
