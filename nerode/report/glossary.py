"""The words of the page, explained: those that it uses, and no others."""

from __future__ import annotations

from collections.abc import Sequence

from nerode.metrics.history_kinds import plain_name
from nerode.report.kinds import kinds
from nerode.report.record.chat import is_chat
from nerode.report.record.record import Record

_THRESHOLD = "epsilon"

_CHAT = "chat"

_DOSE = "dose"

_SLIPS = "slips"
_BOTH = "both kinds of histories"

_TERMS = (
    (
        "capability",
        "Capability",
        "Riddles with one right answer: where is somebody, or something, after all that was told?",
    ),
    (
        "next_symbol",
        "Legal",
        "How often the symbol that the model holds most likely may really come next.",
    ),
    (
        "traversal",
        "Traversal",
        (
            "Trips of the model's own that stay on the map and arrive, and how many of "
            "them are at most so much longer than the shortest way."
        ),
    ),
    (
        "compression",
        "Compression",
        (
            "Two histories that reach the same state must be continued alike. Precision: "
            "pairs for which no difference was found. Disagreement: single continuations "
            "on which the two differ."
        ),
    ),
    (
        _SLIPS,
        "Slips",
        (
            "How often, per symbol of continuations, one of two histories of the same state must "
            "have misled the model. A perfect map that slips so often at random is as incoherent, "
            "in any world and on continuations of any length. A model that slips most right after "
            "the histories has another rate for each length."
        ),
    ),
    (
        "distinction",
        "Distinction",
        (
            "Two histories that reach different states differ in some continuations. "
            "Recall: how many of the true differences the model sees. Precision: how many "
            "of the model's differences are true. Recall of end: recall among the differences in "
            "where a sequence may stop, which are few of all."
        ),
    ),
    (
        _BOTH,
        "Random and held-out histories",
        (
            "Random: any history that reaches a state, whether anybody would write it or not. "
            "Held-out: beginnings of held-out sequences, which are such as the model was trained "
            "on; two of one state are two that happen to meet there. The first ask about the whole "
            "world, the second about the part of it that the model was shown the like of."
        ),
    ),
    (
        "detours",
        "Detours",
        (
            "At each step, with the given chance, another legal turn is taken than the "
            "model's: a random one, or the one the model likes least."
        ),
    ),
    (
        _DOSE,
        "Detours met",
        (
            "How often a trip was really sent another way than the model wanted. There is nothing "
            "to replace at the destination, nor where one turn alone is left, so that this is less "
            "often than was asked for."
        ),
    ),
    (
        "policy-oracle",
        "policy-oracle",
        (
            "A baseline that knows the true state and has the habit of the sequences that the "
            "model was trained on: the score of who has learned them perfectly. What the model "
            "falls short of it is not the habit."
        ),
    ),
    (
        "counter",
        "counter",
        (
            "A baseline that counts turns: it takes the crossing nearest to where so many average "
            "turns of each kind would lead for the one it is at, and expects what may follow there."
        ),
    ),
    (
        "reconstruction",
        "Reconstruction",
        (
            "The streets that would have to exist for the sequences that the model writes "
            "to be walkable: some are true, some it invents."
        ),
    ),
    (
        "reconstruction",
        "Valid",
        "Sequences that walk the true streets and end where they said they would.",
    ),
    (
        "reconstruction",
        "Given up",
        (
            "Sequences for which no street could be invented within the limits on how "
            "many streets leave a crossing and how far one reaches."
        ),
    ),
    (
        "reconstruction",
        "Impossible",
        (
            "Invented streets that cannot exist: longer than any true one, off the "
            "bearing that their label names, or across true streets."
        ),
    ),
    (
        "probe",
        "Probe",
        (
            "A linear map, fitted to tell the features of the true state from the hidden states of "
            "one layer, and measured on other sequences. Accuracy: features told rightly. That "
            "they can be read off does not say that the model uses them."
        ),
    ),
    (
        "probe",
        "Bits",
        (
            "What a feature costs in a code whose learner is the probe: it pays for what it has "
            "not learned yet. The more openly the state lies in a layer, the fewer. It depends on "
            "how long probes are fitted, the same for every model."
        ),
    ),
    (
        "probe",
        "No memory, true state",
        (
            "The same probe where it is given the last symbol and the number of symbols alone, or "
            "the true state as random directions, as wide as a hidden state. A layer without more "
            "than the first holds no state; one may do better than the second."
        ),
    ),
    (
        "probe",
        "Selectivity",
        (
            "Accuracy less that of a control task, in which classes are shuffled for each symbol. "
            "Above 0: the probe reads more than it could learn by heart. Yes or no: its size ranks "
            "neither models nor layers, for states with more noise can have more of it."
        ),
    ),
    (
        _CHAT,
        "Share of yes",
        (
            "Of the answers to yes-or-no questions that could be parsed. It is no score: right is "
            "the solver's. A model that gives one answer to nearly all questions is consistent "
            "without knowing anything."
        ),
    ),
    (
        _CHAT,
        "Not parsed",
        (
            "A reply without an answer that can be understood counts against the model in every "
            "score. What it could have come to at best is told beside."
        ),
    ),
    (
        _THRESHOLD,
        "Threshold ε",
        ("A continuation counts as expected where each of its symbols has a probability above ε."),
    ),
)
"""The metric or baseline that uses the term, the term and its meaning, in the order of the page."""


def glossary(records: Sequence[Record]) -> tuple[tuple[str, str], ...]:
    """Terms and what they mean: those of the metrics that any of these records holds."""
    used = {plain_name(metric) for record in records for metric in record["metrics"]}
    if any(len(kinds(record)) > 1 for record in records):
        used.add(_BOTH)
    if any("reconstruction" in record for record in records):
        used.add("reconstruction")
    if any(record["parameters"].get("epsilon") is not None for record in records):
        used.add(_THRESHOLD)
    if any("survival" in record["metrics"].get("detours", {}) for record in records):
        used.add(_DOSE)
    if any("slip" in record["metrics"].get("compression", {}) for record in records):
        used.add(_SLIPS)
    used.update(name for record in records for name in record["baselines"])
    if any(is_chat(record) for record in records):
        used.add(_CHAT)
    return tuple((name, told) for metric, name, told in _TERMS if metric in used)
