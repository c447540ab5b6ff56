"""A reconstruction that was damaged on disk is told by its place; a whole one passes."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

from nerode.errors import FormatError
from nerode.evaluation.reconstruction import run_reconstruction
from nerode.metrics.reconstruction.noise import corrupt
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.text import write_text
from nerode.worlds.streets.street_map import StreetMap
from tests.report.from_json import check_record


@pytest.fixture(scope="module")
def record(town: StreetMap, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One with everything in it, as it comes from a file."""
    batch = corrupt(draw_sequences(town, "shortest", 30, 0), 0.2, np.random.default_rng(0))
    path = tmp_path_factory.mktemp("sequences") / "slips.txt"
    write_text(SequenceBatch.concat([batch, SequenceBatch.of([[0]])]), town, path)
    return json.loads(json.dumps(run_reconstruction(town, path)))


@pytest.mark.slow
def test_what_is_written_passes(record: Any) -> None:
    assert check_record(record, "here") == record
    counts = record["reconstruction"]["counts"]
    assert min(counts["new"], counts["impossible"], counts["given_up"], counts["malformed"]) > 0


PLACES: list[tuple[str, Any]] = [
    ("", []),
    ("parameters", None),
    ("counts", {}),
    ("counts.symbols", -1),
    ("counts.impossible", 1.5),
    ("counts.new", True),
    ("score.new_per_1000", {"value": 1}),
    ("score.given_up", None),
    ("score.precision", "1"),
    ("score.recall", -0.5),
    ("noise", None),
    ("noise.0", 3),
    ("noise.0.share", None),
    ("noise.1.matched", 1),
    ("noise.1.draws", 0),
    ("noise.1.valid", None),
    ("noise.1.new", {"mean": 3, "low": 1}),
    ("noise.2.recall", {"mean": 3, "low": 1, "high": "x"}),
    ("parameters.order", 3),
    ("orders", 3),
    ("orders.draws", 0),
    ("orders.new", {"mean": 1, "low": None, "high": 2}),
    ("growth", {}),
    ("growth.0", 3),
    ("growth.0.sequences", -1),
    ("growth.1.given_up", None),
    ("growth.1.noise", []),
    ("growth.2.noise.new", {"mean": 1}),
    ("streets", []),
    ("streets.from", None),
    ("streets.from.0", 1_000),
    ("streets.to.0", -1),
    ("streets.to", [0]),
    ("streets.label.0", 3),
    ("streets.kind.0", "false"),
    ("streets.kind.0", []),
    ("streets.first.0", 31),
    ("streets.first.0", -2),
    ("streets.uses.0", -1),
    ("streets.metres.0", None),
    ("streets.crossings.0", 0.5),
    ("streets.why.0", None),
    ("longest", 3),
    ("longest.0", "far"),
    ("gave_up", {}),
    ("gave_up.0", 31),
    ("gave_up.0", True),
]


@pytest.mark.slow
@pytest.mark.parametrize(("place", "value"), PLACES)
def test_what_is_damaged_is_told_by_its_place(record: Any, place: str, value: Any) -> None:
    broken = copy.deepcopy(record)
    *way, last = ["reconstruction", *place.split(".")] if place else ["reconstruction"]
    node = broken
    for step in way:
        node = node[int(step) if isinstance(node, list) else step]
    node[int(last) if isinstance(node, list) else last] = value
    column = place.rsplit(".", 1)[0] if place.startswith(("streets.", "gave", "longest")) else place
    with pytest.raises(FormatError, match="here") as caught:
        check_record(broken, "here")
    told = str(caught.value)
    assert f"reconstruction{'.' * bool(column)}{column}" in told
    assert "\n" not in told
    assert len(told) < 300


@pytest.mark.parametrize("key", ["counts", "score", "noise", "streets", "longest", "gave_up"])
def test_what_is_missing_is_told(record: Any, key: str) -> None:
    broken = copy.deepcopy(record)
    del broken["reconstruction"][key]
    with pytest.raises(FormatError, match=f"reconstruction.{key}"):
        check_record(broken, "here")


def test_records_from_before_there_was_an_order_pass(record: Any) -> None:
    old = copy.deepcopy(record)
    for name in ("orders", "growth"):
        del old["reconstruction"][name]
    for name in ("order", "orders"):
        del old["reconstruction"]["parameters"][name]
    assert check_record(old, "here") == old


def test_it_needs_its_map_and_a_name_for_each_place(record: Any) -> None:
    for drawing in (None, record["drawing"] | {"names": ["c0"]}):
        with pytest.raises(FormatError, match="drawing"):
            check_record(record | {"drawing": drawing}, "here")
    with pytest.raises(FormatError, match=r"drawing\.attribution"):
        check_record(record | {"drawing": record["drawing"] | {"attribution": 3}}, "here")
