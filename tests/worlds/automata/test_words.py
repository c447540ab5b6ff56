"""Whole words of a language: drawn as they should be, and expected as they are drawn."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from nerode.models.registry import open_model
from nerode.sequences.policies import Draw, policies_of, stream
from nerode.sequences.split import Split
from nerode.worlds.automata import words
from nerode.worlds.automata.language import language
from nerode.worlds.automata.regex import regex_world
from nerode.worlds.automata.table import Table, table
from nerode.worlds.automata.words import WholeWords
from nerode.worlds.policies import Numbered
from nerode.worlds.registry import open_world

PATTERN = "(ab|c)*c?"


def drawn(world: Table, count: int, seed: int = 0) -> list[tuple[int, ...]]:
    draw = Draw("words", count, seed, Split(0, 0.0))
    return [tuple(each.tolist()) for batch in stream(world, draw) for each in batch]


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Table:
    """A language whose words have at most five symbols and END."""
    monkeypatch.setattr(words, "LONGEST_WORD", 6)
    return regex_world(PATTERN)


def every_word(world: Table, longest: int) -> list[tuple[int, ...]]:
    """All words with their END, the dumb way."""
    assert world.end is not None
    symbols = [symbol for symbol in range(len(world.alphabet)) if symbol != world.end]
    found: list[tuple[int, ...]] = []
    for length in range(1, longest):
        ended = [(*word, world.end) for word in product(symbols, repeat=length)]
        found += [word for word in ended if world.accepts(word)]
    return found


def test_every_length_is_as_likely_and_within_it_every_word(short: Table) -> None:
    count = 20_000
    found = Counter(drawn(short, count))
    expected = every_word(short, 6)
    lengths = Counter(map(len, expected))
    assert set(found) == set(expected)
    shares = [1 / (len(lengths) * lengths[len(word)]) for word in expected]
    assert sum(shares) == pytest.approx(1)
    observed = [found[word] for word in expected]
    assert chisquare(observed, [count * share for share in shares]).pvalue > 1e-3


def test_what_comes_next_is_what_the_words_have(short: Table) -> None:
    every = every_word(short, 6)
    lengths = Counter(map(len, every))
    habit = short.habit("words", 0)
    assert isinstance(habit, WholeWords)
    for history in {word[:place] for word in every for place in range(len(word) + 1)}:
        row = np.zeros(len(short.alphabet))
        for word in every:
            if word[: len(history)] == history and len(word) > len(history):
                row[word[len(history)]] += 1 / lengths[len(word)]
        memory: Any = habit.begin()
        for symbol in history:
            memory = habit.after(memory, symbol)
        expected = row / row.sum() if row.any() else row
        np.testing.assert_allclose(habit.expects(memory), expected, atol=1e-12)


def test_after_an_illegal_symbol_nothing_is_expected(short: Table) -> None:
    habit = short.habit("words", 0)
    assert habit is not None
    assert habit.after(habit.begin(), short.index["b"]) is None


def test_words_do_not_depend_on_how_they_are_cut() -> None:
    world = open_world("dyck:kinds=3,depth=4")
    assert isinstance(world, Table)
    policy = world.policies["words"]
    assert isinstance(policy, Numbered)
    key = np.uint64(7)
    whole = [each.tolist() for each in policy.draw(key, np.arange(50))]
    parts = [policy.draw(key, np.arange(a, a + 25)) for a in (0, 25)]
    assert whole == [each.tolist() for part in parts for each in part]
    assert max(map(len, whole)) <= words.LONGEST_WORD
    assert all(world.accepts(each) for each in whole)
    assert len({len(each) for each in whole}) > 10


def test_long_words_do_not_overflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words, "LONGEST_WORD", 600)
    world = regex_world("[abcdefgh]*")  # 8^599 words of the longest
    habit = world.habit("words", 0)
    assert isinstance(habit, WholeWords)
    row = habit.expects((0, 0))
    assert row[world.index["end"]] == 0  # the empty word is not drawn
    np.testing.assert_allclose(row[1:], 1 / 8)
    assert len(drawn(world, 3)) == 3


@pytest.mark.parametrize(
    "world",
    [
        table({"up": {"a": "down"}, "down": {"b": "up"}}, start="up"),
        table({"up": {"end": "up", "a": "up"}}, start="up"),
        language(
            {str(n): {"a": str(n + 1)} for n in range(60)}, start="0", accepting=["60"], name="long"
        ),
    ],
    ids=["no end", "end is not the end", "all too long"],
)
def test_worlds_without_short_words_have_no_such_policy(world: Table) -> None:
    assert policies_of(world) == ("random",)
    assert world.habit("words", 0) is None


def test_a_language_of_the_empty_word_alone_is_drawn() -> None:
    assert drawn(language({}, start="s", accepting=["s"], name="empty"), 2) == [(0,), (0,)]


def test_the_policys_oracle_is_a_baseline() -> None:
    world = open_world("tomita:n=4")
    model = open_model("policy-oracle:words", world)
    (row,) = model.read([[world.index["0"], world.index["0"]]]).probabilities
    assert row[world.index["0"]] == 0
    assert row.sum() == pytest.approx(1)
