"""Formal worlds against other ways to say what their languages are."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest

from nerode.errors import InvalidParameter, UnknownName
from nerode.worlds.automata.finite import write_out
from nerode.worlds.automata.regex import regex_world
from nerode.worlds.automata.table import difference, minimise
from nerode.worlds.check.check import check_world
from nerode.worlds.registry import open_world
from nerode.worlds.suites import SUITES, suite
from nerode.worlds.world import AnyWorld

REFUSED = [
    "tomita:n=8",
    "tomita:n=0",
    "dyck:kinds=5",
    "dyck:depth=0",
    "dyck:kinds=4,depth=9",
    "dyck:depth=60000",
    "modular:m=1",
    "lattice:states=1",
    "group:of=s6",
    "group:of=s1",
    "group:of=x",
    "group:of=",
    "group:of=z11xz11",
    "group:of=z121",
    "lights:n=13",
    "hands:n=7",
    "stack:kinds=0",
    "stack:depth=0",
    "stack:kinds=6,depth=8",
    "stack:kinds=2,kinds=2",
    "stack:n=3",
    "stack:kinds=two",
    "dyck:",
]


@pytest.mark.parametrize("name", SUITES["formal"])
def test_every_promise_is_kept_and_the_name_opens_it(name: str) -> None:
    world = open_world(name)
    assert world.name == name
    check_world(world)
    assert len(minimise(world).states) == len(write_out(world).states)


@pytest.mark.parametrize("name", REFUSED)
def test_other_parameters_are_refused_in_one_line(name: str) -> None:
    with pytest.raises(InvalidParameter, match=r"^expected [^\n]+, got [^\n]+$"):
        open_world(name)


def odd_zeros_after_odd_ones(word: str) -> bool:
    runs = [(run[0], len(run)) for run in re.findall("0+|1+", word)]
    return any(one[0] == "1" and one[1] % 2 and zero[1] % 2 for one, zero in pairwise(runs))


TOMITA: dict[int, Callable[[str], bool]] = {
    1: lambda word: "0" not in word,
    2: lambda word: re.fullmatch("(10)*", word) is not None,
    3: lambda word: not odd_zeros_after_odd_ones(word),
    4: lambda word: "000" not in word,
    5: lambda word: word.count("0") % 2 == 0 and word.count("1") % 2 == 0,
    6: lambda word: (word.count("0") - word.count("1")) % 3 == 0,
    7: lambda word: re.fullmatch("0*1*0*1*", word) is not None,
}


@pytest.mark.parametrize("n", TOMITA)
def test_tomitas_languages_are_those_of_the_definitions(n: int) -> None:
    world = open_world(f"tomita:n={n}")
    for length in range(10):
        for letters in product("01", repeat=length):
            assert is_whole(world, letters) == TOMITA[n]("".join(letters)), letters


def is_whole(world: AnyWorld, word: tuple[str, ...]) -> bool:
    if any(symbol not in world.index for symbol in word):
        return False
    return world.accepts([world.index[symbol] for symbol in (*word, "end")])


def closes(word: tuple[str, ...], depth: int) -> bool:
    """By taking out pairs that close, and the depth by counting."""
    if any(
        sum(each in "([" for each in word[:n]) - sum(each in ")]" for each in word[:n]) > depth
        for n in range(len(word) + 1)
    ):
        return False
    text = "".join(word)
    while "()" in text or "[]" in text:
        text = text.replace("()", "").replace("[]", "")
    return not text


@pytest.mark.slow
def test_brackets_close() -> None:
    world = open_world("dyck:kinds=2,depth=2")
    for length in range(7):
        for word in product("()[]", repeat=length):
            assert is_whole(world, word) == closes(word, 2), word


def test_parity_is_a_regular_expression_of_ours() -> None:
    assert difference(open_world("modular:m=2"), regex_world("(b|ab*a)*")) is None
    assert difference(open_world("modular:m=3"), regex_world("(b|ab*ab*a)*")) is None


def test_a_lattice_is_left_at_no_end() -> None:
    world = open_world("lattice:states=3")
    assert [world.decode(world.legal(state)) for state in world.states] == [  # type: ignore[attr-defined]
        "stay right",
        "left stay right",
        "left stay",
    ]


@pytest.mark.parametrize(
    ("of", "order"), [("s3", 6), ("s5", 120), ("a5", 60), ("a4xz5", 60), ("z60", 60)]
)
def test_the_answer_is_the_product(of: str, order: int) -> None:
    world = open_world(f"group:of={of}")
    elements = [name for name in world.alphabet if name not in {"=", "end"}]
    assert len(elements) == order
    rng = np.random.default_rng(0)
    for _ in range(200):
        row = [elements[number] for number in rng.integers(order, size=rng.integers(1, 12))]
        state = world.run([world.index[name] for name in (*row, "=")])
        assert world.decode(world.legal(state)) == multiplied(row, of)


def multiplied(row: list[str], of: str) -> str:
    """The product by permutation matrices, and by addition for numbers."""
    parts = list(zip(*(name.split(",") for name in row), strict=True))
    answer = []
    for kind, column in zip(of.split("x"), parts, strict=True):
        if kind[0] == "z":
            answer.append(str(sum(map(int, column)) % int(kind[1:])))
            continue
        size = len(column[0])
        matrix = np.eye(size, dtype=int)
        for order in column:
            matrix = np.eye(size, dtype=int)[[int(digit) - 1 for digit in order]] @ matrix
        answer.append("".join(str(thing) for thing in matrix @ np.arange(1, size + 1)))
    return ",".join(answer)


def test_lights_go_out_as_switches_say() -> None:
    world = open_world("lights:n=4")
    rng = np.random.default_rng(1)
    for _ in range(100):
        pressed = rng.integers(1, 5, size=10)
        lit = np.zeros(6, dtype=bool)
        for light in pressed:
            lit[light - 1 : light + 2] ^= True
        state = world.run([world.index[str(light)] for light in pressed])
        assert ("end" in world.decode(world.legal(state)).split()) == (not lit[1:5].any())


def test_hands_hold_what_was_swapped_into_them() -> None:
    world = open_world("hands:n=3")
    state = world.run([world.index[name] for name in ("1-2", "2-3", "?3")])
    assert world.decode(world.legal(state)) == "A"
    state = world.run([world.index[name] for name in ("1-2", "2-3", "?3", "A", "1-3", "?1")])
    assert world.decode(world.legal(state)) == "A"


def test_the_top_of_a_stack_is_what_was_put_there_last() -> None:
    world = open_world("stack:kinds=2,depth=3")
    state = world.run([world.index[name] for name in ("push-A", "push-B", "top")])
    assert world.decode(world.legal(state)) == "B"
    state = world.run([world.index[name] for name in ("push-A", "push-B", "pop", "top")])
    assert world.decode(world.legal(state)) == "A"


def test_suites_are_told_by_name() -> None:
    assert suite("suite:tomita") == suite("tomita")
    with pytest.raises(UnknownName, match="did you mean tomita"):
        suite("suite:tomata")
