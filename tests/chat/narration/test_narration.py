"""The words in which worlds are told: whole prompts, and what must hold of all of them.

`prompts/` holds the prompts as models read them. Where the wording is changed on purpose,
`python tests/chat/narration/test_narration.py` writes these files anew.
"""
# ruff: noqa: RUF001 - Russian letters are meant

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import permutations, product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.chat.narration.narration import Narration, Riddle
from nerode.chat.narration.registry import LANGUAGES, open_narration
from nerode.chat.narration.words import BEINGS, PEOPLE, SPOTS, THINGS, UNITS
from nerode.errors import UnknownName
from nerode.worlds.registry import open_world
from nerode.worlds.seating import Arrangements
from nerode.worlds.world import World

PROMPTS = Path(__file__).parent.parent / "prompts"
TOLD = {
    "seating": ("seating:seats=4", "A-D=3 C@2 A@1", "A-B=1 C@4", "B@2", "A-D=3 B-C=2"),
    "cups": ("cups:n=4", "1-3 2-4 1-2", "1-3 B@2", "A@3", "2-4 D@1"),
}
"""A world of each kind, what a riddle tells, a history, and continuations of one and of two."""
RIDDLES = {"seating": (1, 3), "cups": (3, 1)}
"""Who or what the riddle asks for, and the answer."""
SENTENCES = {
    "seating": ("seating:seats=6", r"A@\d|A-B=\d"),
    "cups": ("cups:n=6", r"1-\d|A@\d"),
}
"""All sentences about one person, or about one thing and one place."""
WORLDS = [*(f"seating:seats={n}" for n in range(3, 7)), *(f"cups:n={n}" for n in range(3, 7))]
VOICES = list(product(LANGUAGES, (False, True)))


def name_of(kind: str, language: str, *, obfuscate: bool) -> str:
    return f"{kind}-{language}{'-made-up' if obfuscate else ''}.txt"


def golden(kind: str, language: str, *, obfuscate: bool) -> str:
    """A riddle, questions about one and two symbols, one without a history, and sentences."""
    spec, riddle, history, one, two = TOLD[kind]
    world = open_world(spec)
    narration = open_narration(world, language, obfuscate=obfuscate)
    said = world.encode(history)
    prompts = [
        narration.ask_riddle(Riddle(world.encode(riddle), *RIDDLES[kind])),
        narration.ask_continuation(said, world.encode(one)),
        narration.ask_continuation(said, world.encode(two)),
        narration.ask_continuation((), world.encode(one)),
    ]
    spec, pattern = SENTENCES[kind]
    world = open_world(spec)
    narration = open_narration(world, language, obfuscate=obfuscate, seed=1)
    symbols = [n for n, name in enumerate(world.alphabet) if re.fullmatch(pattern, name)]
    prompts.append("\n".join(narration.sentence(symbol) for symbol in symbols))
    return "\n\n----\n\n".join(prompts) + "\n"


@pytest.mark.parametrize("kind", list(TOLD))
@pytest.mark.parametrize(("language", "obfuscate"), VOICES)
def test_prompts_are_those_written_down(kind: str, language: str, obfuscate: bool) -> None:
    path = PROMPTS / name_of(kind, language, obfuscate=obfuscate)
    assert golden(kind, language, obfuscate=obfuscate) == path.read_text(encoding="utf-8")


def narrations(spec: str) -> Iterator[Narration]:
    world = open_world(spec)
    for (language, obfuscate), seed in product(VOICES, (0, 1)):
        yield open_narration(world, language, obfuscate=obfuscate, seed=seed)


def some_prompts(narration: Narration) -> Iterator[str]:
    rng = np.random.default_rng(0)
    for _ in range(3):
        yield narration.ask_riddle(narration.riddle(rng))
    everything = range(len(narration.world.alphabet))
    yield narration.ask_continuation(everything, everything[:1])
    yield narration.ask_continuation((), everything[:2])


