"""Runs compared with the first of them: differences, intervals, p-values, and what follows.

    from nerode import compare

    comparison = compare("runs/small", "runs/large")
    print(comparison.headline)
    for score in comparison.scores:
        print(score.path, score.difference, score.p_adjusted, score.verdict)

Every score of every run less the first one's belongs to one family of comparisons, and p-values are
corrected for its size (nerode/report/compare/family.py). Differences are taken trial by trial where
two runs were asked the same, else from the two scores (nerode/report/compare/differences.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nerode.errors import FormatError, InvalidParameter, MissingFile
from nerode.metrics.history_kinds import kind_of
from nerode.metrics.registry import GivenMetric, metrics_of
from nerode.report.compare.differences import Answered, answers_alike_named, read_answers
from nerode.report.compare.family import ScoreComparison, compare_scores
from nerode.report.compare.headline import headline
from nerode.report.compare.settings import settings
from nerode.report.descriptions import descriptions, reads_histories
from nerode.report.kinds import alike_named
from nerode.report.names import callings
from nerode.report.record.record import read_record
from nerode.report.record.settings import settings_of
from nerode.runs import RESULT, TERMS
from nerode.schema.record import Record
from nerode.stats.bounds import LEVEL
from nerode.stats.estimate import Estimate
from nerode.stats.multiplicity import ALPHA

COMPARISON_SCHEMA = 1
"""Version of what `nerode compare --json` prints."""


@dataclass(frozen=True)
class RunComparison:
    """Several runs beside the first of them.

    Attributes
    ----------
    records
        The record of each run.
    names
        What the runs are called: the shortest names that tell them apart.
    scores
        Every score of every run but the first, run by run (`ScoreComparison`).
    headline
        What the comparison says, in some plain sentences.
    folders
        Where each run lies; empty where records were compared without one.
    """

    records: tuple[Record, ...]
    names: tuple[str, ...]
    scores: tuple[ScoreComparison, ...]
    headline: str
    folders: tuple[str, ...] = ()

    @property
    def family(self) -> int:
        """How many comparisons the p-values are corrected for."""
        return sum(score.p_adjusted is not None for score in self.scores)

    def as_dict(self) -> dict[str, Any]:
        """What `nerode compare --json` prints, of plain values.

        {"schema": 1, "kind": "comparison", "world",
         "level": 0.95                of the intervals, each for its score alone,
         "alpha": 0.05, "correction": "holm",
         "family"                     how many comparisons p_adjusted is corrected for,
         "runs": [{"name", "folder", "model", "protocol", "histories", "seed", "trials"}, ...],
                                      the first is what the others are compared with
         "settings": {name: [of each run, ...]}     those in which the runs differ, but the model
         "headline",
         "rows": [{"run"              number in "runs",
                   "metric", "score"  as they stand in a record, parts of a score joined by "/",
                   "histories"        [of the first run, of this one] where the metric reads any,
                   "values"           [of the first run, of this one], null: undefined or not there
                   "trials"           [of the first run, of this one] that gave a value,
                   "difference"       this run's score less the first one's, null: not compared
                   "low", "high"      its 95 % interval,
                   "p"                two-sided p-value of no difference,
                   "p_adjusted"       the same corrected for the family, null: not in it
                   "n"                trials that both answered, 0 where not paired,
                   "paired"           whether the difference is taken trial by trial,
                   "unpaired"         why it is not, or null,
                   "left_out"         why the score is not in the family, or null,
                   "verdict"          "better" | "worse" | "none": this run beside the first}, ...]}
        """
        return {
            "schema": COMPARISON_SCHEMA,
            "kind": "comparison",
            "world": self.records[0].world,
            "level": LEVEL,
            "alpha": ALPHA,
            "correction": "holm",
            "family": self.family,
            "runs": [self._run(at) for at in range(len(self.records))],
            "settings": {name: list(each) for name, each in settings(self.records).items()},
            "headline": self.headline,
            "rows": [self._row(score) for score in self.scores],
        }

    def _run(self, at: int) -> dict[str, Any]:
        record = self.records[at]
        values = settings_of(record)
        return {
            "name": self.names[at],
            "folder": self.folders[at] if self.folders else None,
            "model": record.model,
            **{name: values.get(name) for name in ("protocol", "histories", "seed", "trials")},
        }

    def _row(self, score: ScoreComparison) -> dict[str, Any]:
        metric, *names = score.path
        of_both = (self.records[0], self.records[score.run])
        difference = score.difference
        return {
            "run": score.run,
            "metric": metric,
            "score": "/".join(names),
            "histories": (
                [kind_of(metric, record.histories or None) for record in of_both]
                if reads_histories(metric, descriptions(*of_both))
                else None
            ),
            "values": [_value(each) for each in score.estimates],
            "trials": [each.n if each else 0 for each in score.estimates],
            "difference": difference.value if difference else None,
            "low": difference.low if difference else None,
            "high": difference.high if difference else None,
            "p": difference.p if difference else None,
            "p_adjusted": score.p_adjusted,
            "n": difference.n if difference else 0,
            "paired": difference is not None and score.unpaired is None,
            "unpaired": score.unpaired,
            "left_out": score.left_out,
            "verdict": score.verdict,
        }


def _value(estimate: Estimate | None) -> float | None:
    return estimate.value if estimate else None


def compare(*folders: Path | str, metrics: Sequence[GivenMetric] = ()) -> RunComparison:
    """Compare finished runs of one world with the first of them.

    Parameters
    ----------
    folders
        Two or more run folders that `evaluate(..., out=FOLDER)`, `nerode evaluate`, `nerode chat`
        or `nerode reconstruct` wrote. Where a folder has its trials, too, differences are taken
        trial by trial.
    metrics
        Metrics of your own that the runs were measured with, as `evaluate` takes them. Without
        them, scores of such a metric are compared, but not trial by trial, for that needs its code.

    Raises
    ------
    InvalidParameter
        For fewer than two folders, for anything but folders, for runs of different worlds.
    MissingFile
        Where there is no run, or one that is not finished.
    FormatError
        Where a file is damaged or of another schema.
    """
    if len(folders) < 2:  # noqa: PLR2004 - a pair
        raise InvalidParameter(
            f"expected two or more run folders to compare, got {len(folders) or 'none'}"
        )
    named = metrics_of(metrics)
    paths = [_run_folder(folder) for folder in folders]
    records = [read_record(path) for path in paths]
    for path, record in zip(paths[1:], records[1:], strict=True):
        if record.world != records[0].world:
            raise InvalidParameter(
                f"expected runs of one world, got {records[0].world} in {paths[0]} and "
                f"{record.world} in {path}"
            )
    trials = [
        read_answers(path, record, named) for path, record in zip(paths, records, strict=True)
    ]
    return compare_records(records, trials, [str(path) for path in paths])


def compare_records(
    records: Sequence[Record],
    answered: Sequence[Answered | None] = (),
    folders: Sequence[str] = (),
) -> RunComparison:
    """Compare records that are at hand; `answered` are the trials of each, where they are there.

    Of runs of another world than the first one's no score is compared.
    """
    names = callings(records)
    given = answers_alike_named(records, answered) if answered else ()
    scores = compare_scores(alike_named(records), given)
    said = headline(records, names, scores)
    return RunComparison(tuple(records), tuple(names), scores, said, tuple(folders))


def _run_folder(folder: object) -> Path:
    """The folder of a finished run; otherwise an error that says what is there instead."""
    if not isinstance(folder, Path | str):
        raise InvalidParameter(
            f"expected run folders to compare, got {type(folder).__name__}; "
            "evaluate(..., out=FOLDER) writes one"
        )
    path = Path(folder)
    if path.is_file():
        raise FormatError(f"expected a run folder to compare, got the file {path}")
    if (path / TERMS).is_file() and not (path / RESULT).is_file():
        raise MissingFile(
            f"{path}: expected a finished run, got one without {RESULT}; "
            "the command that began it finishes it (parts of a run: `nerode merge`)"
        )
    return path
