"""The two sentences: the numbers in them, what they belong to, and what is said of them."""

from __future__ import annotations

from typing import Any

import pytest

from nerode.report.verdict import percent
from tests.facts import tells
from tests.report import sample, sample_city
from tests.report.from_json import verdict


def told(metrics: dict[str, Any], **fields: Any) -> str:
    bare: dict[str, Any] = {"witnesses": {}} if "drawing" in fields else {}
    return verdict(sample.record() | {"metrics": metrics} | bare | fields)


def test_an_incoherent_model() -> None:
    tells(
        verdict(sample.record()),
        "legal 99.8 %",
        "99.5 to 99.9 %",
        "yet in 63 % of cases (59 to 67 %) two random routes to the same corner",
        "expect different streets",
        "sees 20 % of the differences",
        "35 % of the differences that it makes are real",
        "10 %",
        "replaced at random it arrives on 8 %",
        "instead of 96 %",
    )


def test_the_oracle() -> None:
    tells(
        told(sample.oracle()),
        "legal 100 %",
        "99.8 to 100 %",
        "and in none of 500 cases",
        "two random routes to the same corner",
        "expect different streets",
        "sees 100 % of the differences",
        "100 % of the differences that it makes are real",
        "10 %",
        "replaced at random it still arrives on 100 %",
    )


def test_a_model_that_knows_nothing_and_a_world_without_a_map() -> None:
    metrics = {
        "next_symbol": {"legal": sample.share(0.993, 10_000)},
        "compression": {"precision": sample.share(1.0)},
        "distinction": {"precision": sample.share(None), "recall": sample.share(0.0)},
    }
    tells(
        told(metrics, drawing=None),
        "legal 99.3 %",
        "99.1 to 99.5 %",
        "and in none of 500 cases",
        "two random histories of the same state",
        "expect different symbols",
        "sees 0 % of the differences",
        "makes none of its own",
    )


def test_a_model_that_never_arrives() -> None:
    metrics = {"detours": {"random": {"0": sample.share(0.0), "0.1": sample.share(0.0)}}}
    assert told(metrics) == (
        "With 10 % of its turns replaced at random it arrives on 0 % of trips, as it "
        "does undisturbed."
    )


def test_no_surprise_in_a_poor_model() -> None:
    metrics = {
        "next_symbol": {"legal": sample.share(0.4)},
        "compression": {"precision": sample.share(0.5)},
    }
    assert ", and in 50 % of cases (46 to 54 %)" in told(metrics)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metrics", "sentence"),
    [
        ({}, "Nothing that was measured here is defined for this model."),
        (
            {"compression": {"precision": sample.share(None)}},
            "Nothing that was measured here is defined for this model.",
        ),
        (
            {"next_symbol": {"legal": sample.share(0.5)}},
            "Its next symbol is legal 50 % of the time (46 to 54 %).",
        ),
        (
            {"compression": {"precision": sample.share(0.25, 100)}},
            (
                "In 75 % of cases (65 to 83 %) two random routes to the same corner lead it to "
                "expect different streets."
            ),
        ),
        (
            {"detours": {"random": {"0.1": sample.share(0.5)}}},
            "With 10 % of its turns replaced at random it arrives on 50 % of trips.",
        ),
    ],
)
def test_what_was_not_measured_is_not_told(metrics: dict[str, Any], sentence: str) -> None:
    assert told(metrics) == sentence


def reconstructed(new: int, bad: int, *, matched: bool = True) -> dict[str, Any]:
    found = sample_city.reconstruction()
    noise = found["noise"][1] | {"matched": matched}
    noise["new"] = {"mean": 1020.4, "low": 980.0, "high": 1060.0}
    counts = {"sequences": 1000, "malformed": 0, "new": new, "impossible": bad, "given_up": 0}
    lists: dict[str, Any] = {"noise": [found["noise"][0], noise], "gave_up": []}
    lists["streets"] = {name: [] for name in found["streets"]}
    return found | {"counts": found["counts"] | counts} | lists


def apart(first: float | None, precision: float, **fields: Any) -> str:
    """What is said of compression, with continuations of up to 100 symbols."""
    scores = {"precision": sample.share(precision)}
    scores |= {} if first is None else {"first_symbol": sample.share(first)}
    parameters = sample.record()["parameters"] | {"length": 100}
    return told({"compression": scores}, parameters=parameters, **fields)


@pytest.mark.slow
def test_where_the_disagreement_is() -> None:
    assert apart(0.32, 0.19) == (
        "In 68 % of cases (64 to 72 %) two random routes to the same corner lead it to expect "
        "different streets at once, and in 81 % of cases (77 to 84 %) within 100 turns."
    )
    assert apart(0.98, 0.88, histories="on-policy").startswith(
        "In 2 % of cases (1.0 to 4 %) two held-out routes"
    )
    assert apart(1.0, 0.9) == (
        "In 10 % of cases (8 to 13 %) two random routes to the same corner lead it to expect "
        "different streets within 100 turns, at once in none."
    )
    assert apart(1.0, 1.0) == (
        "In none of 500 cases do two random routes to the same corner lead it to expect different "
        "streets within 100 turns."
    )
    assert apart(None, 0.9, drawing=None) == (
        "In 10 % of cases (8 to 13 %) two random histories of the same state lead it to expect "
        "different symbols within 100 steps."
    )


