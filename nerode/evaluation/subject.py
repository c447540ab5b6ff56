"""What an evaluation is about, opened by name: model, sequences, histories, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nerode.errors import InvalidParameter, MissingExtra, NoTrial, TooFewSequences
from nerode.metrics.history_kinds import NEAR_END, ON_POLICY, UNIFORM
from nerode.models.model import Model
from nerode.models.registry import DTYPES, open_model
from nerode.sequences.corpus import Corpus, folder_corpus, fresh_corpus
from nerode.sequences.histories import (
    HistorySource,
    near_end_histories,
    on_policy_histories,
    uniform_histories,
)
from nerode.worlds.world import AnyWorld


def open_subject(
    world: AnyWorld,
    model: Model | str,
    sequences: Path | str | None,
    trials: int,
    *,
    seed: int,
    dtype: str,
    first_token: str | None,
) -> tuple[Model, Corpus]:
    """The model, and the sequences that go with it: each may need the other."""
    if not isinstance(model, str):
        if dtype != DTYPES[0]:
            message = f"expected a Hugging Face folder to read in {dtype}, got {model.name} open"
            raise InvalidParameter(message)
        if first_token is not None:
            message = f"expected a first token with a Hugging Face folder, got {model.name} open"
            raise InvalidParameter(message)
        return model, _corpus(world, model, sequences, trials, seed)
    how: dict[str, Any] = {"seed": seed, "dtype": dtype, "first_token": first_token}
    if model.startswith("ngram:"):
        corpus = _corpus(world, None, sequences, trials, seed)
        opened = open_model(model, world, sequences=corpus.train, **how)
        return opened, corpus
    opened = open_model(model, world, **how)
    return opened, _corpus(world, opened, sequences, trials, seed)


def _corpus(
    world: AnyWorld,
    model: Model | None,
    sequences: Path | str | None,
    trials: int,
    seed: int,
) -> Corpus:
    if sequences is not None:
        return folder_corpus(Path(sequences), world, seed)
    if trials < 1:
        raise InvalidParameter(f"expected trials of at least 1, got {trials}")
    return fresh_corpus(world, trials, seed, getattr(model, "trained_on", None))


BOTH = "both"


@dataclass(frozen=True)
class Histories:
    """Where pairs of histories come from.

    Metrics that read histories are measured on those of `first`, and on those of `on_policy` beside
    them where there is such a source. `note` says why there is none where that was left open.
    """

    first: HistorySource
    on_policy: HistorySource | None = None
    note: str | None = None


def histories_of(
    kind: str | None, protocol: str, world: AnyWorld, corpus: Corpus, *, read: bool
) -> Histories:
    """The sources of a kind: `uniform`, `on-policy`, `near-end`, or `both` of the first two.

    None is for both where the sequences are the model's own and some two of their prefixes reach
    one state, else for uniform. `read`: whether any metric reads histories at all.

    Raises TooFewSequences where on-policy histories are asked for and no sequence is held out,
    InvalidParameter where the world has no histories near an end.
    """
    if kind == ON_POLICY:
        return Histories(_met(world, corpus))
    if kind == NEAR_END:
        return Histories(near_end_histories(world, same_length=protocol == "paper"))
    uniform = uniform_histories(world, same_length=protocol == "paper")
    if kind == UNIFORM or not read or (kind is None and not corpus.own):
        return Histories(uniform)
    if kind == BOTH:
        return Histories(uniform, _met(world, corpus))
    try:
        met = _met(world, corpus)
        met.same_state(np.random.default_rng(0))
    except (TooFewSequences, NoTrial) as reason:
        return Histories(uniform, note=f"Not measured on on-policy histories: {reason}.")
    return Histories(uniform, met)


def _met(world: AnyWorld, corpus: Corpus) -> HistorySource:
    """Pairs are met by chance among the sequences: it takes many to have choice."""
    return on_policy_histories(world, corpus.met)


def open_baselines(
    names: Sequence[str], world: AnyWorld, model: Model, corpus: Corpus, seed: int
) -> tuple[list[Model], dict[str, str]]:
    """The baselines beside the model; those that cannot be had here, with the reason."""
    opened: list[Model] = []
    left_out: dict[str, str] = {}
    how: dict[str, Any] = {"seed": seed, "trained_on": getattr(model, "trained_on", None)}
    for name in names:
        if name == model.name:
            continue
        try:
            fitted_on = corpus.train if name.startswith("ngram:") else None
            opened.append(open_model(name, world, sequences=fitted_on, **how))
        except (MissingExtra, TooFewSequences) as error:
            left_out[name] = str(error)
    return opened, left_out


def caution(model: Model, sequences: Path | str | None) -> list[str]:
    """What to know where held-out sequences were drawn anew for a network from elsewhere."""
    foreign = getattr(model, "first_choice", None) is not None
    if sequences is not None or not foreign or getattr(model, "trained_on", None) is not None:
        return []
    told = "What it was trained on is not known here: held-out sequences may be among it"
    return [f"{told} (--sequences takes a folder whose held-out ones are not)."]


def met_in(parameters: dict[str, Any]) -> list[str]:
    """What to know of histories that are prefixes of held-out sequences."""
    if "met_in" not in parameters:
        return []
    told = f"On-policy pairs are met in {parameters['met_in']:,} held-out sequences"
    return [f"{told}: only states that are met twice count, so that scores hang on that number."]
