"""What tests of several layers share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.run_folders import measured
from tests.towns import rough_town

# A loaded machine is no failure: nothing is asserted about time.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def one_core() -> Iterator[None]:
    """Runs of tests are so small that forking takes several times as long as measuring.

    Tests of workers say how many they want (tests/metrics/test_parallel.py).
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nerode.engine.cores.cores", lambda: 1)
        yield


@pytest.fixture(scope="session", autouse=True)
def no_cache() -> Iterator[None]:
    """No test reads what another has measured; those of the cache name a folder of their own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NERODE_CACHE", "")
        yield


@pytest.fixture(scope="session", autouse=True)
def no_lines_for_slowness() -> Iterator[None]:
    """What a command writes in a log must not hang on how slow the machine is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("nerode.progress_views.BEAT", 1e6)
        yield


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> Iterator[None]:
    """Ctrl-C is heeded, here and in the processes that tests start.

    A shell that runs the tests in its background has it ignored, and that is inherited.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> World[Any]:
    """Streets with a dead end, loops and an island, as they are opened from a folder."""
    return open_world(rough_town(tmp_path_factory.mktemp("town")))


@pytest.fixture(scope="session")
def whole(town: World[Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody stopped."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    measured(town, folder)
    return folder
