"""What a metric is: how its trials are measured and summed up, and what is to be known of it.

All that is known of one metric stands in its own file, as one `Metric`. Tables, the glossary,
curves and comparisons of runs are loops over metrics (docs/extend.md, "A metric of your own").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from msgspec import UNSET

from nerode.errors import InvalidParameter
from nerode.metrics.history_kinds import on_policy_name, plain_name
from nerode.metrics.result import Result
from nerode.metrics.setting import Setting
from nerode.models.model import Model
from nerode.schema.decoding import DamageError
from nerode.schema.trial import (
    AnyTrial,
    SkippedTrial,
    Trial,
    decode_trial,
    entry_of,
    is_skipped,
    number_of,
    plain_trial,
)
from nerode.stats.estimate import Difference
from nerode.worlds.world import AnyWorld

if TYPE_CHECKING:
    from nerode.metrics.outcomes import Outcomes

ScorePath = tuple[str, ...]
"""Where a score stands among those of its metric."""
Contribution = tuple[ScorePath, float, float]
"""A trial's part in a score: its name, sum of values, number of values."""

SETTINGS = ("protocol", "samples", "epsilon", "depth", "length")
"""Settings of an evaluation that may change what a score means."""
_SHARE = "share"

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_TAKEN = ("epsilon", "answers", "capability")


@dataclass(frozen=True)
class Score:
    """One score of a metric, and how people read it.

    Attributes
    ----------
    label
        What it is called in tables.
    best
        The value that a perfect model has: 1.0 or 0.0; the nearer to it the better. None where no
        value is better than another: then it is shown and never called better or worse.
    meaning
        What it says, in a sentence or two, for the glossary of the page; empty where what the
        metric says of itself is enough.
    depends_on
        Names out of `SETTINGS` under another value of which it is another measure, so that two
        runs are not compared in it. None, where nobody has said: any of them.
    unit
        `share`, of a number from 0 to 1, or what else is counted (`bits`).
    reference
        Whether it is no score of the model but what others are held against.
    never_compared
        Why runs are not compared in it; empty where they are.
    has_interval
        False for a number of all trials together, which has no interval.
    reading
        What to know where it stands in a table, such as that no model reaches its best value.
    in_table
        Whether tables show it; otherwise only figures do.
    curve
        Whether its curve over ε, if it has one, is drawn on the page.
    sentence
        How a comparison puts it in words: of the higher run in full, of the other one in short,
        `{}` where the number stands, as ("names a legal next symbol {} of the time", "{}").
    """

    label: str
    best: float | None = 1.0
    meaning: str = ""
    depends_on: Collection[str] | None = None
    unit: str = _SHARE
    reference: bool = False
    never_compared: str = ""
    has_interval: bool = True
    reading: str = ""
    in_table: bool = True
    curve: bool = True
    sentence: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if self.best not in (0.0, 1.0, None):
            message = f"expected the best value of {self.label!r} as 1, 0 or None, got {self.best}"
            raise InvalidParameter(message)
        unknown = set(self.depends_on or ()).difference(SETTINGS)
        if isinstance(self.depends_on, str) or unknown:
            raise InvalidParameter(
                f"expected settings that {self.label!r} depends on out of {', '.join(SETTINGS)}, "
                f"got {self.depends_on!r}"
            )

    @property
    def is_share(self) -> bool:
        """Whether it lies between 0 and 1."""
        return self.unit == _SHARE

    def is_changed_by(self, setting: str) -> bool:
        """Whether it is another measure under another value of a setting."""
        return self.depends_on is None or setting in self.depends_on


def plain_key(key: str) -> str:
    """A further key behind a score's label, as it is."""
    return f" {key}"


def as_percent(key: str) -> str:
    """A probability as people write it: `0.01` is `1 %`; any other text as it is."""
    try:
        return f"{100 * float(key):g} %"
    except ValueError:
        return key


