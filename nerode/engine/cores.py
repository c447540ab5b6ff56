"""How many cores there are, and models that use all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


def cores() -> int:
    """Cores that this process may use: those it is allowed, fewer where OMP_NUM_THREADS says so."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limit = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(allowed or 1, int(limit))) if limit.isdigit() else allowed or 1


class OnAllCores:
    """A model without threads of its own: its batches are shared out among all cores."""

    @contextmanager
    def workers(self) -> Iterator[int]:
        """Processes that are worth forking."""
        yield cores()
