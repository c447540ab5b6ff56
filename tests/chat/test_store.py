from __future__ import annotations

import errno
import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from nerode.chat.failures import CONTEXT, FILTERED, Failure
from nerode.chat.store import ANSWERS_FILE, FAILURES_FILE, AnswerStore, Reply
from nerode.errors import FormatError, InvalidParameter, RunMismatch

TERMS: dict[str, Any] = {"format": 1, "chat": 1, "world": "seating:seats=3", "seed": 0}


def key(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def filled(folder: Path, count: int = 3) -> Path:
    with AnswerStore(folder, TERMS) as answers:
        for number in range(count):
            answers.append(key(number), Reply(f"так\n{number}\ud800", "yes", 10, number))
    return folder / ANSWERS_FILE


def test_answers_come_back_as_they_were(tmp_path: Path) -> None:
    filled(tmp_path / "run")
    with AnswerStore(tmp_path / "run", TERMS) as answers:
        assert len(answers) == 3
        assert list(answers) == [key(0), key(1), key(2)]
        assert answers[key(1)] == Reply("так\n1\ud800", "yes", 10, 1)
        assert key(2) in answers
        assert key(3) not in answers
        assert answers.tokens == [30, 3]
        answers.append(key(3), Reply("", None))
        assert answers[key(3)] == Reply("", None, None, None)
        assert answers[key(0)].output_tokens == 0
        assert answers.parsed[key(3)] is None
        assert dict(answers.parsed) == {**dict.fromkeys(map(key, range(3)), "yes"), key(3): None}
        with pytest.raises(KeyError, match=key(4)):
            answers.parsed[key(4)]


def test_every_answer_is_on_disk_when_it_was_appended(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS) as answers:
        answers.append(key(0), Reply("x", "no"))
        assert (tmp_path / ANSWERS_FILE).read_bytes().count(b"\n") == 1


def test_answers_that_were_cut_off_are_counted(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS) as answers:
        answers.append(key(0), Reply("x", None, 1, 2, cut_off=True))
        answers.append(key(1), Reply("x", "no", 1, 2))
        assert answers.cut_off == 1
    with AnswerStore(tmp_path, TERMS) as answers:
        assert answers.cut_off == 1
        assert answers[key(0)].cut_off
    lines = tmp_path / ANSWERS_FILE
    lines.write_text(lines.read_text().replace(', "cut_off": true', "").replace("false", "null"))
    with AnswerStore(tmp_path, TERMS) as answers:  # as runs were written before
        assert (len(answers), answers.cut_off) == (2, 0)


def test_what_was_cut_off_is_no_answer(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS) as answers:
        answers.append(key(0), Reply("If ANSWER: yes", "yes", 1, 2, cut_off=True))
        assert answers.parsed[key(0)] is None
    lines = tmp_path / ANSWERS_FILE
    lines.write_text(lines.read_text().replace('"answer": null', '"answer": "yes"'))
    with AnswerStore(tmp_path, TERMS) as answers:  # as runs were written before
        assert answers.parsed[key(0)] is None
        assert answers[key(0)].answer is None


def test_how_a_reply_ended_comes_back(tmp_path: Path) -> None:
    thought = Reply("", None, 1, 2, stop_reason="stop", only_reasoning=True)
    with AnswerStore(tmp_path, TERMS) as answers:
        answers.append(key(0), thought)
        answers.append(key(1), Reply("x", None, stop_reason="unknown"))
    with AnswerStore(tmp_path, TERMS) as answers:
        assert answers[key(0)] == thought
        assert answers[key(1)].stop_reason == "unknown"
        assert answers.only_reasoning == 1


def test_failures_are_counted_until_there_is_an_answer(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS) as answers:
        answers.append(key(9), Reply("x", "no"))
        for number, cause in enumerate((CONTEXT, FILTERED, FILTERED, "server error")):
            answers.fail(key(number), Failure(cause, "because"))
        answers.fail(key(3), Failure(FILTERED, "this time"))  # the later one counts
        assert answers.failed == {FILTERED: 3, CONTEXT: 1}
        assert key(0) not in answers
    with AnswerStore(tmp_path, TERMS) as answers:
        assert list(answers.failed) == [FILTERED, CONTEXT]
        assert answers.failed == {FILTERED: 3, CONTEXT: 1}
        answers.append(key(0), Reply("x", "yes"))
        assert answers.failed == {FILTERED: 3}
    with AnswerStore(tmp_path, TERMS) as answers:
        assert answers.failed == {FILTERED: 3}
        assert len(answers) == 2


def test_failures_of_a_run_that_begins_anew_under_other_terms_are_dropped(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS) as answers:
        answers.fail(key(0), Failure(CONTEXT, "because"))
    with AnswerStore(tmp_path, {**TERMS, "max_tokens": 10}) as answers:
        assert answers.failed == {}


def test_a_torn_last_failure_is_dropped(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS) as answers:
        answers.append(key(9), Reply("x", "no"))
        answers.fail(key(0), Failure(CONTEXT, "a"))
        answers.fail(key(1), Failure(CONTEXT, "b"))
    path = tmp_path / FAILURES_FILE
    path.write_bytes(path.read_bytes()[:-3])
    with AnswerStore(tmp_path, TERMS) as answers:
        assert answers.failed == {CONTEXT: 1}
        answers.fail(key(2), Failure(FILTERED, "c"))
    with AnswerStore(tmp_path, TERMS) as answers:
        assert answers.failed == {CONTEXT: 1, FILTERED: 1}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "expected a failure, got Expecting"),
        ('{"key": "ab"}', "expected a failure; key: expected 64 hexadecimal digits, got 'ab'"),
        (f'{{"key": "{key(1)}", "words": "x"}}', "cause: expected text, got nothing"),
    ],
)
def test_damaged_failures_are_one_clear_line(tmp_path: Path, line: str, told: str) -> None:
    filled(tmp_path)
    (tmp_path / FAILURES_FILE).write_text(line + "\n")
    with pytest.raises(FormatError, match=f"{FAILURES_FILE}:1: ") as raised:
        AnswerStore(tmp_path, TERMS)
    assert told in str(raised.value)