@pytest.mark.parametrize("spec", WORLDS)
def test_every_symbol_has_a_sentence_of_its_own(spec: str) -> None:
    for narration in narrations(spec):
        symbols = range(len(narration.world.alphabet))
        sentences = [narration.sentence(symbol) for symbol in symbols]
        assert len(set(sentences)) == len(sentences)
        for sentence in sentences:
            assert sentence[0].isupper()
            assert sentence.endswith(".")
            assert not re.search(r"\s\s|\s$|\n|[{}]", sentence)


@pytest.mark.parametrize("spec", WORLDS)
def test_each_language_keeps_to_its_letters(spec: str) -> None:
    russian = re.compile(r"[А-Яа-яЁё0-9 \n.,:;?—<>]*")
    for narration in narrations(spec):
        for prompt in some_prompts(narration):
            if narration.language == "ru":
                assert russian.fullmatch(prompt)
            else:
                assert prompt.isascii()
            assert not re.search(r"  | \n|\n\n\n|[{}]", prompt)


@pytest.mark.parametrize("spec", ["seating:seats=3", "cups:n=3"])
def test_different_histories_are_told_differently(spec: str) -> None:
    symbols = range(len(open_world(spec).alphabet))
    histories = [word for length in range(3) for word in product(symbols, repeat=length)]
    for narration in narrations(spec):
        assert len({narration.situation(history) for history in histories}) == len(histories)
        splits = [(word[:at], word[at:]) for word in histories for at in range(len(word))]
        prompts = {narration.ask_continuation(*split) for split in splits}
        assert len(prompts) == len(splits)


@pytest.mark.parametrize("spec", WORLDS)
def test_prompts_begin_with_what_is_told_and_end_with_the_answers_form(spec: str) -> None:
    for narration in narrations(spec):
        history, asked = (0, 1), (2,)
        prompt = narration.ask_continuation(history, asked)
        assert prompt.startswith(narration.situation(history))
        last = prompt.splitlines()[-1]
        assert f"{narration.marker} {narration.yes[0]} " in last
        assert last.endswith(f"{narration.marker} {narration.no[0]}.")
        riddle = Riddle(history, 0, 1)
        assert narration.ask_riddle(riddle).startswith(narration.situation(history))
        assert f"{narration.marker} <" in narration.ask_riddle(riddle).splitlines()[-1]


def test_words_depend_on_the_seed_alone() -> None:
    for language, obfuscate in VOICES:
        for spec in ("seating:seats=3", "cups:n=3"):
            world, wider = open_world(spec), open_world(spec.replace("3", "5"))
            said = [
                open_narration(world, language, obfuscate=obfuscate, seed=seed).situation(range(12))
                for seed in (0, 0, 1, 2)
            ]
            assert said[0] == said[1]
            assert len(set(said)) == 3
            # More seats and cups, the same people and things.
            for one, another in (("A@1", "A@1"), ("C@3", "C@3")):
                short = open_narration(world, language, obfuscate=obfuscate)
                long = open_narration(wider, language, obfuscate=obfuscate)
                sentence = short.sentence(world.index[one])
                assert sentence == long.sentence(wider.index[another])


@pytest.mark.parametrize("spec", WORLDS)
def test_nothing_of_the_plain_words_is_left_when_they_are_made_up(spec: str) -> None:
    world = open_world(spec)
    plain = {
        "en": [*(name.english for name in PEOPLE), *(thing.english for thing in THINGS)],
        "ru": [*(name.russian[:-1] for name in PEOPLE), *(thing.russian for thing in THINGS)],
    }
    plain["en"] += ["seat", "sit", "cup", "swap", "people", "person"]
    plain["ru"] += ["сидит", "сидят", "стакан", "человек"]
    for language in LANGUAGES:
        narration = open_narration(world, language, obfuscate=True)
        for prompt in some_prompts(narration):
            words = re.findall(r"\w+", prompt)
            assert not [word for word in words if word.startswith(tuple(plain[language]))]


