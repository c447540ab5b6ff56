"""What a comparison of runs says in some plain sentences.

It counts the scores in which a run is better or worse, corrected for how many are compared, and
names the one that is surest: the smallest corrected p, never the largest of many differences. Where
nothing differs it says what could have gone unseen, for that is no proof of equality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from nerode.metrics.history_kinds import (
    ON_POLICY,
    UNIFORM,
    is_on_policy,
)
from nerode.report.compare.differences import ANOTHER_MEASURE
from nerode.report.compare.family import ScoreComparison
from nerode.report.compare.settings import unlike
from nerode.report.descriptions import Descriptions, descriptions, reads_histories
from nerode.report.kinds import kinds
from nerode.report.names import place
from nerode.report.rows import p_text
from nerode.report.verdict import Words, percent, words_of
from nerode.schema.record import Record

MOST_RUNS = 3
"""Runs of which a headline speaks; all are in the table."""


def headline(
    records: Sequence[Record], names: Sequence[str], scores: Sequence[ScoreComparison]
) -> str:
    """How the runs of the first one's world differ from it, and that others are of other worlds.

    `names` are what the runs are called, `scores` come from `compare_scores`.
    """
    world = records[0].world
    here = [at for at, record in enumerate(records) if record.world == world]
    if len(here) == len(records):
        return _of_one_world(records, names, scores)
    worlds = list(dict.fromkeys(record.world for record in records))
    short = [place(each) for each in worlds]
    listed = short if len(set(short)) == len(short) else worlds
    apart = f"The runs are of different worlds ({', '.join(listed)})"
    if len(here) == 1:
        return f"{apart}: their scores are not compared."
    some = _of_one_world(records, names, scores, here)
    return f"{apart}; only those of {listed[0]} are compared. {some}"


def _of_one_world(
    records: Sequence[Record],
    names: Sequence[str],
    scores: Sequence[ScoreComparison],
    here: Sequence[int] = (),
) -> str:
    """What is said of the runs `here` (numbers; all where none are given)."""
    of_world = [records[at] for at in here] if here else list(records)
    if all(record == of_world[0] for record in of_world):
        often = "twice" if len(of_world) == 2 else f"{len(of_world)} times"  # noqa: PLR2004
        return f"This is the same run {often}: all its numbers are the same."
    family = [score for score in scores if score.p_adjusted is not None]
    if not family:
        if any((score.left_out or "").endswith(ANOTHER_MEASURE) for score in scores):
            listed = f" ({', '.join(found)})" if (found := unlike(of_world)) else ""
            return f"The runs were not measured alike{listed}: none of their scores is compared."
        if any(score.difference is not None for score in scores):
            return (
                "Of no score that the runs share is one value better than another: see the table."
            )
        return "The runs measured nothing in common that is defined for both."
    shared = [score for score in scores if None not in score.estimates]
    if all(score.estimates[0] == score.estimates[1] for score in shared):
        return "The runs have the same numbers everywhere: no score that they share differs."
    words = _Wording.of(of_world, names)
    by_run = [list(members) for _, members in groupby(family, key=lambda score: score.run)]
    sentences = [words.of_run(members, len(family)) for members in by_run[:MOST_RUNS]]
    left = len(by_run) - MOST_RUNS
    sentences += [f"{left} more in the table."] if left > 0 else []
    return " ".join([*sentences, *_caution(of_world)])


def _caution(records: Sequence[Record]) -> list[str]:
    """That the runs were not measured alike, where they were not."""
    found = unlike(records)
    if not found:
        return []
    listed = ", ".join(found)
    return [f"The runs were not measured alike ({listed}): differences may come from that, too."]


@dataclass(frozen=True)
class _Wording:
    """Puts scores in the terms of a world, in plain ones where the runs come with no drawing."""

    words: Words
    names: Sequence[str]
    both: bool = False
    """Whether any run has scores of two kinds of histories."""
    about: Descriptions = field(default_factory=dict)

    @classmethod
    def of(cls, records: Sequence[Record], names: Sequence[str]) -> _Wording:
        words = {words_of(record.drawing) for record in records}
        both = any(len(kinds(record)) > 1 for record in records)
        wording = words.pop() if len(words) == 1 else words_of(None)
        return cls(wording, names, both, descriptions(*records))

    def of_run(self, family: Sequence[ScoreComparison], compared: int) -> str:
        """In how many scores a run differs from the first, and what is surest, or unseen."""
        first, second = self.names[0], self.names[family[0].run]
        differ = [score for score in family if score.verdict != "none"]
        if not differ:
            return (
                f"At this number of trials none of {_scores(len(family))} tells {second} from "
                f"{first} (p corrected for {_comparisons(compared)}). {self._unseen(family)}"
            )
        better = sum(score.verdict == "better" for score in differ)
        worse, rest = len(differ) - better, len(family) - len(differ)
        counts = f"better than {first} in {better} of {_scores(len(family))}"
        counts += f" and worse in {worse}" if worse else ""
        if not better:
            counts = f"worse than {first} in {worse} of {_scores(len(family))}"
        none = f"; in {rest} no difference is seen at this number of trials" if rest else ""
        surest = self._sentence(min(differ, key=_surest_first), compared)
        return f"{second} is {counts}{none}. The surest: {surest}"

    def _unseen(self, family: Sequence[ScoreComparison]) -> str:
        """What the widest interval leaves open: not the one about the largest difference."""
        shares = [score for score in family if score.row.score.is_share] or family
        widest = max(shares, key=lambda score: _bounds(score)[1] - _bounds(score)[0])
        low, high = (_amount(widest, bound, sign=True) for bound in _bounds(widest))
        return (
            f"They need not be equal: the widest interval, that of {_title(widest)}, is {low} to "
            f"{high} {_unit(widest)}."
        )

    def _sentence(self, score: ScoreComparison, compared: int) -> str:
        """One difference, the higher score first."""
        value = score.difference.value if score.difference else None
        runs = (score.run, 0) if (value or 0) > 0 else (0, score.run)
        estimates = score.estimates[::-1] if runs[0] else score.estimates
        values = [each.value if each and each.value else 0.0 for each in estimates]
        known = score.row.score
        shares = [_share(each) if known.is_share else f"{each:.2f} {known.unit}" for each in values]
        size = _amount(score, abs(value or 0))
        low, high = sorted(_bounds(score) if runs[0] else (-bound for bound in _bounds(score)))
        p = p_text(score.p_adjusted or 0.0)
        few = ", where fewer is better" if known.best == 0 else ""
        return (
            f"{self._said(score, [self.names[run] for run in runs], shares)}: {size} "
            f"{_unit(score, size)} more{few} (95 % interval: {_amount(score, low)} to "
            f"{_amount(score, high)}{_shared(score)}; p {p}, corrected for "
            f"{_comparisons(compared)})."
        )

    def _said(self, score: ScoreComparison, names: Sequence[str], shares: Sequence[str]) -> str:
        sentence = score.row.score.sentence
        if sentence is None:
            return f"{_title(score)}: {names[0]} has {shares[0]}, {names[1]} {shares[1]}"
        words = self.words
        terms = {"PAIRS": words.pairs, "TURNS": words.turns, "ARRIVES": words.arrives}
        terms |= {"TRIPS": words.trips, "ON": words.on}
        full, brief = sentence
        for term, word in terms.items():
            full, brief = full.replace(term, word), brief.replace(term, word)
        kind = self._kind(score)
        where = f" {words.reading(kind)}" if kind else ""
        full, brief = full.replace("{}", shares[0]), brief.replace("{}", shares[1])
        return f"{names[0]} {full}{where}, {names[1]} {brief}"

    def _kind(self, score: ScoreComparison) -> str:
        """The kind of histories that a score read, where the runs have scores of two kinds."""
        metric = score.path[0]
        if is_on_policy(metric):
            return ON_POLICY
        return UNIFORM if self.both and reads_histories(metric, self.about) else ""


def _surest_first(score: ScoreComparison) -> tuple[float, float]:
    """Order of evidence; where it is the same (p of 0), the table's order stays."""
    p = score.difference.p if score.difference else None
    return (score.p_adjusted or 0.0, p or 0.0)


