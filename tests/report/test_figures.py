"""Curves: valid Plotly figures, gaps where undefined, nothing in a name obeyed."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from nerode.report.figures import Figure, detours, label, thresholds
from tests.report import sample


def curve(figure: Figure | None, name: str) -> dict[str, Any]:
    assert figure is not None
    found: dict[str, Any] = next(each for each in figure["data"] if each.get("name") == name)
    return found


@pytest.mark.parametrize("draw", [detours, thresholds])
def test_plotly_takes_the_figure(draw: Any) -> None:
    figure = draw(sample.record())
    assert len(go.Figure(figure).data) == len(figure["data"])


def test_detours_over_p() -> None:
    figure = detours(sample.record())
    random = curve(figure, "random detours")
    assert random["x"] == ["0 %", "1 %", "10 %", "50 %", "75 %"]
    assert random["y"] == pytest.approx([0.96, 0.69, 0.08, 0.0, 0.0])
    assert curve(figure, "oracle (random)")["y"] == [1.0] * 5
    assert curve(figure, "adversarial detours")["y"][0] < 0.96


def test_detours_are_in_the_order_of_p() -> None:
    record = sample.record()
    record["metrics"]["detours"]["random"] = dict(
        reversed(record["metrics"]["detours"]["random"].items())
    )
    assert curve(detours(record), "random detours")["x"][0] == "0 %"


def test_thresholds_on_a_log_axis_with_the_run_marked() -> None:
    figure = thresholds(sample.record())
    assert figure is not None
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert figure["layout"]["shapes"][0]["x0"] == 0.01
    assert figure["layout"]["annotations"][0]["x"] == pytest.approx(-2)
    assert curve(figure, "distinction precision")["y"][-1] is None


def test_a_band_for_every_stretch_that_is_defined() -> None:
    record = sample.record()
    recall = record["curves"]["distinction"]["recall"]
    recall[3] = recall[7] = sample.UNDEFINED
    figure = thresholds(record)
    assert figure is not None
    bands = [each for each in figure["data"] if each.get("fillcolor") == "var(--band-3)"]
    assert [len(band["x"]) for band in bands] == [6, 6, 14]
    assert bands[0]["y"][0] == recall[0]["low"]
    assert bands[0]["y"][-1] == recall[0]["high"]


def test_nothing_measured_nothing_drawn() -> None:
    record = sample.record()
    del record["metrics"]["detours"]
    assert detours(record) is None
    assert thresholds(record | {"curves": {}}) is None
    assert thresholds(record | {"curves": {"epsilon": [0.1], "compression": {}}}) is None


def test_a_run_at_threshold_zero_is_not_marked_on_a_log_axis() -> None:
    record = sample.record()
    record["parameters"]["epsilon"] = 0
    figure = thresholds(record)
    assert figure is not None
    assert "shapes" not in figure["layout"]


def test_text_that_plotly_would_obey() -> None:
    assert len(label("x" * 1000)) == 40
    assert label("<b>a</b> &amp;") == "&lt;b&gt;a&lt;/b&gt; &amp;amp;"
    record = sample.record()
    record["baselines"] = {"<a href='javascript:alert(1)'>": sample.oracle()}
    figure = detours(record)
    assert "<" not in str(figure)