@dataclass(frozen=True, kw_only=True)
class Description:
    """What is to be known of a metric to show its scores, and to compare the trials of two runs.

    Attributes
    ----------
    name
        Its name in records and on the command line: small letters, digits and underscores.
    title
        What it is called in tables.
    about
        What it asks, for the glossary of the page.
    scores
        Its scores in the order of tables. A score that stands deeper has its names joined by a
        slash (`no_memory/bits`); what stands below a score that is named here (layers,
        probabilities) is called by its label and `key_label`.
    terms
        Further words of the glossary, and what they mean.
    reads_histories
        Whether its trials are pairs of histories from `setting.histories`; it is then measured on
        each kind of histories that an evaluation has.
    trial
        The type of its trials that were not skipped: files are written by building it and read by
        decoding it, so that a damaged one is noticed. None: trials are plain dictionaries, of which
        nothing but the number is checked.
    parts
        The parts that a trial (that was not skipped) has in the scores, for the threshold of this
        number: a score is the sum of all sums of values divided by the number of all values, values
        lying between 0 and 1. None: trials of two runs are not compared one by one.
    question
        The field of a trial that says what the model was asked, so that only trials that asked the
        same are compared. None: trials of one number always ask the same.
    difference
        How two runs are compared in a score; None for the rules of `Outcomes`.
    key_label
        How a further key is written behind a label.
    """

    name: str
    title: str
    about: str
    scores: Mapping[str, Score]
    terms: Mapping[str, str] = field(default_factory=dict)
    reads_histories: bool = False
    trial: type[Trial] | None = None
    parts: Callable[[Any, int], Iterable[Contribution]] | None = None
    question: str | None = None
    difference: Callable[[Outcomes, Outcomes, ScorePath], Difference] | None = None
    key_label: Callable[[str], str] = plain_key

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(str(self.name)):
            message = "expected a metric's name of small letters, digits and underscores"
            raise InvalidParameter(f"{message}, got {self.name!r}")
        for name, score in self.scores.items():
            if not isinstance(score, Score):
                message = f"expected a Score for {name} of the metric {self.name}, got {score!r}"
                raise InvalidParameter(message)

    def score(self, names: ScorePath) -> Score:
        """The score of these names, with its whole label.

        One that is not described is called by its names, and no value of it is the best.
        """
        for end in range(len(names), 0, -1):
            found = self.scores.get("/".join(names[:end]))
            if found is not None:
                more = "".join(map(self.key_label, names[end:]))
                return replace(found, label=found.label + more) if more else found
        label = names[0].replace("_", " ") + "".join(map(self.key_label, names[1:]))
        return Score(label, best=None, reference=True)

    def decode(self, line: bytes) -> AnyTrial:
        """The trial in a line of JSON. Raises DamageError where it is none of this metric's."""
        return plain_trial(line) if self.trial is None else decode_trial(line, self.trial)

    def check(self, trial: AnyTrial, thresholds: int) -> None:
        """Raise DamageError where entries of a trial do not go together.

        `thresholds` is the number of thresholds at which it was scored.
        """
        if isinstance(trial, Trial):
            trial.check(thresholds)
        elif not isinstance(trial.get("skipped", ""), str):
            raise DamageError("skipped", "text", trial["skipped"])

    def check_question(self, trial: AnyTrial) -> None:
        """Raise DamageError where a trial that was not skipped lacks the metric's question."""
        if self.question is None or is_skipped(trial):
            return
        if entry_of(trial, self.question) is UNSET:
            raise DamageError(self.question, "the question of the metric", "nothing")

    def place(self, names: ScorePath) -> int:
        """Place of a score in tables; those that are not described come last."""
        first = [name.split("/")[0] for name in self.scores]
        return first.index(names[0]) if names[0] in first else len(first)


_TrialT = TypeVar("_TrialT", bound=AnyTrial)
Result_co = TypeVar("Result_co", bound=Result, covariant=True)


def in_order(trials: Iterable[_TrialT]) -> list[_TrialT]:
    """Trials by their number, in whatever order they were measured."""
    return sorted(trials, key=number_of)


def any_world(_world: AnyWorld) -> str | None:
    """Nothing is lacking: the metric can be measured in every world."""
    return None


def every_baseline(_model: Model) -> bool:
    """Every baseline is measured."""
    return True


def no_baseline(_model: Model) -> bool:
    """No baseline is measured."""
    return False