def _bounds(score: ScoreComparison) -> tuple[float, float]:
    difference = score.difference
    return (difference.low or 0.0, difference.high or 0.0) if difference else (0.0, 0.0)


def _shared(score: ScoreComparison) -> str:
    """Where one run has more trials, the difference is not that of the scores beside it."""
    values = [each.value for each in score.estimates if each and each.value is not None]
    value = score.difference.value if score.difference else None
    alike = value is not None and abs(values[1] - values[0] - value) < 1e-9  # noqa: PLR2004
    return "" if alike else ", over the trials that both have"


def _title(score: ScoreComparison) -> str:
    return f"{score.row.group} ({score.row.label})"


def _scores(count: int) -> str:
    return "1 score" if count == 1 else f"{count} scores"


def _comparisons(count: int) -> str:
    return "1 comparison" if count == 1 else f"{count} comparisons"


def _share(value: float) -> str:
    """As `percent`, with a sign where it is negative."""
    return percent(value) if value >= 0 else f"\N{MINUS SIGN}{percent(-value)}"


def _amount(score: ScoreComparison, value: float, *, sign: bool = False) -> str:
    """A difference in the unit of its score."""
    if score.row.score.is_share:
        return _points(value, sign=sign)
    shown = f"{value:+.2f}" if sign else f"{value:.2f}"
    return shown.replace("-", "\N{MINUS SIGN}")


def _unit(score: ScoreComparison, size: str = "") -> str:
    if not score.row.score.is_share:
        return score.row.score.unit
    return "percentage point" if size == "1" else "percentage points"


def _points(value: float, *, sign: bool = False) -> str:
    """A difference in percentage points, with a decimal where it is small."""
    points = 100 * value
    shown = f"{points:.1f}" if abs(points) < 1 else f"{points:.0f}"
    plus = "+" if sign and points > 0 else ""
    return plus + shown.replace("-", "\N{MINUS SIGN}")
