"""What tests that let Inspect run in their own process need."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def swept() -> Iterator[None]:
    """Inspect leaves streams open; they go while the test stands that ignores it."""
    yield
    gc.collect()
