"""Regular expressions as worlds, against Python's own on all short words."""

from __future__ import annotations

import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import InvalidParameter, WorldError
from nerode.worlds.automata.regex import regex_world
from nerode.worlds.check.check import check_world
from nerode.worlds.registry import open_world
from nerode.worlds.world import AnyWorld

TOMITA = {
    "a*": 1,
    "(ab)*": 2,
    "(b|aa)*(a(bb)*|b(aa)*)*": None,
    "b*(a{1,2}b+)*a{0,2}": 3,
    "b*|b*ab*|b*ab*ab*": 3,
    "a*b*a*b*": 4,
}
"""Patterns and, where known, the number of states of the least automaton, all of them live."""


def whole(world: AnyWorld, word: tuple[str, ...]) -> bool:
    """Whether the world accepts a word and its end."""
    try:
        symbols = [world.index[name] for name in (*word, "end")]
    except KeyError:
        return False
    return world.accepts(symbols)


def assert_same_language(world: AnyWorld, pattern: str, alphabet: str, longest: int) -> None:
    compiled = re.compile(pattern)
    for length in range(longest + 1):
        for word in product(alphabet, repeat=length):
            expected = compiled.fullmatch("".join(word)) is not None
            assert whole(world, word) == expected, (pattern, word)


@pytest.mark.parametrize("pattern", [*TOMITA, "[ab]c?.", "a{2}|b{2,}", "(a|b|)c", "a\\*b", "é+ö"])
def test_words_are_those_of_another_implementation(pattern: str) -> None:
    world = regex_world(pattern)
    letters = "".join(dict.fromkeys(each for each in pattern if each.isalpha() or each == "*"))
    dot = pattern.replace(".", f"[{letters}]")
    assert_same_language(world, dot, letters, 6 if len(letters) < 4 else 4)


@pytest.mark.parametrize(("pattern", "states"), [(p, n) for p, n in TOMITA.items() if n])
def test_states_are_futures(pattern: str, states: int) -> None:
    world = regex_world(pattern)
    assert len(world.states) == states + 1, "and the one behind the end"
    check_world(world)


ATOMS = st.sampled_from(["a", "b", "c"])


def pieces(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda both: f"({both[0]}|{both[1]})"),
        inner.map(lambda each: f"({each})*"),
        inner.map(lambda each: f"({each})?"),
        inner.map(lambda each: f"({each}){{1,3}}"),
    )


@pytest.mark.slow
@settings(deadline=None, max_examples=80)
@given(pattern=st.recursive(ATOMS, pieces, max_leaves=8))
def test_any_pattern_is_read_as_python_reads_it(pattern: str) -> None:
    assert_same_language(regex_world(pattern), pattern, "abc", 5)


def test_symbols_may_have_several_characters() -> None:
    world = open_world("regex:(left right?){2} [up down]")
    assert world.alphabet == ("end", "down", "left", "right", "up")
    assert whole(world, ("left", "right", "left", "down"))
    assert not whole(world, ("left", "down"))
    assert not whole(world, ("left", "left", "left", "down"))
    assert open_world(world.name).alphabet == world.alphabet


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(ab", r"expected a closing \) at character 4 of the pattern \(ab, got its end"),
        ("ab)", r"expected an end at character 3 of the pattern ab\), got '\)'"),
        ("a{3,2}", "expected times as"),
        ("a{x}", "expected times as"),
        ("a{99999}", "expected times as .* up to"),
        ("[]", "expected symbols and a closing ]"),
        ("*a", "expected an end at character 1"),
        ("a\\", r"expected a character behind the last \\"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern: str, said: str) -> None:
    with pytest.raises(InvalidParameter, match=said):
        regex_world(pattern)


def test_what_matches_nothing_or_is_too_long_is_refused() -> None:
    with pytest.raises(WorldError, match=r"accepts a sequence, got regex:\., which has none"):
        regex_world(".")
    with pytest.raises(WorldError, match="expected a shorter pattern, got one of 5000 characters"):
        regex_world("ab" * 2500)
    with pytest.raises(WorldError, match="other than 'end', which ends a sequence"):
        regex_world("go end")
    with pytest.raises(InvalidParameter, match="expected regex:PATTERN, got no pattern"):
        open_world("regex")
