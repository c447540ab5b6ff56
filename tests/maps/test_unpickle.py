"""Pickles give up containers, numbers and texts; whatever else they ask for is refused by name."""

from __future__ import annotations

import operator
import os
import pathlib
import pickle
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError, MissingFile
from nerode.maps.unpickle import unpickle

PROTOCOLS = range(6)


class Asks:
    """Pickled as a call."""

    def __init__(self, *call: Any) -> None:
        self.call = call

    def __reduce__(self) -> Any:
        return self.call


def refused(folder: Path, data: bytes) -> str:
    file = folder / "table.pkl"
    file.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        unpickle(file)
    told = str(caught.value)
    assert told.startswith(f"{file}: expected ")
    assert "\n" not in told
    assert len(told) < len(str(file)) + 250
    return told


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_containers_and_their_contents_come_out_as_they_went_in(
    tmp_path: Path, protocol: int
) -> None:
    held = {
        (42421728, "NW"): 42421731,
        (7732571914, "é東"): -1,
        "lists": defaultdict(list, {1: ["N", "S"], 2: []}),
        "sets": defaultdict(set, {1: {"N"}}),
        "tables": [defaultdict(dict, {1: {}}), defaultdict(int, {"a": 10**30}), defaultdict()],
        "plain": [None, True, 1.5, (), set(), "", b"bytes" if protocol > 2 else ""],
    }
    (tmp_path / "table.pkl").write_bytes(pickle.dumps(held, protocol))
    found = unpickle(tmp_path / "table.pkl")
    assert found == held
    assert found["lists"].default_factory is list
    assert type(found["sets"]) is defaultdict


@pytest.mark.slow
@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize(
    ("call", "name"),
    [
        ((os.system, ("touch {}",)), "posix.system"),
        ((eval, ("open({!r}, 'w')",)), ".eval"),
        ((exec, ("open({!r}, 'w')",)), ".exec"),
        ((open, ("{}", "w")), "io.open"),
        ((pathlib.PurePosixPath, ("{}",)), "pathlib.PurePosixPath"),
        ((getattr, (Counter, "update")), ".getattr"),
        ((operator.attrgetter("a"), ()), "operator"),
        ((__import__, ("os",)), ".__import__"),
        ((bytearray, (1,)), ".bytearray"),
        ((Fraction, (1, 2)), "fractions.Fraction"),
        ((OrderedDict, ()), "collections.OrderedDict"),
        ((deque, ()), "collections.deque"),
        ((Counter, ()), "collections.Counter"),
        ((frozenset, ([1],)), "frozenset"),
        ((np.zeros(3).__reduce__()[0], (np.ndarray, (0,), b"b")), "_reconstruct"),
        ((np.dtype, ("f8",)), "numpy.dtype"),
        ((dict.fromkeys, ((1,),)), ".getattr"),
    ],
)
def test_everything_else_is_refused_by_its_name(
    tmp_path: Path, protocol: int, call: tuple[Any, ...], name: str
) -> None:
    proof = tmp_path / "proof"
    function, arguments = call
    aimed = [a.format(str(proof)) if isinstance(a, str) else a for a in arguments]
    told = refused(tmp_path, pickle.dumps({1: Asks(function, tuple(aimed))}, protocol))
    assert name in told
    assert not proof.exists()


def test_factories_and_names_that_only_look_admitted_are_refused(tmp_path: Path) -> None:
    assert "posix.getpid" in refused(tmp_path, pickle.dumps(defaultdict(os.getpid)))
    assert "Counter" in refused(tmp_path, pickle.dumps(defaultdict(Counter)))
    assert "builtins.list.append" in refused(tmp_path, b"\x80\x04cbuiltins\nlist.append\n.")
    assert "os.builtins" in refused(tmp_path, b"\x80\x04cos\nbuiltins\n.")
    assert "collections._sys" in refused(tmp_path, b"\x80\x04ccollections\n_sys\n.")
    assert "posix.system" in refused(tmp_path, b"(S'true'\niposix\nsystem\n.")
    assert "xxx" in refused(tmp_path, b"c" + b"x" * 10_000 + b"\nlist\n.")


def test_refusal_comes_before_anything_is_imported(tmp_path: Path) -> None:
    assert "antigravity" not in sys.modules
    assert "antigravity.fly" in refused(tmp_path, b"cantigravity\nfly\n.")
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_unpickler_refuses_on_its_own_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: int
) -> None:
    monkeypatch.setattr("nerode.maps.unpickle._check", lambda _: None)
    call = Asks(os.system, (f"touch {tmp_path / 'proof'}",))
    assert "posix.system" in refused(tmp_path, pickle.dumps([call], protocol))
    assert not (tmp_path / "proof").exists()


