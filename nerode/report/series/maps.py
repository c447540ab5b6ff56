"""The map in the model's head at the steps of a training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nerode.report.series.steps import SeriesSteps, StepRecord, thinned
from nerode.report.street_map.city import CityView, city_views
from nerode.schema.drawing import MapDrawing

MOST_MAPS = 8
"""Steps of a series whose maps stand in the page: each takes some hundred kilobytes."""


@dataclass(frozen=True)
class StepsMap:
    """The true map, and beside it the one that was reconstructed at any step of a series.

    `steps` are those whose maps are there, in the order of the view's choices behind the true map;
    `left_out` counts those that are not. `sentences` says what each map came to.
    """

    city: CityView
    name: str
    steps: tuple[int, ...]
    left_out: int
    sentences: tuple[str, ...]


def steps_maps(series: Sequence[SeriesSteps]) -> list[StepsMap]:
    """A view for every series in which a map was reconstructed at two steps or more."""
    found = []
    for at, each in enumerate(series, start=1):
        drawn = [step for step in each.measured if _has_map(step)]
        shown = thinned(drawn, MOST_MAPS)
        if len(shown) > 1:
            found.append(_view(f"city-{at}", each.name, shown, len(drawn) - len(shown)))
    return found


def _has_map(step: StepRecord) -> bool:
    return isinstance(step.record.drawing, MapDrawing) and bool(step.record.reconstruction)


def _view(name: str, series: str, shown: Sequence[StepRecord], left_out: int) -> StepsMap:
    titles = [f"step {each.step:,}" for each in shown]
    view, *_ = city_views([each.record for each in shown], titles)
    left, right = view.panels
    # The true map to the left, the one of the last step to the right.
    panels = (replace(left, shows=0), replace(right, shows=len(shown)))
    panels = (replace(panels[0], id=f"{name}-a"), replace(panels[1], id=f"{name}-b"))
    return StepsMap(
        replace(view, id=name, panels=panels),
        series,
        tuple(each.step for each in shown),
        left_out,
        tuple(each.sentence for each in view.reconstructions),
    )
