"""The terminal table: the model's metrics with the baselines beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec import UNSET
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from nerode.metrics.history_kinds import in_words
from nerode.report.chat.chat import YES, cost, remarks, unparsed, with_share_of_yes
from nerode.report.chat.statements import SINGLE, is_published, statements_sentence
from nerode.report.figures.disagreement import slips_sentence, within_sentence
from nerode.report.figures.dose import EXPLAINED, METRIC, few_rows
from nerode.report.kinds import kinds
from nerode.report.rows import (
    DASH,
    Metrics,
    Row,
    estimate_at,
    interval,
    number,
    perfect,
    rows_of,
    trials,
    without_interval,
)
from nerode.schema.chat import ChatRecord
from nerode.schema.record import Record
from nerode.stats.estimate import Estimate

_WIDE = 150
"""Columns from which on the baselines show their intervals too."""

_ROOMY = 100
"""Columns below which n moves from a column of its own to the line under the table."""

_LONGEST_NAME = 12
_UNBOUNDED = 1000


def print_table(record: Record, console: Console) -> None:
    """One row per metric: the model's value, its 95 % interval and n, then each baseline.

    A dash is what is undefined; what was not measured is left empty, and said so below. Fits 100
    columns, and 80 with n below the table; the baselines' intervals are shown from 150 columns on.
    """
    record = with_share_of_yes(record)
    roomy = console.width >= _ROOMY
    console.print(_title(record))
    for table in _tables(record, console):
        console.print()
        console.print(table)
    for line in (_note(record, roomy=roomy), *_sources(record), *_chat(record)):
        console.print(Text(plain(line), style="dim"))


def _tables(record: Record, console: Console) -> Iterator[Table]:
    """One table, or several with some of the baselines each where they are too many for one."""
    names = list(_measured(record))
    shown = len(names)
    while True:
        table = _table(record, names[:shown], console.width)
        if _needed(table, console) <= console.width or shown <= 1:
            yield table
            names = names[shown:]
            if not names:
                return
            shown = len(names)
        else:
            shown -= 1


def _needed(table: Table, console: Console) -> int:
    """Columns of the terminal below which values would be cut."""
    return Measurement.get(console, console.options.update(width=_UNBOUNDED), table).maximum


def _table(record: Record, names: Sequence[str], width: int) -> Table:
    wide, roomy = width >= _WIDE, width >= _ROOMY
    table = _columns(record, names, roomy=roomy)
    for group, members in groupby(rows_of(record), key=lambda row: row.group):
        table.add_row(Text(heading(group), style="bold"))
        shown = list(members)
        for row in (*shown, *(few_rows(record.metrics) if shown[0].path[0] == METRIC else ())):
            table.add_row(*_cells(record, row, names, wide=wide, roomy=roomy))
    return table


def plain(text: str) -> str:
    """The text with everything that could steer a terminal shown as a replacement mark."""
    return "".join(
        letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text
    )


def heading(group: str) -> str:
    """The title of a group of rows in short lines: which histories were read stands below."""
    return plain(group).replace(", ", ",\n")


def _title(record: Record) -> Text:
    parameters = record.parameters
    said = [f"{record.model} on {record.world}", _protocol(record)]
    said += [f"histories {' and '.join(kinds(record))}"] if record.histories else []
    said += [f"ε = {parameters.epsilon}"] if parameters.epsilon is not UNSET else []
    said += [f"seed {record.seed}"] if record.seed is not UNSET else []
    # What a reader takes for granted is left out.
    said += [parameters.dtype] if parameters.dtype and parameters.dtype != "float32" else []
    return Text(plain(" · ".join(said)))


def _protocol(record: Record) -> str:
    single = f" ({SINGLE})" if is_published(record) else ""
    return f"protocol {record.protocol}{single}"


def _columns(record: Record, names: Sequence[str], *, roomy: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, int(roomy), 0, 0))
    table.add_column("", no_wrap=True)
    _name_column(table, record.model, style="bold", roomy=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    if roomy:
        table.add_column("n", justify="right", no_wrap=True)
    for name in names:
        _name_column(table, name, style="dim", roomy=roomy)
    return table


def _name_column(table: Table, name: str, *, style: str, roomy: bool) -> None:
    """A model's column, its name broken into short lines: `noisy-oracle:0.1` would cost much."""
    last = plain(name).rstrip("/").rsplit("/", maxsplit=1)[-1]
    lines = last.replace(":", "\n").replace("-", "-\n")
    longest = max((len(line) for line in lines.split("\n")), default=0)
    table.add_column(
        Text(lines, justify="right", overflow="fold"),
        justify="right",
        style=style,
        min_width=max(6, min(longest, _LONGEST_NAME)) if roomy else 6,
    )