@pytest.mark.parametrize("spec", WORLDS)
def test_riddles_have_the_answer_that_the_world_gives(spec: str) -> None:
    world = open_world(spec)
    narration = open_narration(world)
    rng = np.random.default_rng(0)
    riddles = [narration.riddle(rng) for _ in range(40)]
    assert {riddle.subject for riddle in riddles} == set(range(narration.places))
    assert {riddle.answer for riddle in riddles} == set(range(1, narration.places + 1))
    for riddle in riddles:
        state = world.run(riddle.history)
        order = next(iter(state)) if isinstance(state, Arrangements) else state
        assert order[riddle.answer - 1] == riddle.subject
        check_history(world, riddle, narration.places)


def check_history(world: World[Any], riddle: Riddle, places: int) -> None:
    names = world.decode(riddle.history).split()
    if world.name.startswith("cups"):
        assert places <= len(names) <= 2 * places
        assert all("-" in name for name in names)
        return
    assert not any(name.startswith(f"{'ABCDEF'[riddle.subject]}@") for name in names)
    left = [len(world.run(riddle.history[:length])) for length in range(len(names) + 1)]
    assert left == sorted(set(left), reverse=True)
    assert left[-1] == 1


def test_what_is_said_is_what_the_world_means() -> None:
    """Russian sentences, read by hand, are true in the arrangements that statements leave."""
    world = open_world("seating:seats=6")
    narration = open_narration(world, "ru")
    people = [narration.sentence(world.index[f"{letter}@1"]).split()[0] for letter in "ABCDEF"]
    stems = [name[:-1] if name[-1] in "ая" else name for name in people]
    seats = ["первом", "втором", "третьем", "четвёртом", "пятом", "шестом"]
    between = ["рядом", "одно место", "два места", "три места", "четыре места"]
    row = (3, 0, 5, 1, 4, 2)
    number = list(permutations(range(6))).index(row)
    true = set(world.legal(Arrangements(6, 1 << number)))
    for symbol in range(len(world.alphabet)):
        sentence = narration.sentence(symbol)
        named = [person for person, stem in enumerate(stems) if stem in sentence]
        told = [place for place, seat in enumerate(seats) if f" {seat} " in sentence]
        if told:
            assert (row[told[0]] == named[0]) == (symbol in true)
        else:
            (distance,) = [d for d, words in enumerate(between, 1) if words in sentence]
            one, two = (row.index(person) for person in named)
            assert (abs(one - two) == distance) == (symbol in true)


def test_russian_names_are_declined() -> None:
    for name in PEOPLE:
        stem, ending = name.russian[:-1], name.russian[-1]
        expected = {"а": f"{stem}ой", "я": f"{stem}ей"}.get(ending, f"{name.russian}ом")
        assert name.instrumental == expected


def test_made_up_words_are_of_a_kind_and_apart() -> None:
    words = [*BEINGS, *SPOTS, *UNITS]
    assert len({word.english for word in words}) == len({word.russian for word in words})
    assert len({word.russian for word in words}) == len(words)
    for word in words:
        assert word.russian[-1] in "бвдзлмнпрстфк"
    assert not any(word.russian.endswith(("г", "к", "х")) for word in (*SPOTS, *UNITS))


def test_unknown_languages_and_worlds_are_named() -> None:
    with pytest.raises(UnknownName, match=r"languages en, ru, FILE\.py:CLASS, got 'de'"):
        open_narration(open_world("seating"), "de")
    with pytest.raises(UnknownName, match=r"a narration \(seating, cups, or .*, got cayley:n=3"):
        open_narration(open_world("cayley:n=3"))


if __name__ == "__main__":
    for kind, (language, obfuscate) in product(TOLD, VOICES):
        path = PROMPTS / name_of(kind, language, obfuscate=obfuscate)
        path.write_text(golden(kind, language, obfuscate=obfuscate), encoding="utf-8")
