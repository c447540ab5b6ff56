"""What a page explains, and under which rules it says that streets were invented."""

from __future__ import annotations

import pytest

from nerode.errors import FormatError
from tests.report import sample, sample_city
from tests.report.from_json import glossary, run_view
from tests.report.sample import Json

OTHERS = ["oracle", "ngram", "noisy-oracle", "uniform", "untrained", "Threshold ε"]
"""The baselines of the sample, and what is below them."""
RECONSTRUCTION = ["Reconstruction", "Valid", "Given up", "Impossible"]


def alone() -> Json:
    """A record of a reconstruction and nothing else."""
    record = sample_city.record()
    metrics: Json = {"reconstruction": {}}
    return record | {"metrics": metrics, "baselines": {}, "parameters": {"sequences": "some.txt"}}


def names(*records: Json) -> list[str]:
    return [name for name, _ in glossary(records)]


def test_only_what_is_measured_is_explained() -> None:
    assert names(alone()) == RECONSTRUCTION
    measured = names(sample.record())
    assert measured == [
        "Next symbol",
        "Traversal",
        "Compression",
        "Distinction",
        "Detours",
        "Detours met",
        *OTHERS,
    ]
    assert names(alone(), sample.record()) == [*measured[: -len(OTHERS)], *RECONSTRUCTION, *OTHERS]


def test_rules_that_are_no_numbers_are_refused() -> None:
    record = alone()
    record["reconstruction"] = record["reconstruction"] | {"parameters": {"noise": ["<b>"]}}
    with pytest.raises(FormatError, match=r"parameters\.noise\.0: expected a number"):
        run_view("run-1", "a run", record, None, None)


@pytest.mark.parametrize(("noise", "told"), [([0.0, 0.01], "0 %, 1 %"), ([], "none")])
def test_the_rules_of_a_reconstruction_are_told(noise: list[float], told: str) -> None:
    record = alone()
    rules = {"degree": 4, "miles": 0.5, "crossings": 3, "noise": noise, "draws": 20, "seed": 7}
    record["reconstruction"] = record["reconstruction"] | {"parameters": rules}
    conditions = dict(run_view("run-1", "a run", record, None, None).conditions)
    assert conditions["degree"] == "4 streets from a crossing at most"
    assert conditions["length of a new street"] == "0.5 miles at most"
    assert conditions["impossible across"] == "3 true streets or more"
    assert conditions["noise"] == told
    assert conditions["draws of the noise"] == "20"
    assert conditions["seed of the noise"] == "7"


def test_without_a_reconstruction_no_rules_are_told() -> None:
    conditions = dict(run_view("run-1", "a run", sample.record(), None, None).conditions)
    assert not {"degree", "noise", "impossible across"} & set(conditions)