@dataclass(frozen=True, kw_only=True)
class Metric(Description, Generic[_TrialT, Result_co]):
    """One metric: what is known of it (`Description`), and how it is measured.

    Attributes
    ----------
    measure
        `measure(setting, model, trials)` yields the trials of these numbers, in any order within a
        block: as `trial`, or as `SkippedTrial` with the reason where one could not be run. Random
        numbers come from `setting.generator(name, number)`. Of a metric whose `trial` is None they
        are dicts with "trial", and "skipped" with the reason.
    summarise
        `summarise(setting, trials)` makes the result of all trials (`Result`). It goes over them
        once, in the order of their numbers.
    needs
        What a world would have to be to be measured (`a street map`); None where it can be.
    baselines
        Which baselines are measured too.
    reads_hidden_states
        Whether it looks into the model; the untrained network then stays among the baselines.
    by_default
        Whether it is measured where nobody says which metrics are.
    on_policy
        Whether it is the variant on on-policy histories, next to that on other histories
        (nerode/metrics/history_kinds.py).
    fits_first
        Whether `measure` begins with a fit for all trials, so that they are not shared out among
        machines.
    """

    measure: Callable[[Setting, Model, Iterable[int]], Iterator[_TrialT | SkippedTrial]]
    summarise: Callable[[Setting, Iterable[_TrialT | SkippedTrial]], Result_co]
    needs: Callable[[AnyWorld], str | None] = any_world
    baselines: Callable[[Model], bool] = every_baseline
    reads_hidden_states: bool = False
    by_default: bool = True
    on_policy: bool = False
    fits_first: bool = False

    def run(self, setting: Setting, model: Model) -> Result_co:
        """Measure all trials of the setting."""
        own = self.within(setting)
        return self.summarise(own, in_order(self.measure(own, model, range(setting.trials))))

    def check_type(self, trial: AnyTrial) -> None:
        """Raise InvalidParameter for what is no trial of this metric."""
        expected = (dict,) if self.trial is None else (self.trial, SkippedTrial)
        if not isinstance(trial, expected):
            names = " or ".join(kind.__name__ for kind in expected)
            message = f"{self.name}: expected a trial as {names}, got {type(trial).__name__}"
            raise InvalidParameter(message)

    def within(self, setting: Setting) -> Setting:
        """The setting of an evaluation as this metric has it: with the histories that it reads."""
        if not self.on_policy or setting.on_policy is None:
            return setting
        return replace(setting, histories=setting.on_policy)

    def on_policy_variant(self) -> Metric[_TrialT, Result_co]:
        """The same metric, on histories that are prefixes of held-out sequences.

        A trial draws the same random numbers under either name, so that its pair is the one that an
        evaluation on on-policy histories alone has.
        """
        return replace(self, name=on_policy_name(self.name), on_policy=True)


AnyMetric = Metric[Any, Any]
"""A metric with whatever trials and result it has."""


class MetricLike(Protocol):
    """Any object with the attributes of a `Metric` that have no default; others are optional."""

    @property
    def name(self) -> str:
        """As of `Metric`."""
        ...

    @property
    def title(self) -> str:
        """As of `Metric`."""
        ...

    @property
    def about(self) -> str:
        """As of `Metric`."""
        ...

    @property
    def scores(self) -> Mapping[str, Score]:
        """As of `Metric`."""
        ...

    @property
    def measure(self) -> Callable[[Setting, Model, Iterable[int]], Iterator[AnyTrial]]:
        """As of `Metric`."""
        ...

    @property
    def summarise(self) -> Callable[[Setting, Iterable[Any]], Result]:
        """As of `Metric`."""
        ...


_NEEDED = ("name", "title", "about", "scores", "measure", "summarise")


def as_metric(given: object, called: str = "") -> AnyMetric:
    """A metric of somebody else's: a `Metric`, or an object with the attributes of one.

    `called` says in errors what the user wrote. Raises InvalidParameter for anything else, and for
    a name that is taken.
    """
    where = called or repr(given)
    lacking = [name for name in _NEEDED if not hasattr(given, name)]
    if lacking:
        message = f"expected a metric with {', '.join(_NEEDED)}, got {where} without"
        raise InvalidParameter(f"{message} {', '.join(lacking)}")
    names = [each.name for each in fields(Metric)]
    found: AnyMetric = (
        given
        if isinstance(given, Metric)
        else Metric(**{name: getattr(given, name) for name in names if hasattr(given, name)})
    )
    if found.name in _TAKEN or plain_name(found.name) != found.name:
        raise InvalidParameter(
            f"expected another name for the metric {where}: {found.name} is taken"
        )
    return found
