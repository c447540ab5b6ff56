"""What the page shows of chat models: contradictions as dialogues, bounds, costs, and a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from msgspec import UNSET, structs

from nerode.report.cells import Cell
from nerode.report.chat.statements import (
    Statements,
    is_published,
    protocol_sentence,
    statements,
    where_published,
)
from nerode.report.names import place, short
from nerode.report.rows import DASH, Row, estimate_at, number, rows
from nerode.schema.chat import ChatRecord, Dialogue
from nerode.schema.record import Record
from nerode.schema.scores import Scores

YES = "answers"
"""Where tables find the share of yes among metrics."""
OPEN_DIALOGUES = 4
"""Dialogues that stand open; the longer ones are folded away."""


@dataclass(frozen=True)
class Turn:
    """One paraphrase, what the model replied, what of it was understood, and whether it is true."""

    telling: str
    reply: str
    answer: str
    right: bool


@dataclass(frozen=True)
class DialogueView:
    """One situation in two paraphrases, and two answers that cannot both be true."""

    continuation: str
    truth: str
    turns: tuple[Turn, Turn]


@dataclass(frozen=True)
class Chat:
    """What is shown of one run beside its scores."""

    id: str
    language: str
    shown: tuple[DialogueView, ...]
    folded: tuple[DialogueView, ...]
    unparsed: tuple[str, ...]
    remarks: tuple[str, ...]
    cost: str
    statements: tuple[Statements, ...]
    published: str


def chat_view(name: str, record: Record) -> Chat | None:
    """The chat of a run; None where no chat model was asked. `name` begins its id."""
    if not isinstance(record, ChatRecord):
        return None
    dialogues = tuple(map(_dialogue, record.dialogues))
    return Chat(
        id=f"{name}-dialogues",
        language=record.parameters.language,
        shown=dialogues[:OPEN_DIALOGUES],
        folded=dialogues[OPEN_DIALOGUES:],
        unparsed=unparsed(record),
        remarks=remarks(record),
        cost=cost(record),
        statements=statements(record),
        published=where_published(record),
    )


def with_share_of_yes(record: Record) -> Record:
    """The record with the share of yes among its metrics, where tables are to show it.

    In the record it stands apart: it is no score, of which more (or less) is better.
    """
    if not isinstance(record, ChatRecord) or record.answers is UNSET:
        return record
    shares = record.answers.baselines or {}
    baselines = {
        name: {**metrics, YES: Scores(yes=shares[name].yes)} if name in shares else metrics
        for name, metrics in record.baselines.items()
    }
    metrics = {**record.metrics, YES: Scores(yes=record.answers.yes)}
    return structs.replace(record, metrics=metrics, baselines=baselines)


def _dialogue(found: Dialogue) -> DialogueView:
    first, second = (
        Turn(telling, reply, answer, answer == found.truth)
        for telling, reply, answer in zip(found.tellings, found.replies, found.answers, strict=True)
    )
    return DialogueView(found.continuation, found.truth, (first, second))


def unparsed(record: ChatRecord) -> tuple[str, ...]:
    """A sentence for each metric with answers that could not be parsed, and what hangs on them."""
    titles = {row.path[0]: row.group for row in rows(record.metrics)}
    return tuple(
        f"{titles[metric]}: {count:,} of {record.questions[metric]:,} answers could not be "
        f"parsed and count against the model{_at_best(record, metric)}."
        for metric, count in record.unparsed.items()
        if count
    )


def remarks(record: ChatRecord) -> tuple[str, ...]:
    """What else is to be known of a run, a sentence each."""
    answers = cut_off(record) + _only_reasoning(record) + _failed(record)
    return answers + protocol_sentence(record) + _not_listed(record)


def cut_off(record: ChatRecord) -> tuple[str, ...]:
    """How many replies ended because they may be no longer; nothing where none did."""
    count = record.cut_off or 0
    if not count:
        return ()
    most = record.parameters.max_tokens
    at = f" after {most:,} tokens" if isinstance(most, int) else ""
    of = f"{count:,} of {record.cost.questions:,} replies"
    return (f"{of} were cut off{at}: run again in another folder with a larger --max-tokens.",)


def _only_reasoning(record: ChatRecord) -> tuple[str, ...]:
    """How many replies hold reasoning and no text; nothing where none does."""
    count = record.only_reasoning or 0
    if not count:
        return ()
    of = f"{count:,} of {record.cost.questions:,} replies"
    return (f"{of} hold the model's reasoning and no text beside it: no answer is read out of it.",)


def _failed(record: ChatRecord) -> tuple[str, ...]:
    """How many questions the provider did not answer, by cause; nothing where none."""
    failed: Mapping[str, int] = record.failed or {}
    count = sum(failed.values())
    if not count:
        return ()
    causes = ", ".join(f"{cause} ({number:,})" for cause, number in failed.items())
    have = "questions have" if count > 1 else "question has"
    again = "the same command asks again."
    return (f"{count:,} {have} no answer, because the provider failed: {causes}; {again}",)


def _not_listed(record: ChatRecord) -> tuple[str, ...]:
    """Why there is no precision of distinction, where that was measured otherwise."""
    scores = record.metrics.get("distinction")
    if scores is None or "precision" in scores:
        return ()
    if is_published(record):
        return ("Protocol paper has no precision of distinction: it was not published.",)
    most = record.parameters.most_listed
    why = f"in worlds of more than {most} statements: all are asked about for it (--list-up-to)"
    return (f"Precision of distinction is not measured {why}.",)


def _at_best(record: ChatRecord, metric: str) -> str:
    """What the scores would be, had all unparsed answers been the best for the model."""
    parts = []
    for row in rows({metric: record.metrics[metric]}):
        estimate = estimate_at(record.metrics, row.path)
        low, high = record.bounds[metric][row.path[1]]
        if estimate is None or estimate.value is None or low is None or high is None:
            continue
        if low < high:
            best = low if estimate.value == high else high
            parts.append(f"{row.label} {number(estimate.value)} could be {number(best)} at best")
    return f": {', '.join(parts)}" if parts else ""


def cost(record: ChatRecord) -> str:
    """How many questions and answers there were, in tokens too."""
    usage = record.cost
    tokens = f"{usage.input_tokens:,} tokens in and {usage.output_tokens:,} out"
    return f"{usage.questions:,} questions, {tokens}"


@dataclass(frozen=True)
class SizeCell:
    """A score, and between what it lies where answers could not be parsed."""

    cell: Cell
    bounds: str


@dataclass(frozen=True)
class SizeRow:
    """One model over all sizes; `baseline` says that it is one."""

    name: str
    baseline: bool
    cells: tuple[SizeCell, ...]


@dataclass(frozen=True)
class SizeTable:
    """Models over the sizes of one kind of world; a group of rows per score."""

    id: str
    title: str
    columns: tuple[str, ...]
    groups: tuple[tuple[str, tuple[SizeRow, ...]], ...]


def size_tables(records: Sequence[Record]) -> tuple[SizeTable, ...]:
    """A table for every kind of world that chat models were asked about in several sizes."""
    chats = [record for record in records if isinstance(record, ChatRecord)]
    kinds = dict.fromkeys(world_of(record)[0] for record in chats)
    grouped = ([each for each in chats if world_of(each)[0] == kind] for kind in kinds)
    several = [each for each in grouped if len({record.world for record in each}) > 1]
    return tuple(_table(f"sizes-{at}", each) for at, each in enumerate(several, start=1))


def world_of(record: Record) -> tuple[str, str, float]:
    """Kind, parameter and size of a world: `seating:seats=3` is ("seating", "seats", 3)."""
    kind, _, parameter = record.world.partition(":")
    name, _, value = parameter.partition("=")
    return kind, name, float(value) if value.isascii() and value.isdecimal() else 0.0


def size(record: ChatRecord) -> str:
    """The size of a record's world in words."""
    kind, parameter, value = world_of(record)
    if not value:
        return place(record.world)
    return f"{value:g} {parameter}" if parameter != "n" else f"{value:g} {kind}"


