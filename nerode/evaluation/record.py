"""The record of an evaluation, which `evaluation.json` holds and reports read.

{"schema", "world", "model", "protocol", "histories", "seed", "parameters", "versions",
 "metrics": {metric: {name: E}},                E = {value, low, high, n, skipped}
                                                metric_on_policy: the same metric measured on
                                                on-policy histories, beside those of "histories"
                                                detours: {kind: {p: E}, "replaced": the same,
                                                "survival": {kind: {detours met: E}}};
                                                compression: "disagree_within": {symbols: E},
                                                "slip": {length of continuations: E};
                                                probe: {"accuracy", "bits", "control",
                                                "selectivity": {layer: E}, "majority": E,
                                                "frequencies": E, "no_memory" and "true_state":
                                                {"accuracy": E, "bits": E}}; bits, frequencies and
                                                all after it are not in older records
 "metrics_about": {metric: {"title", "about", "reads_histories", "terms": {word: meaning},
                            "scores": {names, joined by "/": {"label", "best", "meaning",
                            "depends_on": [setting, ...] or null, ...}}}},
                                                of metrics that are not built in, where there are
                                                any (nerode/metrics/about.py)
 "baselines": {model: the same as "metrics"},
 "skipped": {metric: {reason: trials}},
 "curves": {"epsilon": [ε, ...], metric: {name: [E, ...]}},
 "lengths": {metric: {"from": [symbols, ...], "to": [symbols, ...], name: [E, ...]}},
 "depths": {metric: {"met": lengths of histories, "of": that there are, "from", "to"}},
                                                where the source of histories knows them
 "tokens": {"first": name or null, "losses": {first token: nats a symbol}, "absent": [symbol, ...],
            "held_out": sequences, "unreadable": those with an absent symbol},
                                                of a network: see nerode/models/hf/token_check.py
 "cut": {metric: share of continuations},       that the model's context ended, where there are any
 "strings": {metric: {"all", "trials", "end", "end_trials"}},
                                                the world's boundary strings that were read: how
                                                many, in how many trials; the same of those with END
 "notes": [sentence, ...],                      what to know of the model, where there is anything
 "witnesses": {metric: [W, ...]},               shortest first
 "drawing": streets and places, a board, or null,
 "routes": [{"trial", "shortest": [node, ...], "plain": T, "detour": T}, ...],   where there are any
 "games": [{"trial", "prompt": moves in it, "plain": T, "detour": T}, ...],      where there are any
 "probe_boards": [{"sequence": games' moves so far, "position": how many, "layer": the probe's,
                   "true": a letter per square, row by row (.: empty, x: of who is to move, o),
                   "seen": the same as the probe tells it}, ...],    where Othello was probed
 "reconstruction": as nerode/metrics/reconstruction/record.py tells it, where a map was drawn}

Reconstruction's given_up and new have null for low and high: no interval of them would cover.

T = {"sequence": [symbol, ...], "path": [node, ...], "arrived": bool,
     "left": number of the step that leaves the map (in a game: that is illegal), or null,
     "steps": [{"symbol": what was played, "wanted": the model's own choice,
                "detour": whether these differ, "top": [[symbol, probability], ...],
                "legal": [symbol, ...]}, ...]}
A trip that was driven once as the model wanted and once with one detour. Nodes are numbers of the
drawing's; paths begin at the origin and go as far as streets lead. `top` holds up to five symbols,
the most probable first; what was played is among them.

In games there are "boards" instead of a path: [P, ...], that after the prompt first, as far as
moves are legal, and `top` holds all symbols above 0.005.
P = {"discs": a letter for each square, row by row: b (black), w (white) or a dot,
     "to_move": "black", "white" or null}
Contradictions in a game have two "boards", those that their histories reach when they are continued
by the first symbols of the continuation (so many: "ahead"); each is a P with "last": the last move,
"legal": [symbol, ...] and "expected": [[symbol, probability], ...].
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib import metadata
from typing import Any

from nerode.evaluation.witnesses import drawing, with_paths
from nerode.metrics.about import about_of
from nerode.metrics.history_kinds import in_words, plain_name
from nerode.metrics.metric import Metric
from nerode.metrics.registry import METRICS
from nerode.metrics.result import (
    CountsStrings,
    CutsShort,
    HasCurves,
    HasLengths,
    HasParts,
    HasWitnesses,
    Result,
)
from nerode.metrics.setting import Record, Setting
from nerode.metrics.summary.lengths import ByLength
from nerode.runs import Run
from nerode.stats.estimate import Estimate
from nerode.worlds.history_source import HistorySource, KnowsLengths

SCHEMA = 1


def without_curve(setting: Setting) -> Setting:
    """The setting as baselines are measured in it.

    The curve over ε is drawn for the model alone; most baselines accept anything at all where ε
    is low, and following that is long work for a flat line.
    """
    return replace(setting, acceptance=replace(setting.acceptance, curve=()))


@dataclass
class _Tally:
    """Counts skipped trials by reason while records pass by."""

    reasons: dict[str, int] = field(default_factory=dict)

    def counted(self, records: Iterable[Record]) -> Iterator[Record]:
        for record in records:
            if "skipped" in record:
                reason = record["skipped"]
                self.reasons[reason] = self.reasons.get(reason, 0) + 1
            yield record


def record_of(
    run: Run,
    setting: Setting,
    metrics: Sequence[Metric[Any]],
    model: str,
    beside: Mapping[str, Sequence[Metric[Any]]],
) -> dict[str, Any]:
    """What all trials of a run come to, for the model and the baselines beside it.

    `beside` has the metrics that each baseline was asked for.
    """
    results: dict[str, Result] = {}
    skipped: dict[str, dict[str, int]] = {}
    for metric in metrics:
        tally = _Tally()
        trials = run.records((model, metric.name), setting.trials)
        results[metric.name] = metric.summarise(metric.within(setting), tally.counted(trials))
        skipped[metric.name] = tally.reasons
    curves: dict[str, Any] = {"epsilon": [float(e) for e in setting.acceptance.thresholds]}
    lengths: dict[str, Any] = {}
    depths: dict[str, Any] = {}
    witnesses: dict[str, Any] = {}
    parts: dict[str, Any] = {}
    cut: dict[str, float] = {}
    strings: dict[str, Any] = {}
    sources = {metric.name: metric.within(setting).histories for metric in metrics}
    for name, result in results.items():
        if isinstance(result, HasCurves) and (over_epsilon := result.curves()):
            curves[name] = _plain(over_epsilon)
        if isinstance(result, HasLengths):
            lengths[name] = _by_length(result.lengths)
            depths |= _covered(name, result.lengths, sources[name])
        if isinstance(result, HasWitnesses):
            witnesses[name] = with_paths(setting.world, result.witnesses)
        if isinstance(result, CutsShort) and result.cut:
            cut[name] = result.cut
        if isinstance(result, CountsStrings) and result.strings.all:
            strings[name] = asdict(result.strings)
        if isinstance(result, HasParts):
            parts |= result.parts()
    estimates = {name: _plain(result.estimates()) for name, result in results.items()}
    return {
        "schema": SCHEMA,
        "world": setting.world.name,
        "model": model,
        "protocol": setting.protocol,
        "histories": setting.histories.name,
        "seed": setting.seed,
        "parameters": {
            "trials": setting.trials,
            "samples": setting.samples,
            "epsilon": setting.acceptance.epsilon,
            "depth": setting.depth,
            "length": setting.length,
        },
        "versions": versions(),
        "metrics": estimates,
        "baselines": {name: _scores(run, setting, asked, name) for name, asked in beside.items()},
        "skipped": skipped,
        "curves": curves,
        "lengths": lengths,
        "depths": depths,
        "witnesses": witnesses,
        "drawing": drawing(setting.world),
        **({"strings": strings} if strings else {}),
        **_about(metrics, estimates),
        **_cut(setting, cut),
        **parts,
    }


def _about(metrics: Sequence[Metric[Any]], estimates: Mapping[str, Any]) -> dict[str, Any]:
    """What is to be known of metrics that are not built in, so that any report can show them."""
    found: dict[str, Any] = {}
    for metric in metrics:
        name = plain_name(metric.name)
        if name not in METRICS:
            found.setdefault(name, about_of(metric, estimates[metric.name]))
    return {"metrics_about": found} if found else {}


def _cut(setting: Setting, shares: Mapping[str, float]) -> dict[str, Any]:
    """What a record says of continuations that the context ended; nothing where there are none."""
    notes = [_said_of_cut(name, share, setting) for name, share in shares.items()]
    return {"cut": dict(shares), "notes": notes} if shares else {}


def _said_of_cut(metric: str, share: float, setting: Setting) -> str:
    most = setting.length if setting.samples else setting.depth
    return (
        f"{in_words(metric).capitalize()}: the model's context ended {share:.1%} of continuations "
        f"that might have gone on, to {most} symbols at most; as far as they went they were "
        "accepted, and they count as agreement."
    )


def _scores(
    run: Run, setting: Setting, metrics: Sequence[Metric[Any]], name: str
) -> dict[str, Any]:
    plain = without_curve(setting)
    return {
        metric.name: _plain(
            metric.summarise(
                metric.within(plain), run.records((name, metric.name), setting.trials)
            ).estimates()
        )
        for metric in metrics
    }


def _by_length(found: ByLength) -> dict[str, Any]:
    spans = {"from": [low for low, _ in found.spans], "to": [high for _, high in found.spans]}
    return {**spans, **_plain(dict(found.curve))}


def _covered(name: str, found: ByLength, source: HistorySource) -> dict[str, Any]:
    """How many of the depths that there are the trials came to."""
    if not isinstance(source, KnowsLengths):
        return {}
    all_ = source.lengths
    told = {"met": found.different, "of": len(all_), "from": all_[0], "to": all_[-1]}
    return {name: told}


def _plain(value: Any) -> Any:
    """Estimates as they stand in JSON, however deep."""
    if isinstance(value, Estimate):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value]


def versions() -> dict[str, str]:
    """Versions of what an evaluation's numbers depend on."""
    found = {"python": platform.python_version()}
    for name in ("nerode", "numpy", "torch", "transformers"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
