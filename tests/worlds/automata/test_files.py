"""Automata from files and other libraries: the same language, states that are futures."""

from __future__ import annotations

import json
import warnings
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from nerode.errors import FormatError, MissingFile, NerodeError, RunMismatch, WorldError
from nerode.evaluation.evaluation import evaluate
from nerode.schema.decoding import encoded
from nerode.worlds.automata.dot import to_dot
from nerode.worlds.automata.files import open_automaton
from nerode.worlds.automata.language import automaton_file, language
from nerode.worlds.automata.others import from_aalpy, from_automata_lib, to_aalpy
from nerode.worlds.automata.regex import regex_world
from nerode.worlds.automata.table import difference
from nerode.worlds.check.check import check_world
from nerode.worlds.registry import comes_with_library, open_world
from nerode.worlds.world import AnyWorld
from tests.worlds.automata.test_regex import whole

EVEN: dict[str, Any] = {
    "start": "even",
    "accepting": ["even", "again"],
    "transitions": {
        "even": {"a": "odd", "b": "even"},
        "odd": {"a": "again", "b": "odd"},
        "again": {"a": "odd", "b": "even", "c": "lost"},  # as even, but for a way to nowhere
        "lost": {"a": "lost"},
    },
}
"""Words with an even number of a."""
DRAWN = """
digraph finite_state_machine { // as in the gallery of Graphviz
    rankdir=LR; node [shape=doublecircle]; even;
    node [shape = circle];
    begin [shape=point]; begin -> even;
    even -> odd [label = "a"]; even -> even [label=b];
    odd -> even [label="a"]; odd -> odd [label="b"];
}
"""


@pytest.fixture
def even(tmp_path: Path) -> AnyWorld:
    path = tmp_path / "even.json"
    path.write_text(json.dumps(EVEN))
    return open_world(f"automaton:{path}")


def assert_even(world: AnyWorld) -> None:
    for length in range(7):
        for word in product("ab", repeat=length):
            assert whole(world, word) == (word.count("a") % 2 == 0), word


def test_json_is_trimmed_and_minimal(even: AnyWorld) -> None:
    assert even.alphabet == ("end", "a", "b", "c")
    assert_even(even)
    assert not even.accepts(even.encode("a a c"))
    check_world(even)
    assert automaton_file(even).transitions == {
        "even": {"a": "odd", "b": "even"},
        "odd": {"a": "even", "b": "odd"},
    }
    assert comes_with_library(even)
    assert open_world(even.name).alphabet == even.alphabet


def test_a_world_is_a_file_again(even: AnyWorld, tmp_path: Path) -> None:
    path = tmp_path / "again.json"
    path.write_text(json.dumps(encoded(automaton_file(even))))
    assert difference(open_automaton(path), even) is None
    for world in (even, regex_world("(ab|c){2,3}"), open_world("cayley:n=3")):
        (tmp_path / "drawn.dot").write_text(to_dot(world))
        assert difference(open_automaton(tmp_path / "drawn.dot"), world) is None


def test_drawings_of_others_are_read(even: AnyWorld, tmp_path: Path) -> None:
    (tmp_path / "drawn.gv").write_text(DRAWN)
    assert difference(open_automaton(tmp_path / "drawn.gv"), even) is None
    made = to_aalpy(even)
    made.save(str(tmp_path / "aalpy.dot"))
    assert difference(open_automaton(tmp_path / "aalpy.dot"), even) is None


def test_aalpy_and_back(even: AnyWorld) -> None:
    for world in (even, regex_world("a(bc)*"), open_world("cayley:n=3")):
        made = to_aalpy(world)
        assert made.is_input_complete()
        assert difference(from_aalpy(made), world) is None


def test_automata_lib() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from automata.fa.dfa import DFA  # noqa: PLC0415
        from automata.fa.nfa import NFA  # noqa: PLC0415
    for pattern in ("a*b*a*b*", "(ab|c)*", "a(b|c)?"):
        dfa = DFA.from_nfa(NFA.from_regex(pattern))
        assert difference(from_automata_lib(dfa), regex_world(pattern)) is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"accepting": []},
            "expected an automaton that accepts a sequence, got .*, which has none",
        ),
        ({"accepting": ["lost"], "start": "lost", "transitions": {"even": {"a": "odd"}}}, "'lost'"),
        ({"start": 1}, "start"),
        ({"start": "other"}, "expected a state of .*, got 'other', which has no transition"),
        (
            {"transitions": {"even": {"a b": "even"}}, "accepting": ["even"]},
            "without white space, got 'a b'",
        ),
        (
            {"transitions": {"even": {"end": "even"}}, "accepting": ["even"]},
            "other than 'end', which ends a sequence",
        ),
        ({"alphabet": ["a"]}, "expected the symbols of .* in the alphabet"),
    ],
)
def test_what_is_no_automaton_is_refused(
    changed: dict[str, Any], said: str, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.json"
    path.write_text(json.dumps(EVEN | changed))
    with pytest.raises((FormatError, WorldError), match=said) as refused:
        open_automaton(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no graph", "expected a graph in DOT"),
        ("digraph { a -> b [label=x] }", "expected one start .*, got none"),
        (DRAWN.replace("begin -> even", "begin -> even; begin -> odd"), "got even, odd"),
        (DRAWN.replace("label=b", "label=a"), "deterministic automaton, got two edges 'a' from ev"),
        (DRAWN.replace("label=b", 'label="a/0"'), "got 'a/0', which has an output"),
        (DRAWN.replace("[label=b]", ""), "expected a label on the edge from even to even, got no"),
    ],
)
def test_what_is_no_drawing_of_one_is_refused(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.dot"
    path.write_text(text)
    with pytest.raises(FormatError, match=said):
        open_automaton(path)


def test_a_symbol_that_leads_to_two_states_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.json"
    path.write_text(
        '{"start": "a", "accepting": ["a"], "transitions": {"a": {"x": "a", "x": "b"}}}'
    )
    with pytest.raises(FormatError, match="one transition by each symbol, got 'x' twice"):
        open_automaton(path)
    path.write_text("{")
    with pytest.raises(FormatError, match="expected JSON"):
        open_automaton(path)
    with pytest.raises(MissingFile, match="got no file"):
        open_automaton(tmp_path / "none.json")


def test_a_file_that_was_changed_is_another_world(even: AnyWorld, tmp_path: Path) -> None:
    """The alphabet is the same: what tells them apart are the transitions."""
    settings: dict[str, Any] = {"trials": 4, "samples": 2, "baselines": [], "out": tmp_path / "run"}
    evaluate(even.name, "oracle", ["next_symbol"], **settings)
    path = Path(even.name.partition(":")[2])
    path.write_text(json.dumps(EVEN | {"accepting": ["odd"]}))
    with pytest.raises(RunMismatch):
        evaluate(even.name, "oracle", ["next_symbol"], **settings | {"trials": 8})


def test_perfect_and_noisy_models_are_measured(even: AnyWorld) -> None:
    found = evaluate(even, "oracle", trials=20, samples=5, baselines=[]).record["metrics"]
    assert found["compression"]["precision"]["value"] == 1
    assert found["distinction"]["recall"]["value"] == 1


def test_states_that_nobody_named() -> None:
    with pytest.raises(NerodeError, match="got 'c', which has no transition"):
        language({"a": {"x": "b"}}, start="a", accepting=["c"], name="x")
    alone = language({}, start="a", accepting=["a"], name="x")
    assert alone.decode(alone.legal(alone.start)) == "end"
