"""The metrics that there are: those built in, and any other that the user names.

Somebody else's metric is a `Metric` (or an object with its attributes) that is given to `evaluate`,
or named on the command line:

    name              one of METRICS, or one that an installed package declares under the entry
                      point `nerode.metrics`
    module:NAME       what NAME stands for in a module, as Python imports it
    path/file.py:NAME the same in a file

Code is loaded for what is named so and for nothing else: no record, run folder or folder of
sequences makes anything load.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from importlib import metadata

from nerode.errors import InvalidParameter, UnknownName
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.detours import DETOURS
from nerode.metrics.distinction import DISTINCTION
from nerode.metrics.effective_rank import EFFECTIVE_RANK
from nerode.metrics.metric import AnyMetric, Metric, MetricLike, as_metric
from nerode.metrics.next_symbol import NEXT_SYMBOL
from nerode.metrics.probe.probe import PROBE
from nerode.metrics.reconstruction.reconstruction import RECONSTRUCTION
from nerode.metrics.traversal import TRAVERSAL
from nerode.suggestions import did_you_mean
from nerode.user_code import FILE_OR_MODULE, load_module
from nerode.worlds.world import AnyWorld

GROUP = "nerode.metrics"
"""Entry points under which packages declare metrics."""

BUILT_IN: tuple[AnyMetric, ...] = (
    NEXT_SYMBOL,
    TRAVERSAL,
    COMPRESSION,
    DISTINCTION,
    DETOURS,
    RECONSTRUCTION,
    PROBE,
    EFFECTIVE_RANK,
)
"""In the order of tables."""


def with_variants(metrics: Sequence[AnyMetric]) -> list[AnyMetric]:
    """The metrics, each that reads histories followed by its variant on on-policy ones."""
    return [
        each
        for metric in metrics
        for each in ([metric, metric.on_policy_variant()] if metric.reads_histories else [metric])
    ]


METRICS: dict[str, AnyMetric] = {metric.name: metric for metric in with_variants(BUILT_IN)}
"""Metrics that are built in, by name."""

GivenMetric = str | AnyMetric | MetricLike
"""A metric as users give one: its name, or itself."""


def metric_of(given: GivenMetric) -> AnyMetric:
    """The metric that is given, or that a name stands for (see above).

    Raises UnknownName for a name that is not known, MissingFile for a file that is not there,
    InvalidParameter for what is no metric.
    """
    if not isinstance(given, str):
        if any(given is metric for metric in METRICS.values()):
            return given  # type: ignore[return-value]  # one of them
        return _new(given, "")
    if given in METRICS:
        return METRICS[given]
    if ":" in given:
        return _new(_made(_loaded(given), given), given)
    for entry in metadata.entry_points(group=GROUP, name=given):
        return _new(_made(entry.load(), given), given)
    installed = metadata.entry_points(group=GROUP).names
    known = ", ".join((*METRICS, *sorted(installed), "module:NAME", "file.py:NAME"))
    near = did_you_mean(given, (*METRICS, *installed))
    raise UnknownName(f"expected metrics out of {known}, got {given!r}{near}")


def metrics_of(given: Sequence[GivenMetric]) -> list[AnyMetric]:
    """Each metric once: those built in first and in their order, then the others as given."""
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidParameter(f"expected a list of metrics, got {given!r}")
    found = [metric_of(each) for each in given]
    others: dict[str, AnyMetric] = {}
    for metric in found:
        if metric.name not in METRICS and others.setdefault(metric.name, metric) != metric:
            message = f"expected metrics of different names, got two that are called {metric.name}"
            raise InvalidParameter(message)
    names = {metric.name for metric in found}
    return [each for name, each in METRICS.items() if name in names] + list(others.values())


def metrics_by_default(world: AnyWorld) -> list[AnyMetric]:
    """What is measured in a world where nobody says which metrics are."""
    usual = (metric for metric in METRICS.values() if metric.by_default and not metric.on_policy)
    return [metric for metric in usual if metric.needs(world) is None]


def _new(given: object, called: str) -> AnyMetric:
    """Somebody else's metric, whose name must not be that of one built in."""
    metric = as_metric(given, called)
    if metric.name in METRICS:
        message = f"expected another name for the metric {called or repr(given)}"
        raise InvalidParameter(f"{message}: {metric.name} is built in")
    return metric


def _made(given: object, called: str) -> object:
    """The metric itself where a class or a function that makes one is named."""
    if isinstance(given, Metric) or not callable(given):
        return given
    signature = inspect.signature(given)
    try:
        signature.bind()
    except TypeError:
        message = f"expected {called} to be a metric, or to make one without arguments"
        raise InvalidParameter(f"{message}, got one that takes {signature}") from None
    return given()


def _loaded(spec: str) -> object:
    """What NAME stands for in `module:NAME` or `file.py:NAME`."""
    place, _, name = spec.rpartition(":")
    if not FILE_OR_MODULE.fullmatch(place):
        raise InvalidParameter(f"expected module:NAME or file.py:NAME, got {spec!r}")
    module = load_module(place, spec)
    if not name or not hasattr(module, name):
        raise InvalidParameter(f"expected a metric in {place}, found no {name or 'name'} there")
    return getattr(module, name)
