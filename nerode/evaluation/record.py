"""The record of an evaluation, built from its trials: `evaluation.json`.

What it holds is said field by field in nerode/schema/record.py.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import Any

from msgspec import UNSET

from nerode.errors import InvalidParameter
from nerode.evaluation.witnesses import drawing, with_paths
from nerode.metrics.about import about_of
from nerode.metrics.history_kinds import in_words, plain_name
from nerode.metrics.metric import AnyMetric
from nerode.metrics.registry import METRICS
from nerode.metrics.result import (
    CountsStrings,
    CutsShort,
    ExtraFields,
    HasCurves,
    HasLengths,
    HasParts,
    HasWitnesses,
    Result,
)
from nerode.metrics.setting import Setting
from nerode.metrics.walk.summary import ByLength
from nerode.runs import Run
from nerode.schema import record as schema
from nerode.schema.decoding import encoded
from nerode.schema.drawing import Contradiction
from nerode.schema.scores import Curves, Lengths, Scores
from nerode.schema.trial import AnyTrial, entry_of, is_skipped
from nerode.worlds.history_source import HistorySource, KnowsLengths


def without_curve(setting: Setting) -> Setting:
    """The setting as baselines are measured in it.

    The curve over ε is drawn for the model alone; most baselines accept anything at all where ε
    is low, and following that is long work for a flat line.
    """
    return replace(setting, acceptance=replace(setting.acceptance, curve=()))


@dataclass
class _Tally:
    """Counts skipped trials by reason."""

    reasons: dict[str, int] = field(default_factory=dict)

    def counted(self, trials: Iterable[AnyTrial]) -> Iterator[AnyTrial]:
        for trial in trials:
            if is_skipped(trial):
                reason = str(entry_of(trial, "skipped"))
                self.reasons[reason] = self.reasons.get(reason, 0) + 1
            yield trial


def record_of(
    run: Run,
    setting: Setting,
    metrics: Sequence[AnyMetric],
    model: str,
    baselines: Mapping[str, Mapping[str, Scores]],
) -> schema.Record:
    """What all trials of a model come to, beside the scores of each baseline by metric."""
    results: dict[str, Result] = {}
    skipped: dict[str, dict[str, int]] = {}
    for metric in metrics:
        tally = _Tally()
        trials = run.trials((model, metric.name), setting.trials, metric.decode)
        results[metric.name] = metric.summarise(metric.within(setting), tally.counted(trials))
        skipped[metric.name] = tally.reasons
    curves = Curves(epsilon=[float(e) for e in setting.acceptance.thresholds])
    lengths: dict[str, Lengths] = {}
    depths: dict[str, schema.Depths] = {}
    witnesses: dict[str, list[Contradiction]] = {}
    parts: ExtraFields = {}
    cut: dict[str, float] = {}
    strings: dict[str, schema.BoundaryStrings] = {}
    sources = {metric.name: metric.within(setting).histories for metric in metrics}
    for name, result in results.items():
        if isinstance(result, HasCurves) and (over_epsilon := result.curves()):
            curves[name] = over_epsilon
        if isinstance(result, HasLengths):
            lengths[name] = _by_length(result.lengths)
            depths |= _covered(name, result.lengths, sources[name])
        if isinstance(result, HasWitnesses):
            witnesses[name] = with_paths(setting.world, result.witnesses)
        if isinstance(result, CutsShort) and result.cut:
            cut[name] = result.cut
        if isinstance(result, CountsStrings) and result.strings.all:
            strings[name] = result.strings
        if isinstance(result, HasParts):
            parts.update(_known(result.parts()))
    estimates = {name: result.estimates() for name, result in results.items()}
    return schema.Record(
        schema=schema.SCHEMA,
        world=setting.world.name,
        model=model,
        protocol=setting.protocol,
        histories=setting.histories.name,
        seed=setting.seed,
        parameters=schema.Parameters(
            trials=setting.trials,
            samples=setting.samples,
            epsilon=setting.acceptance.epsilon,
            depth=setting.depth,
            length=setting.length,
        ),
        versions=versions(),
        metrics={name: Scores(each) for name, each in estimates.items()},
        metrics_about=_about(metrics, encoded(estimates)) or UNSET,
        baselines={name: dict(scores) for name, scores in baselines.items()},
        skipped=skipped,
        curves=curves,
        lengths=lengths,
        depths=depths,
        witnesses=witnesses,
        drawing=drawing(setting.world),
        strings=strings or UNSET,
        cut=cut or UNSET,
        notes=[_said_of_cut(name, share, setting) for name, share in cut.items()] or UNSET,
        **parts,
    )


def _known(parts: ExtraFields) -> ExtraFields:
    """The fields of a record that one metric alone has. Raises InvalidParameter for others."""
    fields = ExtraFields.__annotations__
    if unknown := [name for name in parts if name not in fields]:
        message = f"expected parts of a record out of {', '.join(fields)}, got {unknown[0]!r}"
        raise InvalidParameter(message)
    return parts


def _about(metrics: Sequence[AnyMetric], estimates: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be known of metrics that are not built in, so that any report can show them."""
    found: dict[str, Any] = {}
    for metric in metrics:
        name = plain_name(metric.name)
        if name not in METRICS:
            found.setdefault(name, about_of(metric, estimates[metric.name]))
    return found


def _said_of_cut(metric: str, share: float, setting: Setting) -> str:
    most = setting.length if setting.samples else setting.depth
    return (
        f"{in_words(metric).capitalize()}: the model's context ended {share:.1%} of continuations "
        f"that might have gone on, to {most} symbols at most; as far as they went they were "
        "accepted, and they count as agreement."
    )


def baseline_scores(run: Run, setting: Setting, metric: AnyMetric, name: str) -> Scores:
    """What the trials of a baseline come to, in the setting that baselines are measured in."""
    trials = run.trials((name, metric.name), setting.trials, metric.decode)
    return Scores(metric.summarise(metric.within(setting), trials).estimates())


def _by_length(found: ByLength) -> Lengths:
    spans = {"from": [low for low, _ in found.spans], "to": [high for _, high in found.spans]}
    return Lengths({**spans, **dict(found.curve)})


def _covered(name: str, found: ByLength, source: HistorySource) -> dict[str, schema.Depths]:
    """Coverage: distinct history lengths of the trials, out of all possible."""
    if not isinstance(source, KnowsLengths):
        return {}
    all_ = source.lengths
    depths = schema.Depths(met=found.different, of=len(all_), from_=all_[0], to=all_[-1])
    return {name: depths}


def versions() -> dict[str, str]:
    """Versions of what an evaluation's numbers depend on."""
    found = {"python": platform.python_version()}
    for name in ("nerode", "numpy", "torch", "transformers"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