def nested(depth: int) -> bytes:
    return b"\x80\x04}N" + b"\x85" * depth + b"K\x01s."


def through_memory(depth: int) -> bytes:
    """Tuples that hold the one before twice."""
    pairs = b"".join(b"\x94h" + bytes([n]) + b"\x86" for n in range(depth))
    return b"\x80\x04}N\x85" + pairs + b"K\x01s."


def through_lists(depth: int) -> bytes:
    """A list in memory that gets a tuple, and becomes a tuple itself."""
    step = b"]\x94h%c(h%c0ea"
    return b"\x80\x04}" + b"".join(step % (n, n) for n in range(depth)) + b"K\x01s."


def test_pickles_that_would_run_away(tmp_path: Path) -> None:
    assert "within another" in refused(tmp_path, nested(2))
    assert "within another" in refused(tmp_path, nested(1_000_000))
    assert "within another" in refused(tmp_path, through_memory(100))
    refused(tmp_path, through_lists(50))
    assert "too much memory" in refused(tmp_path, b"\x80\x04]r\xff\xff\xff\x7f.")
    assert "too much memory" in refused(tmp_path, b"]p9999999999\n.")
    refused(tmp_path, b"\x80\x05\x96\xff\xff\xff\xff\xff\x00\x00\x00.")
    refused(tmp_path, b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7f.")
    refused(tmp_path, b"\x80\x04\x8b\xff\xff\xff\x7f.")
    refused(tmp_path, b"I" + b"9" * 10_000 + b"\n.")
    refused(tmp_path, b"P1\n.")
    refused(tmp_path, b"\x80\x02\x82\x01.")


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_container_within_itself_is_no_harm(tmp_path: Path, protocol: int) -> None:
    held: list[Any] = []
    held.append(held)
    (tmp_path / "table.pkl").write_bytes(pickle.dumps(held, protocol))
    found = unpickle(tmp_path / "table.pkl")
    assert isinstance(found, list)
    assert found[0] is found


@pytest.mark.slow
def test_deep_lists_end_neither_the_process_nor_the_patience(tmp_path: Path) -> None:
    (tmp_path / "table.pkl").write_bytes(b"\x80\x04" + b"]" * 50_000 + b"a" * 49_999 + b".")
    assert isinstance(unpickle(tmp_path / "table.pkl"), list)


WHOLE = pickle.dumps({(1, "N"): 2, (2, "S"): 10**12, "turns": defaultdict(list, {1: ["N"]})}, 4)


@pytest.mark.parametrize(
    "data", [b"", b".", b"nonsense", b"\x80\x63.", b"\x80\x04N", b"\x80\x04h\x05.", b"\x80\x040."]
)
def test_what_is_no_pickle(tmp_path: Path, data: bytes) -> None:
    refused(tmp_path, data)


def test_every_part_of_a_pickle_is_needed(tmp_path: Path) -> None:
    for until in range(len(WHOLE)):
        refused(tmp_path, WHOLE[:until])


def test_a_file_that_is_too_large_or_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerode.maps.unpickle.LARGEST_FILE", len(WHOLE) - 1)
    assert "at most" in refused(tmp_path, WHOLE)
    with pytest.raises(MissingFile, match=r"nowhere\.pkl"):
        unpickle(tmp_path / "nowhere.pkl")


PARTS: list[Callable[[], bytes]] = [lambda: WHOLE, lambda: pickle.dumps(Asks(os.getpid, ()), 0)]


@given(st.data())
@settings(max_examples=50)
def test_damaged_pickles_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from(PARTS))()
    at = data.draw(st.integers(0, len(whole)))
    until = data.draw(st.integers(at, min(at + 8, len(whole))))
    file = tmp_path_factory.mktemp("damaged") / "table.pkl"
    file.write_bytes(whole[:at] + data.draw(st.binary(max_size=8)) + whole[until:])
    try:
        found = unpickle(file)
    except FormatError as error:
        assert str(error).startswith(f"{file}: expected ")  # noqa: PT017 (read or refused)
    else:
        kinds = (dict, list, set, tuple, str, int, float, bytes, bytearray, type, type(None))
        assert isinstance(found, (*kinds, frozenset))