OLD = {"input_tokens": None, "output_tokens": None, "cut_off": False}


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ({"text": "blocked by the content management policy", "answer": None}, FILTERED),
        ({"text": "maximum context length is 9", "answer": None, "cut_off": True}, CONTEXT),
        ({"text": "content management policy", "answer": "yes"}, None),
        ({"text": "content management policy", "answer": None, "output_tokens": 3}, None),
        ({"text": "content management policy", "answer": None, "stop_reason": "stop"}, None),
        ({"text": "I do not know.", "answer": None}, None),
    ],
)
def test_errors_that_an_older_run_took_for_replies(
    tmp_path: Path, line: dict[str, Any], cause: str | None
) -> None:
    path = filled(tmp_path, 1)
    with path.open("a") as stream:
        stream.write(json.dumps({"key": key(5), **OLD, **line}) + "\n")
    with AnswerStore(tmp_path, TERMS) as answers:
        assert (key(5) in answers) is (cause is None)
        assert answers.failed == ({} if cause is None else {cause: 1})
        answers.append(key(5), Reply("ANSWER: yes", "yes", 1, 1))
    with AnswerStore(tmp_path, TERMS) as answers:
        assert answers.failed == {}
        assert answers[key(5)].text == "ANSWER: yes"


def test_a_run_without_an_answer_goes_on_under_other_terms(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS):
        pass
    other = {**TERMS, "world": "seating:seats=4"}
    with AnswerStore(tmp_path, other) as answers:
        answers.append(key(0), Reply("x", "no"))
    with pytest.raises(RunMismatch), AnswerStore(tmp_path, TERMS):
        pass
    with AnswerStore(tmp_path, other) as answers:
        assert len(answers) == 1


@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_torn_last_line_is_dropped(tmp_path: Path, cut: int) -> None:
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    with AnswerStore(tmp_path, TERMS) as answers:
        assert list(answers) == [key(0), key(1)]
        answers.append(key(2), Reply("again", "no"))
    with AnswerStore(tmp_path, TERMS) as answers:
        assert answers[key(2)].text == "again"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"{", "expected an answer, got Expecting"),
        (b"[]", "expected an answer; expected an object, got []"),
        (b"[" * 100_000, "expected an answer, got"),
        (b"\xff\xfe", "expected an answer, got"),
        (b'{"text": "", "answer": null}', "key: expected 64 hexadecimal digits, got nothing"),
        (b'{"key": "ab", "text": ""}', "key: expected 64 hexadecimal digits, got 'ab'"),
        (b'{"key": "%s", "text": 1}' % key(9).encode(), "text: expected text, got 1"),
        (
            b'{"key": "%s", "text": "", "answer": 3}' % key(9).encode(),
            "answer: expected text or null, got 3",
        ),
        (
            b'{"key": "%s", "text": "", "input_tokens": -1}' % key(9).encode(),
            "input_tokens: expected a whole number from 0 on or null, got -1",
        ),
    ],
)
def test_a_damaged_file_is_one_clear_line(tmp_path: Path, line: bytes, told: str) -> None:
    path = filled(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + line + b"\n" + lines[1])
    with pytest.raises(FormatError) as raised:
        AnswerStore(tmp_path, TERMS)
    assert told in str(raised.value)
    assert f"{ANSWERS_FILE}:2: " in str(raised.value)
    assert len(str(raised.value)) < 300 + len(str(tmp_path))


@pytest.mark.parametrize("changed", [{"seed": 1}, {"world": "cups:n=3"}, {"language": "ru"}])
def test_other_terms_are_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    path = filled(tmp_path)
    before = path.read_bytes()
    with pytest.raises(RunMismatch, match=next(iter(changed))):
        AnswerStore(tmp_path, TERMS | changed)
    assert path.read_bytes() == before


def test_a_run_of_another_command_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 1, "world": "cups:n=3"}')
    with pytest.raises(RunMismatch, match=r"nerode chat.*nerode evaluate"):
        AnswerStore(tmp_path, TERMS)


def test_a_folder_of_anything_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(FormatError, match=r"thesis\.txt"):
        AnswerStore(tmp_path, TERMS)
    with pytest.raises(InvalidParameter, match="file"):
        AnswerStore(tmp_path / "thesis.txt", TERMS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


class Full(io.BytesIO):
    """A file on a disk that is full."""

    def write(self, _: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_with_the_file(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS) as answers:
        answers.close()
        answers._stream = Full()
        with pytest.raises(OSError, match=ANSWERS_FILE) as raised:
            answers.append(key(0), Reply("x", "yes"))
        assert raised.value.errno == errno.ENOSPC
        assert len(answers) == 0


def test_a_failure_that_cannot_be_written_is_told_with_the_file(tmp_path: Path) -> None:
    with AnswerStore(tmp_path, TERMS) as answers:
        (tmp_path / FAILURES_FILE).mkdir()
        with pytest.raises(OSError, match=FAILURES_FILE):
            answers.fail(key(0), Failure(CONTEXT, "x"))
        assert answers.failed == {}
