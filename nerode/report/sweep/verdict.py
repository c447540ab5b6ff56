"""What stands on top of the page of a sweep: no more than its numbers say."""

from __future__ import annotations

from nerode.report.rows import Row, and_, number
from nerode.report.sweep.arms import ArmModels, Mark, SweepScores
from nerode.report.sweep.ranking import Ranking

_MOST = 3
"""Scores that are told of one arm."""


def sweep_verdict(sweep: SweepScores, ranked: Ranking | None) -> str:
    """Which arm differs most from the one compared with, and whether the scores agree."""
    others = [arm for arm in sweep.arms if arm.name != sweep.against]
    said = []
    if not others:
        said.append(f"Only one arm has a model that is done: {sweep.against}.")
    else:
        better = max(
            others, key=lambda arm: _count(arm, sweep, "better") - _count(arm, sweep, "worse")
        )
        if _count(better, sweep, "better"):
            said.append(_sentence(better, sweep))
        else:
            said.append(f"No arm is certainly better than {sweep.against} in any score.")
        none = [arm.name for arm in others if not _marked(arm, sweep)]
        if none and len(none) < len(others):
            said.append(f"No certain difference from {sweep.against}: {and_(none)}.")
    if ranked is not None:
        said.append(ranked.summary)
    return " ".join(said)


def _sentence(arm: ArmModels, sweep: SweepScores) -> str:
    """In which scores an arm is better and worse, the largest differences first."""
    reference = sweep.reference
    parts = []
    marks: tuple[Mark, ...] = ("better", "worse")
    for mark in marks:
        rows = sorted(_rows(arm, sweep, mark), key=lambda row: -_size(arm, row))
        if not rows:
            continue
        clauses = [
            f"{row.group.lower()} ({row.label}) {number(arm.scores[row.path].mean.value)} instead "
            f"of {number(reference.scores[row.path].mean.value)}"
            for row in rows[:_MOST]
        ]
        more = len(rows) - _MOST
        clauses += [f"{more} more score{'' if more == 1 else 's'}"] if more > 0 else []
        parts.append(f"{mark} than {sweep.against} in {and_(clauses)}")
    return f"{arm.name} is {'; it is '.join(parts)}."


def _marked(arm: ArmModels, sweep: SweepScores) -> int:
    return _count(arm, sweep, "better") + _count(arm, sweep, "worse")


def _count(arm: ArmModels, sweep: SweepScores, mark: Mark) -> int:
    return len(_rows(arm, sweep, mark))


def _rows(arm: ArmModels, sweep: SweepScores, mark: Mark) -> list[Row]:
    return [
        row for row in sweep.judged if row.path in arm.scores and arm.scores[row.path].mark == mark
    ]


def _size(arm: ArmModels, row: Row) -> float:
    difference = arm.scores[row.path].difference
    return 0.0 if difference is None else abs(difference.value or 0.0)
