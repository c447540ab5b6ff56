"""Curves: valid Plotly figures, gaps where undefined, nothing in a name obeyed."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go
import pytest

from nerode.report.figures.curves import FigureWithNumbers
from nerode.report.figures.figures import Figure, label
from nerode.report.rows import interval, number
from nerode.stats.estimate import Estimate
from tests.report import sample
from tests.report.from_json import detours, figures, layers, lengths, rows, survival, thresholds


def figure_of(drawn: FigureWithNumbers | None) -> Figure:
    assert drawn is not None
    return drawn[0]


def curve(figure: Figure, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in figure["data"] if each.get("name") == name)
    return found


@pytest.mark.parametrize("draw", [detours, thresholds, lengths])
def test_plotly_takes_the_figure(draw: Any) -> None:
    figure = figure_of(draw(sample.record()))
    assert len(go.Figure(figure).data) == len(figure["data"])


def test_detours_over_p() -> None:
    figure = figure_of(detours(sample.record()))
    random = curve(figure, "random detours")
    assert random["x"] == ["0 %", "1 %", "10 %", "50 %", "75 %"]
    assert random["y"] == pytest.approx([0.96, 0.69, 0.08, 0.0, 0.0])
    assert curve(figure, "oracle")["y"] == [1.0] * 5
    assert curve(figure, "adversarial detours")["y"][0] < 0.96


@pytest.mark.slow
def test_detours_are_in_the_order_of_p() -> None:
    record = sample.record()
    record["metrics"]["detours"]["random"] = dict(
        reversed(record["metrics"]["detours"]["random"].items())
    )
    assert curve(figure_of(detours(record)), "random detours")["x"][0] == "0 %"


def test_thresholds_on_a_log_axis_with_the_run_marked() -> None:
    figure = figure_of(thresholds(sample.record()))
    assert figure["layout"]["xaxis"]["type"] == "log"
    assert figure["layout"]["shapes"][0]["x0"] == 0.01
    (mark,) = (a for a in figure["layout"]["annotations"] if "this run" in a["text"])
    assert mark["x"] == pytest.approx(-2)
    assert curve(figure, "distinction precision")["y"][-1] is None


def test_a_band_for_every_stretch_that_is_defined() -> None:
    record = sample.record()
    recall = record["curves"]["distinction"]["recall"]
    recall[3] = recall[7] = sample.UNDEFINED
    figure = figure_of(thresholds(record))
    bands = [each for each in figure["data"] if each.get("fillcolor") == "var(--band-3)"]
    assert [len(band["x"]) for band in bands] == [6, 6, 14]
    assert bands[0]["y"][0] == recall[0]["low"]
    assert bands[0]["y"][-1] == recall[0]["high"]


@pytest.mark.slow
def test_nothing_measured_nothing_drawn() -> None:
    record = sample.record()
    del record["metrics"]["detours"]
    assert detours(record) is None
    assert lengths(record | {"lengths": {}}) is None
    assert thresholds(record | {"curves": {}}) is None
    assert thresholds(record | {"curves": {"epsilon": [0.1], "compression": {}}}) is None


def test_a_run_at_threshold_zero_is_not_marked_on_a_log_axis() -> None:
    record = sample.record()
    record["parameters"]["epsilon"] = 0
    figure = figure_of(thresholds(record))
    assert "shapes" not in figure["layout"]


def test_compression_over_the_length_of_histories() -> None:
    drawn = lengths(sample.record())
    figure = figure_of(drawn)
    assert curve(figure, "precision")["x"] == ["3\N{EN DASH}6", "7", "8\N{EN DASH}12"]
    assert curve(figure, "precision")["y"] == pytest.approx([0.6, 0.4, 0.1])
    assert drawn is not None
    assert drawn[1].columns == ("symbols", "precision", "disagreement")
    assert drawn[1].rows[1][:2] == ("7", "0.400 (0.332\N{EN DASH}0.471)")
    record = sample.record()
    for points in record["lengths"]["compression"].values():
        del points[1:]
    assert lengths(record) is None


def test_curves_bear_their_names_where_they_end_and_apart() -> None:
    record = sample.record()
    for kind in ("random", "adversarial"):
        record["metrics"]["detours"][kind]["0.75"] = sample.share(0.0)
    notes = figure_of(detours(record))["layout"]["annotations"]
    heights = {note["text"].split("<br>")[0]: note["y"] for note in notes}
    assert set(heights) == {"random", "adversarial", "oracle"}
    assert heights["oracle"] == 1
    assert abs(heights["random"] - heights["adversarial"]) >= 0.12
    record["metrics"]["detours"] = {"random": {"0": sample.share(1.0), "0.1": sample.share(1.0)}}
    crowded = figure_of(detours(record))["layout"]["annotations"]
    assert max(note["y"] for note in crowded) <= 1
    assert len({note["y"] for note in crowded}) == 2


def test_the_numbers_of_detours_hold_every_baseline() -> None:
    drawn = detours(sample.record())
    assert drawn is not None
    columns = drawn[1].columns
    assert columns[:3] == ("replaced", "random detours", "adversarial detours")
    assert columns[-2:] == ("really replaced, random", "really replaced, adversarial")
    assert len(columns) == 5 + len(sample.record()["baselines"])
    row = dict(zip(columns, drawn[1].rows[2], strict=True))
    assert row["replaced"] == "10 %"
    assert row["uniform, random"].startswith("0 (0")
    assert row["really replaced, random"].startswith("0.090 (")


@pytest.mark.slow
def test_survival_over_the_detours_met() -> None:
    drawn = survival(sample.record())
    figure = figure_of(drawn)
    assert len(go.Figure(figure).data) == len(figure["data"])
    random = curve(figure, "random detours")
    assert random["x"] == ["0", "1", "2", "3\N{EN DASH}5", "6+"]
    assert random["y"][:2] == pytest.approx([0.96, 0.662])
    assert curve(figure, "oracle")["y"] == [1.0] * 5
    assert drawn is not None
    assert drawn[1].columns[:3] == ("detours met", "random detours", "adversarial detours")
    assert len(drawn[1].columns) == 3 + len(sample.record()["baselines"])
    told = {view.id: view.caption for view in figures("run", sample.record())}
    assert "1 by construction" in told["run-survival"]
    assert "Where 75 % are asked for, 68 % of this model's turns" in told["run-detours"]
    assert ", 68 % of the oracle's: there is nothing" in told["run-detours"]


def test_a_run_from_before_detours_were_counted_has_no_survival() -> None:
    record = sample.record()
    for metrics in (record["metrics"], *record["baselines"].values()):
        del metrics["detours"]["survival"], metrics["detours"]["replaced"]
    assert survival(record) is None
    drawn = detours(record)
    assert drawn is not None
    assert len(drawn[1].columns) == 3 + len(record["baselines"])
    shown = {view.id: view.caption for view in figures("run", record)}
    assert "run-survival" not in shown
    assert "really" not in shown["run-detours"]


@pytest.mark.slow
def test_text_that_plotly_would_obey() -> None:
    assert len(label("x" * 1000)) == 40
    assert label("<b>a</b> &amp;") == "&lt;b&gt;a&lt;/b&gt; &amp;amp;"
    record = sample.record()
    record["baselines"] = {"<a href='javascript:alert(1)'>": sample.oracle()}
    figure = figure_of(detours(record))
    assert "<" not in str(figure).replace("<br>", "")
    assert figure["layout"]["annotations"][0]["text"].count("<br>") <= 1


def probed() -> dict[str, Any]:
    """A record with a probe of eleven layers, the embeddings included."""
    record = sample.record()

    def over(first: float) -> dict[str, Any]:
        return {
            str(at): {"value": v, "low": v - 0.1, "high": v + 0.1, "n": 9, "skipped": 0}
            for at in reversed(range(11))
            for v in [first + at / 100]
        }

    record["metrics"]["probe"] = {
        "accuracy": over(0.5),
        "control": over(0.3),
        "selectivity": over(0.2),
        "majority": over(0.2)["0"],
    }
    for name, beside in record["baselines"].items():
        if name == "untrained":
            beside["probe"] = {"accuracy": over(0.25)}
        if name == "uniform":
            beside["probe"] = {"accuracy": {"0": over(0.1)["0"]}}
    return record


def test_probes_over_the_layers_in_their_order() -> None:
    drawn = layers(probed())
    figure = figure_of(drawn)
    assert len(go.Figure(figure).data) == len(figure["data"])
    told = curve(figure, "true state")
    assert told["x"] == ["embeddings", *(str(at) for at in range(1, 11))]
    assert told["y"] == pytest.approx([0.5 + at / 100 for at in range(11)])
    assert curve(figure, "control task")["y"][0] == 0.3
    assert curve(figure, "most common")["y"] == [0.2] * 11
    assert curve(figure, "untrained")["y"][-1] == pytest.approx(0.35)
    # One with other layers is not drawn beside, but its numbers are told.
    assert not [each for each in figure["data"] if each.get("name") == "uniform"]
    assert drawn is not None
    assert "uniform, true state" in drawn[1].columns
    assert drawn[1].rows[0][0] == "embeddings"


def test_a_probe_of_one_layer_is_no_curve() -> None:
    record = probed()
    record["metrics"]["probe"]["accuracy"] = {"last": sample.UNDEFINED}
    assert layers(record) is None
    assert layers(sample.record()) is None


def test_layers_are_called_by_their_names() -> None:
    labels = [row.label for row in rows({"probe": probed()["metrics"]["probe"]})]
    assert labels[0] == "accuracy, layer 10"
    assert "control, embeddings" in labels
    assert "most common" in labels
    assert labels[-1] == "selectivity, embeddings"
    assert rows({"probe": {"accuracy": {"last": sample.UNDEFINED}}})[0].label == (
        "accuracy, last layer"
    )


def test_what_is_negative_has_a_minus_sign() -> None:
    assert number(-0.25) == "\N{MINUS SIGN}0.250"
    assert number(-0.0001) == "\N{MINUS SIGN}<0.001"
    assert interval(Estimate(-0.25, -0.5, 0.0, 3)) == "\N{MINUS SIGN}0.500\N{EN DASH}0"