def _table(name: str, records: Sequence[ChatRecord]) -> SizeTable:
    ordered = sorted(records, key=lambda record: world_of(record)[2])
    columns = list(dict.fromkeys(record.world for record in ordered))
    models = _labelled(ordered)
    scores = {row.path: row for record in ordered for row in rows(record.metrics)}
    groups = tuple(
        (f"{row.group}: {row.label}", tuple(_rows(path, row, columns, models)))
        for path, row in scores.items()
    )
    first = {world: next(r for r in ordered if r.world == world) for world in columns}
    sizes = tuple(size(record) for record in first.values())
    return SizeTable(name, world_of(ordered[0])[0], sizes, groups)


_APART = ("language", "obfuscate", "trials", "temperature", "reasoning_effort")


def _labelled(records: Sequence[ChatRecord]) -> dict[str, dict[str, ChatRecord]]:
    """Records by model and by world; runs of a model that differ otherwise have their own row."""
    settings = [_settings(record) for record in records]
    differ = [name for name in settings[0] if len({each[name] for each in settings}) > 1]
    models: dict[str, dict[str, ChatRecord]] = {}
    for record, own in zip(records, settings, strict=True):
        label = " · ".join([short(record.model), *(f"{name} {own[name]}" for name in differ)])
        while record.world in models.get(label, {}):
            label += " (again)"
        models.setdefault(label, {})[record.world] = record
    return models


def _settings(record: ChatRecord) -> dict[str, str]:
    """What tells runs of one model apart, by name; `None` where a record does not say it."""
    values = {name: getattr(record.parameters, name) for name in _APART}
    values |= {"protocol": record.protocol, "seed": record.seed}
    return {name: str(None if value is UNSET else value) for name, value in values.items()}


def _rows(
    path: tuple[str, ...],
    row: Row,
    columns: Sequence[str],
    models: Mapping[str, Mapping[str, ChatRecord]],
) -> Iterator[SizeRow]:
    for name, there in models.items():
        cells = (_cell(there.get(world), path) for world in columns)
        yield SizeRow(name, baseline=False, cells=tuple(cells))
    firsts = [next(m[world] for m in models.values() if world in m) for world in columns]
    for name in dict.fromkeys(name for record in firsts for name in record.baselines):
        cells = (_baseline(record, name, row) for record in firsts)
        yield SizeRow(name, baseline=True, cells=tuple(cells))


def _cell(record: ChatRecord | None, path: tuple[str, ...]) -> SizeCell:
    if record is None:
        return SizeCell(Cell(None), "")
    low, high = record.bounds.get(path[0], {}).get(path[1], (None, None))
    bounds = "" if low is None or low == high else f"if parsed {number(low)}{DASH}{number(high)}"
    return SizeCell(Cell(estimate_at(record.metrics, path)), bounds)


def _baseline(record: ChatRecord, name: str, row: Row) -> SizeCell:
    return SizeCell(Cell(estimate_at(record.baselines.get(name, {}), row.path)), "")
