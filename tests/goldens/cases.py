"""Some thirty small runs, each a command line, and the form in which their numbers are kept.

A refactoring may move and rename whatever it likes; these commands must go on to give the same
numbers, to the last digits, which depend on the processor (a logarithm in vectors of another width
is off by one in the last place). They reach every world, metric, protocol and source of histories.

    python -m tests.goldens    # writes numbers.json anew; only where a definition changes
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("numbers.json")

CHECKPOINTS = Path(__file__).parents[2] / "nerode" / "checkpoints"
SMALL = ["--trials", "12", "--samples", "5", "--length", "20"]
PAIRS = ["--metrics", "compression,distinction"]

CASES: dict[str, list[str]] = {
    # worlds
    "midtown": ["evaluate", "midtown", "noisy-oracle:0.01", *SMALL],
    "manhattan": ["evaluate", "manhattan", "noisy-oracle:0.05", *SMALL, "--baselines", "oracle"],
    "othello": ["evaluate", "othello:size=6", "noisy-oracle:0.05", *SMALL],
    "othello-4": ["evaluate", "othello:size=4", "ngram:3", *SMALL, "--seed", "3"],
    "connect-four": ["evaluate", "connect-four:rows=4", "noisy-oracle:0.05", *SMALL],
    "cayley": ["evaluate", "cayley:n=4", "ngram:2", *SMALL],
    "cayley-letters": ["evaluate", "cayley", "uniform", *SMALL, "--baselines", "none"],
    "seating": ["evaluate", "seating:seats=3", "noisy-oracle:0.05", *SMALL],
    "cups": ["evaluate", "cups:n=3", "noisy-oracle:0.05", *SMALL],
    # models
    "oracle": ["evaluate", "midtown", "oracle", *SMALL, "--baselines", "uniform,ngram:3"],
    "counter": ["evaluate", "midtown", "counter", *SMALL, "--baselines", "none"],
    "policy": ["evaluate", "midtown", "policy-oracle:shortest", *SMALL, "--baselines", "none"],
    "shortest": ["evaluate", "midtown", str(CHECKPOINTS / "midtown-shortest"), *SMALL],
    "strong": ["evaluate", "othello:size=6", str(CHECKPOINTS / "othello6-strong"), *SMALL],
    # protocols, histories, settings
    "paper": ["evaluate", "midtown", "noisy-oracle:0.05", *SMALL, "--protocol", "paper"],
    "paper-othello": ["evaluate", "othello:size=6", "ngram:3", *SMALL, "--protocol", "paper"],
    "on-policy": ["evaluate", "midtown", "ngram:3", *SMALL, *PAIRS, "--histories", "on-policy"],
    "on-policy-othello": [
        *["evaluate", "othello:size=6", "noisy-oracle:0.05", *SMALL, *PAIRS],
        *["--histories", "on-policy", "--baselines", "none"],
    ],
    "enumerated": ["evaluate", "midtown", "ngram:3", *PAIRS, "--trials", "6", "--samples", "0"],
    "enumerated-cayley": [
        *["evaluate", "cayley:n=4", "noisy-oracle:0.1", *PAIRS],
        *["--trials", "12", "--samples", "0", "--depth", "3"],
    ],
    "threshold": [
        *["evaluate", "midtown", "ngram:3", *SMALL, *PAIRS, "--epsilon", "0.2", "--no-curve"],
        *["--depth", "2", "--baselines", "none"],
    ],
    "probe": [
        *["evaluate", "othello:size=6", str(CHECKPOINTS / "othello6-random")],
        *["--metrics", "probe", "--trials", "12", "--baselines", "none"],
    ],
    # chat models: one that errs in a tenth of its answers
    "chat-seating": ["chat", "seats-3", "--seats", "3", "--trials", "12"],
    "chat-cups": ["chat", "cups-3", "--seats", "", "--cups", "3", "--trials", "8"],
    # sequences, and maps that sequences speak of
    "sequences": ["sequences", "midtown", "--policy", "random", "--count", "200", "--seed", "1"],
    "games": ["sequences", "othello:size=6", "--policy", "strong", "--count", "20"],
    "reconstruct": ["reconstruct", "midtown", "{sequences}", "--orders", "3", "--limit", "40"],
    "reconstruct-given": [
        *["reconstruct", "midtown", "{sequences}", "--order", "given", "--orders", "0"],
        *["--noise", "none"],
    ],
}
"""Words of a command by the name of the case; `--out` and a folder are added.

Words after `chat` are a size and what examples/chat_without_a_provider.py is given.
"""

PROBE_STEPS = 40
"""Steps of the fit in the case `probe`, which takes minutes with as many as it has by default."""

NETWORKS = {"shortest": 1e-6, "strong": 1e-6, "probe": 0.02}
"""Cases of which scores alone are kept, and how exactly, relative to each.

Last digits depend on the processor; a fit adds them up over its steps, in as many threads as run.
"""

EXACT = 1e-9
"""How exactly the scores of all other cases are kept, relative to each."""
_DIGITS = 6
"""Significant digits of what is kept as a digest: a number that lies within the last digit of its
processor from the middle of two is rare then."""

_DIGESTS = (
    *("baselines", "skipped", "curves", "lengths", "depths", "witnesses", "routes", "games"),
    *("drawing", "reconstruction", "cut", "notes", "strings"),
    *("bounds", "answers", "statements", "dialogues"),
)
"""Parts of a record that are kept as a digest, for they are long."""


def chat_command(words: list[str], folder: Path) -> tuple[list[str], Path]:
    """The command that runs a case of chat, and the folder in which its record will be."""
    script = Path(__file__).parents[2] / "examples" / "chat_without_a_provider.py"
    command = [sys.executable, str(script), *words[2:], "--out", str(folder)]
    return command, folder / "errs-10-percent" / words[1]


def numbers(name: str, folder: Path) -> dict[str, Any]:
    """What a run came to: its scores, and digests of all else that it holds."""
    if name in ("sequences", "games"):
        return {each.name: _table(each) for each in sorted(folder.glob("*.parquet"))}
    record = json.loads((folder / "evaluation.json").read_text())
    kept: dict[str, Any] = {"metrics": record["metrics"]}
    if name in NETWORKS:
        return kept
    kept |= {part: _digest(record[part]) for part in _DIGESTS if part in record}
    trials = folder / "trials.jsonl"
    if trials.exists():
        lines = sorted(trials.read_text().splitlines())
        # Of a network, the last digits of what a trial says depend on the processor.
        kept["trials"] = _digest([x for x in lines if json.loads(x)["model"] != "untrained"])
    return kept


def flat(part: Any, at: str = "") -> dict[str, Any]:
    """The leaves of nested dictionaries and lists, by their path."""
    if isinstance(part, dict):
        branches = part.items()
    elif isinstance(part, list):
        branches = {str(place): value for place, value in enumerate(part)}.items()
    else:
        return {at: part}
    return {
        key: leaf for name, value in branches for key, leaf in flat(value, f"{at}/{name}").items()
    }


def _table(file: Path) -> str:
    from pyarrow import parquet  # noqa: PLC0415 - few cases need it

    return _digest(parquet.read_table(file).to_pylist())


def _digest(part: Any) -> str:
    text = json.dumps(_rounded(part), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rounded(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _rounded(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_rounded(value) for value in part]
    return float(f"{part:.{_DIGITS}g}") if isinstance(part, float) else part
