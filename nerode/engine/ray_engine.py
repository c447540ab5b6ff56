"""Work on other machines, or on this one, by Ray.

Workers are sent a recipe (names and settings) and items, both as plain bytes, and open what they
need themselves, once. Ray hands the items out, tries those of a worker or a machine that was lost
again, and brings back results as they are done. So nothing depends on who measured what, and a
result that came twice would be the same.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import Any

import msgspec

from nerode.engine.engine import ItemT, Recipe
from nerode.engine.ray_worker import DIFFERS, LACKS, do
from nerode.engine.remote import kind_of
from nerode.engine.reply import value_of
from nerode.errors import InvalidParameter, MissingExtra, Unreachable, WorkerLost, WorkerUnfit

LOCAL = "local"
"""The address that starts a cluster of this machine alone."""
RETRIES = 5
"""How often an item is tried again whose worker or machine was lost."""
ANSWERS_WITHIN = 5.0
"""Seconds within which an address must accept a connection."""
_PORT = 6379  # Ray's own default
_LAST_PORT = 65535
_CLIENT = "ray://"
_AHEAD = 4
"""Items that are handed out for each processor of the cluster, so that none waits for work."""
_LOOKS = 2.0
"""Seconds between two looks at how many processors there are."""


class RayEngine:
    """A cluster that this process is connected to (`ray_cluster`). Results come as they are done.

    Each item has `each` processors, and one GPU where `gpus` says so.
    """

    def __init__(self, ray: Any, version: str, *, gpus: bool = False, each: int = 1) -> None:
        self._ray, self._version, self.gpus, self.each = ray, version, gpus, each

    def with_processors(self, each: int) -> RayEngine:
        """The same cluster, for items that have so many processors."""
        return RayEngine(self._ray, self._version, gpus=self.gpus, each=each)

    @property
    def processors(self) -> int:
        """Processors of the whole cluster now."""
        return max(1, int(self._ray.cluster_resources().get("CPU", 1)))

    def map(
        self, work: Callable[[ItemT], bytes], items: Sequence[ItemT]
    ) -> Iterator[tuple[int, bytes]]:
        """As of `Engine`; the work must be a `Recipe`.

        Raises WorkerUnfit where a worker lacks nerode or has another version of it.
        """
        if not isinstance(work, Recipe):
            message = "expected a recipe that other machines can open, got a function"
            raise InvalidParameter(message)
        recipe = self._ray.put(msgspec.msgpack.encode(work))
        waiting = iter(enumerate(items))
        pending: dict[Any, int] = {}
        ahead = _Ahead(self)
        with _task(self._ray, self.each, gpus=self.gpus) as task:
            try:
                while True:
                    for place, item in islice(waiting, max(0, ahead.items - len(pending))):
                        packed = msgspec.msgpack.encode(item)
                        sent = task.remote(self._version, kind_of(work), recipe, packed)
                        pending[sent] = place
                    if not pending:
                        return
                    for reference in self._done(pending):
                        place = pending.pop(reference)
                        yield place, self._value(reference)
            finally:
                for reference in pending:
                    with suppress(Exception):  # the cluster may be gone
                        self._ray.cancel(reference, force=True)

    def _done(self, pending: Collection[Any]) -> list[Any]:
        """All that are done; waits for one."""
        first, _ = self._ray.wait(list(pending), num_returns=1)
        now, _ = self._ray.wait(list(pending), num_returns=len(pending), timeout=0)
        return list(dict.fromkeys([*first, *now]))

    def _value(self, reference: Any) -> bytes:
        """The result of an item that is done; raises what went wrong."""
        exceptions = self._ray.exceptions
        try:
            kind, host, answer = self._ray.get(reference)
        except exceptions.OutOfMemoryError as error:
            raise WorkerLost(f"expected the trials of a batch, got {_first(error)}") from None
        except (exceptions.RaySystemError, exceptions.RayTaskError):
            raise  # a mistake of ours: with its traceback
        except exceptions.RayError as error:
            raise WorkerLost(
                f"expected the trials of a batch after {RETRIES} retries, got {_first(error)}"
            ) from None
        if kind == LACKS:
            raise WorkerUnfit(f"expected nerode {self._version} on {host}, got {answer}")
        if kind == DIFFERS:
            message = f"expected nerode {self._version} on {host}, as here, got {answer}"
            raise WorkerUnfit(message)
        return value_of(answer)


def _first(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class _Ahead:
    """How many items are handed out at a time, by the processors that there are now."""

    def __init__(self, engine: RayEngine) -> None:
        self._engine, self._until, self._items = engine, 0.0, 0

    @property
    def items(self) -> int:
        """Asked of the cluster at most once in `_LOOKS` seconds: each time is a message."""
        now = time.monotonic()
        if now >= self._until:
            self._items, self._until = _AHEAD * self._engine.processors, now + _LOOKS
        return self._items


@contextmanager
def _task(ray: Any, processors: int, *, gpus: bool) -> Iterator[Any]:
    """The remote function, sent by value: a worker without nerode can still say so."""
    module = sys.modules[do.__module__]
    ray.cloudpickle.register_pickle_by_value(module)
    try:
        task = ray.remote(do)
        yield task.options(num_cpus=processors, num_gpus=int(gpus), max_retries=RETRIES)
    finally:
        ray.cloudpickle.unregister_pickle_by_value(module)


@contextmanager
def ray_cluster(address: str, version: str) -> Iterator[RayEngine]:
    """Connect to a cluster, or start one of this machine alone.

    Parameters
    ----------
    address
        `local`; `HOST:PORT` of a cluster that this machine is a part of (`ray start`); or
        `ray://HOST:PORT` of Ray's client server, from outside. A program that is connected already
        stays so, whatever the address.
    version
        Of nerode, which all workers must have.

    Raises
    ------
    MissingExtra
        Without Ray.
    Unreachable
        Where the address does not answer, within seconds.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent anywhere
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    try:
        import ray  # noqa: PLC0415 - optional, and takes a second
    except ImportError as error:
        raise MissingExtra(f"--cluster needs `pip install 'nerode[cluster]'` ({error})") from None
    if ray.is_initialized():
        yield RayEngine(ray, version, gpus=_has_gpus(ray))
        return
    how: dict[str, Any] = {"logging_level": logging.ERROR}
    if not address.startswith(_CLIENT):
        how["log_to_driver"] = False
    how |= {"num_cpus": _cores()} if address == LOCAL else {"address": address}
    if address != LOCAL:
        _check_answers(address)
    try:
        ray.init(**how)
    except (ConnectionError, RuntimeError, OSError, ValueError) as error:
        raise Unreachable(f"expected a Ray cluster at {address}, got: {_first(error)}") from None
    try:
        yield RayEngine(ray, version, gpus=_has_gpus(ray))
    finally:
        ray.shutdown()


def _has_gpus(ray: Any) -> bool:
    return bool(ray.cluster_resources().get("GPU", 0))


def _cores() -> int:
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _check_answers(address: str) -> None:
    """Raise unless something listens at an address: Ray itself would wait for minutes."""
    host, _, port = address.removeprefix(_CLIENT).rpartition(":")
    if not host or not port.isdecimal() or int(port) > _LAST_PORT:
        message = (
            f"expected a cluster as {LOCAL}, HOST:{_PORT} or {_CLIENT}HOST:PORT, ports up to "
            f"{_LAST_PORT}"
        )
        raise InvalidParameter(f"{message}, got {address!r}")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=ANSWERS_WITHIN):
            return
    except OSError as error:
        raise Unreachable(
            f"expected a Ray cluster at {address}, got no answer ({error.strerror or error})"
        ) from None
