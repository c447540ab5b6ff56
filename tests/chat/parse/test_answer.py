# ruff: noqa: RUF001 - Russian letters are meant
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerode.chat.parse.answer import parse


class Spoken:
    """What the parser needs of a narration."""

    places = 5

    def __init__(self, language: str) -> None:
        russian = language == "ru"
        self.yes, self.no = (("да",), ("нет",)) if russian else (("yes",), ("no",))
        self.marker = "ОТВЕТ:" if russian else "ANSWER:"


EN, RU = Spoken("en"), Spoken("ru")


@pytest.mark.parametrize(
    "text",
    [
        "ANSWER: yes",
        "answer: YES",
        "Bob is in seat 2, so no, wait.\n\n**ANSWER:** Yes.",
        "**ANSWER: yes**",
        "**Answer**: `yes`",
        "### Answer\n\nYes",
        "ANSWER:\nyes",
        "ANSWER yes",
        "Final answer: yes!",
        "So ANSWER: yes",
        "Ответ: да",
        "ОТВЕТ: **Да**.",
        "ответ — нет?\nОтвет: да",
        r"ANSWER: \boxed{yes}",
        r"Hence $\boxed{\text{Yes}}$.",
        "ANSWER：yes",
        "ANSWER: no\nI was wrong.\nANSWER: yes",
        "ANSWER: yes\nANSWER: yes",
        "ANSWER: Yes, they can all be true; there is no contradiction.",
        "ANSWER: yes, no contradiction",
        "ANSWER: yes\nLet me know if you have no further questions.",
        "No.\nYes",
        "It is possible.\n\n*Yes.*",
        "<think>ANSWER: no</think>ANSWER: yes",
        "<answer>ANSWER: yes</answer>",
        "ANSWER: it is yes",
        "> ANSWER: yes",
        "ANSWER: yes they can",
        "ANSWER:\u00a0yes\r\n",
    ],
)
def test_yes_in_all_its_forms(text: str) -> None:
    assert parse(text, "choice", EN) == "yes"
    assert parse(text, "choice", RU) == "yes"


@pytest.mark.parametrize(
    "text", ["ANSWER: no", "Ответ: Нет.", "**ANSWER:** No, they cannot", "ANSWER: no it is not"]
)
def test_no_in_some_forms(text: str) -> None:
    assert parse(text, "choice", EN) == "no"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t\n",
        "ANSWER:",
        "ANSWER: ",
        "ANSWER: y",
        "ANSWER: ye",
        "Yes, Bob can sit in seat 2, but then",
        "They may all be true, so yes it is.",
        "The answer is clearly one of yes and no.",
        "ANSWER: yes or no",
        "ANSWER: yes/no",
        "ANSWER: Yes. No, wait.",
        "ANSWER: yes, no",
        "ANSWER: yes\nno",
        'I end with "ANSWER: yes" or "ANSWER: no".',
        "Is the answer: yes? I am not sure",
        "ANSWER: no idea",
        "ANSWER: maybe",
        "ANSWER: not yes",
        "ANSWER: нет данных",
        "ANSWER: yes\nOn second thought:\nANSWER:",
        "ANSWER: yesterday",
        "noon",
        "ANSWER: 3",
        "<think>So ANSWER: yes. Or is it",
    ],
)
def test_what_is_not_plainly_an_answer_is_none(text: str) -> None:
    assert parse(text, "choice", EN) is None


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("ANSWER: 3", "3"),
        ("**ANSWER:** Seat 3.", "3"),
        ("Ответ: место 3", "3"),
        (r"ANSWER: \boxed{3}", "3"),
        ("ANSWER: 3. Since Bob is in seat 2", "3"),
        ("ANSWER: Alice, seat #3", "3"),
        ("ANSWER: 3-е место", "3"),
        ("It must be\n3", "3"),
        ("ANSWER: 3, that is, seat 3", "3"),
        ("ANSWER: three", "3"),
        ("ANSWER: Seat **Three**", "3"),
        ("ANSWER: the third seat", "3"),
        ("ANSWER: the third one", "3"),
        ("ANSWER: 3 (three)", "3"),
        ("ANSWER: 3rd", "3"),
        ("ANSWER: in the third, not in the first", "3"),
        ("Ответ: три", "3"),
        ("Ответ: третье место", "3"),
        ("Ответ: на третьем месте", "3"),
        ("ОТВЕТ: третий стакан", "3"),
        ("ОТВЕТ: третьего склиба", "3"),
        ("It must be\nThird.", "3"),
        ("ANSWER: four or five", None),
        ("ANSWER: 3 or four", None),
        ("ANSWER: seven", None),
        ("ANSWER: the one beside Anna", None),
        ("ANSWER: no one knows", None),
        ("ANSWER: one of them", None),
        ("Ответ: один из двух", None),
        ("ANSWER: seat one", "1"),
        ("Ответ: вторник", None),
        ("ANSWER: 2 or 3", None),
        ("ANSWER: 2, 3", None),
        ("ANSWER: 3.5", None),
        ("ANSWER: 7", None),
        ("ANSWER: 0", None),
        ("ANSWER: cannot be told, 4 are left", None),
        ("ANSWER: " + "9" * 5000, None),
        ("Bob is in seat 3", None),
        ("ANSWER: yes", None),
        ("ANSWER: ٣", None),
        ("", None),
    ],
)
def test_places(text: str, place: str | None) -> None:
    assert parse(text, "place", EN) == place


PIECES = st.sampled_from(
    [
        *("answer", "ANSWER:", "ответ", "yes", "no", "да", "нет", "3", "<think>", "</think>"),
        *(":", " ", "\n", "**", "\\boxed{", "}", "<", ">", "-", ".", "?", "\\"),
        *("\x00", "\ud800", "ﷺ"),
    ]
)
REPLIES = st.one_of(st.text(), st.lists(PIECES, max_size=30).map("".join))


@pytest.mark.slow
@given(REPLIES, st.sampled_from(["choice", "place"]), st.sampled_from([EN, RU]))
def test_nothing_makes_the_parser_raise(text: str, kind: str, spoken: Spoken) -> None:
    allowed = {"yes", "no"} if kind == "choice" else {"1", "2", "3", "4", "5"}
    assert parse(text, kind, spoken) in allowed | {None}


@pytest.mark.slow
@given(REPLIES)
def test_the_last_marked_line_decides(text: str) -> None:
    assert parse(text + "</think>\nANSWER: yes", "choice", EN) == "yes"
    assert parse(text + "</think>\nANSWER: 3", "place", EN) == "3"


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["a", " ", "\n", "answer", "answer ", "answer:", "<think>", "<", "\\", "*", "yes ", "3,"],
)
def test_very_long_replies_are_read(piece: str) -> None:
    # Anything worse than linear work would keep this busy until the suite's own limit of time.
    assert parse(piece * 500_000, "choice", EN) is None
    assert parse(piece * 500_000 + "</think>\nANSWER: no", "choice", EN) == "no"