def test_why_differences_are_missed_and_what_a_perfect_map_would_see() -> None:
    scores = {"recall": 0.09, "unexpected": 0.89, "confused": 0.02}
    metrics = {"distinction": {name: sample.share(value) for name, value in scores.items()}}
    perfect = {"distinction": {"recall": sample.share(0.21)}}
    assert told(metrics, baselines={}) == (
        "It sees 9 % of the differences between states (89 % it does not expect where they are "
        "legal, 2 % it expects in both)."
    )
    assert told(
        metrics, baselines={"oracle": sample.oracle(), "policy-oracle:shortest": perfect}
    ) == (
        "It sees 9 % of the differences between states (89 % it does not expect where they are "
        "legal, 2 % it expects in both; a perfect map with its habits sees 21 %)."
    )


def test_a_reconstruction_alone() -> None:
    metrics = {"reconstruction": {"valid": sample.share(0.73, 1000)}}
    tells(
        told(metrics, reconstruction=reconstructed(458, 213)),
        "1,000 sequences 73 % are walkable",
        "458 streets had to be invented",
        "213 of which cannot exist",
        "Mere noise",
        "needs 1,020",
        "980 to 1,060",
    )
    one = told(metrics, reconstruction=reconstructed(1, 0, matched=False))
    assert one.endswith("others 1 street had to be invented.")
    metrics["reconstruction"]["valid"] = sample.share(1.0, 1000)
    assert told(metrics, reconstruction=reconstructed(0, 0)) == (
        "Of its 1,000 sequences 100 % are walkable on the true map, and no street had to be "
        "invented for any."
    )
    assert told(metrics) == "Of its sequences 100 % are walkable on the true map."


def test_a_reconstruction_beside_all_else_leaves_it_at_two_sentences() -> None:
    record = sample.record()
    metrics = record["metrics"] | {"reconstruction": {"valid": sample.share(0.73)}}
    assert told(metrics, reconstruction=reconstructed(458, 213)) == verdict(record)
    del metrics["distinction"], metrics["detours"]
    assert "458 streets" in told(metrics, reconstruction=reconstructed(458, 213))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.0001, "less than 0.1 %"),
        (0.9999, "more than 99.9 %"),
        (0.004, "0.4 %"),
        (0.996, "99.6 %"),
        (0.63, "63 %"),
        (0.98, "98 %"),
    ],
)
def test_a_share_in_words(value: float, said: str) -> None:
    assert percent(value) == said


@pytest.mark.slow
def test_what_a_probe_reads_off_the_best_layer() -> None:
    layers = {"0": sample.share(0.2), "1": sample.share(0.9), "2": sample.share(0.8)}
    control = {"0": sample.share(0.1), "1": sample.share(0.4), "2": sample.share(0.7)}
    assert told({"probe": {"accuracy": layers, "control": control}}) == (
        "A linear probe tells 90 % of the features of its true state."
    )
    assert told({"probe": {"accuracy": {"last": sample.share(1.0)}}}) == (
        "A linear probe tells 100 % of the features of its true state."
    )


@pytest.mark.parametrize(
    ("usual", "disturbed", "end"),
    [
        (0.62, 0.67, "it arrives on 67 % of trips, undisturbed on 62 %."),
        (0.67, 0.62, "it arrives on 62 % of trips instead of 67 %."),
        (0.622, 0.624, "it arrives on 62 % of trips, as it does undisturbed."),
    ],
)
def test_detours_that_do_no_harm(usual: float, disturbed: float, end: str) -> None:
    rates = {"0": sample.share(usual), "0.1": sample.share(disturbed)}
    assert told({"detours": {"random": rates}}).endswith(end)
    board = told(
        {"detours": {"random": rates}}, drawing={"kind": "board", "size": 1, "squares": ["a1"]}
    )
    assert ("in 67 % of games, undisturbed in 62 %." in board) == (disturbed == 0.67)


@pytest.mark.parametrize(
    ("valid", "counts", "sentence"),
    [
        (
            sample.share(0.0, 2),
            {"sequences": 2, "given_up": 2},
            (
                "Of its 2 sequences 0 % are walkable on the true map, and no street was invented: "
                "both were given up."
            ),
        ),
        (
            sample.share(0.5, 4),
            {"sequences": 4, "given_up": 2},
            (
                "Of its 4 sequences 50 % are walkable on the true map, and no street was invented: "
                "2 were given up."
            ),
        ),
        (
            sample.share(0.5, 2, 18),
            {"sequences": 20, "malformed": 18, "given_up": 1},
            (
                "2 of its 20 sequences ended; of these 50 % are walkable on the true map, and no "
                "street was invented: 1 was given up."
            ),
        ),
        (
            sample.share(0.75, 4, 3),
            {"sequences": 6, "malformed": 2, "new": 1, "given_up": 1},
            (
                "4 of its 6 sequences ended (1 more trial could not be run); of these 75 % are "
                "walkable on the true map; to walk the others 1 street had to be invented; even so "
                "1 was given up."
            ),
        ),
        (
            sample.share(None, 0, 20),
            {"sequences": 20, "malformed": 20},
            "None of its 20 sequences ended.",
        ),
    ],
)
def test_sequences_given_up_or_cut_off(
    valid: dict[str, Any], counts: dict[str, int], sentence: str
) -> None:
    found = reconstructed(0, 0, matched=False)
    found["counts"] |= counts
    assert told({"reconstruction": {"valid": valid}}, reconstruction=found) == sentence


@pytest.mark.slow
def test_trials_without_a_sequence_are_counted_where_nothing_else_is_told() -> None:
    assert told({"reconstruction": {"valid": sample.share(0.5, 2, 18)}}) == (
        "2 of 20 trials came to a sequence that ended; of these 50 % are walkable on the true map."
    )