def _cells(
    record: Record, row: Row, names: Sequence[str], *, wide: bool, roomy: bool
) -> Sequence[Text]:
    model = estimate_at(record.metrics, row.path)
    cells = [f"  {row.label}", _value(model), "" if model is None else interval(model)]
    if roomy:
        cells.append("" if model is None else trials(model))
    baselines = (estimate_at(record.baselines[name], row.path) for name in names)
    cells += [_value(estimate, wide=wide) for estimate in baselines]
    return [Text(plain(cell)) for cell in cells]


def _value(estimate: Estimate | None, *, wide: bool = False) -> str:
    if estimate is None:
        return ""
    if estimate.value is None:
        return DASH
    value = number(estimate.value)
    return f"{value} ({interval(estimate)})" if wide and estimate.low is not None else value


def _sources(record: Record) -> list[str]:
    """Why trials were skipped, and where the held-out sequences come from."""
    reasons = [
        f"{in_words(metric)} {count} ({reason})"
        for metric, counts in (record.skipped or {}).items()
        for reason, count in counts.items()
    ]
    lines = [f"Could not be run: {'; '.join(reasons)}."] if reasons else []
    lines += [
        f"{in_words(metric).capitalize()} met histories of {depths.met:g} of the "
        f"{depths.of:g} lengths that there are ({depths.from_:g} to {depths.to:g} symbols)."
        for metric, depths in (record.depths or {}).items()
    ]
    lines += boundary_strings(record)
    source = record.parameters.sequences
    lines += _continuations(record)
    lines += record.notes or ()
    return lines + ([f"Held-out sequences: {source}."] if source else [])


def boundary_strings(record: Record) -> list[str]:
    """How many of the world's boundary strings tell where a sequence may stop."""
    return [
        f"{in_words(metric).capitalize()}: {strings.end:,} of {strings.all:,} boundary strings "
        f"of the world contain `end`, in {strings.end_trials:,} of {strings.trials:,} trials; "
        "recall of end is over those."
        for metric, strings in (record.strings or {}).items()
        if strings.end
    ]


def _continuations(record: Record) -> list[str]:
    """On how many continuations the precision of compression hangs, where they were drawn."""
    samples, length = record.parameters.samples, record.parameters.length
    if "compression" not in record.metrics or not samples or isinstance(record, ChatRecord):
        return []
    within = f" of up to {length:g} symbols" if length else ""
    each = "" if record.protocol == "paper" else " after either history"
    start = f"Compression: {samples:g} continuations{within}{each}"
    sentences = (within_sentence(record.metrics), slips_sentence(record.metrics))
    return [f"{start}; with more or longer ones its precision falls.", *filter(None, sentences)]


def _chat(record: Record) -> list[str]:
    """What a chat model's answers cost, and how many could not be parsed."""
    if not isinstance(record, ChatRecord):
        return []
    lines = (*unparsed(record), *remarks(record), *statements_sentence(record))
    return [*lines, f"Answers in the folder: {cost(record)}."]


def _note(record: Record, *, roomy: bool) -> str:
    text = f"{perfect(rows_of(record))}. A dash: undefined."
    text += f" {alone}" if (alone := without_interval(rows_of(record))) else ""
    text += " Share of yes: as the solver's." if YES in record.metrics else ""
    text += " Empty: not measured." if _has_gaps(record) else ""
    text += f" {EXPLAINED}" if few_rows(record.metrics) else ""
    if roomy:
        return f"{text} n: trials (+ those skipped)."
    counts = []
    for group, members in groupby(rows_of(record), key=lambda row: row.group):
        estimates = [estimate_at(record.metrics, row.path) for row in members]
        each = dict.fromkeys(trials(estimate) for estimate in estimates if estimate)
        counts.append(f"{group.lower()} {', '.join(each)}")
    return plain(f"{text} n (+ skipped): {'; '.join(counts)}.")


def _measured(record: Record) -> dict[str, Metrics]:
    """Baselines that were asked anything: of a probe only those with hidden states are."""
    return {name: metrics for name, metrics in record.baselines.items() if metrics}


def _has_gaps(record: Record) -> bool:
    """Whether a baseline was not asked for all that the model was."""
    return any(
        estimate_at(metrics, row.path) is None
        for row in rows_of(record)
        for metrics in _measured(record).values()
    )
