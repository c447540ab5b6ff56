"""What an evaluation is about, opened by name: model, sequences, histories, baselines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nerode.errors import InvalidParameter, MissingExtra, TooFewSequences
from nerode.models.model import Model
from nerode.models.registry import DTYPES, open_model
from nerode.sequences.corpus import Corpus, drawn_corpus, folder_corpus
from nerode.sequences.histories import HistorySource, on_policy_histories, uniform_histories
from nerode.worlds.world import World


def open_subject(
    world: World[Any],
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
    world: World[Any],
    model: Model | None,
    sequences: Path | str | None,
    trials: int,
    seed: int,
) -> Corpus:
    if sequences is not None:
        return folder_corpus(Path(sequences), world, seed)
    if trials < 1:
        raise InvalidParameter(f"expected trials of at least 1, got {trials}")
    return drawn_corpus(world, trials, seed, getattr(model, "trained_on", None))


def histories_of(name: str, protocol: str, world: World[Any], corpus: Corpus) -> HistorySource:
    """Where pairs of histories come from: the source of this name."""
    if name == "on-policy":
        # Pairs are met by chance among the sequences: it takes many to have choice.
        return on_policy_histories(world, corpus.met)
    return uniform_histories(world, same_length=protocol == "paper")


def open_baselines(
    names: Sequence[str], world: World[Any], model: Model, corpus: Corpus, seed: int
) -> tuple[list[Model], dict[str, str]]:
    """The baselines beside the model; those that cannot be had here, with the reason."""
    beside: list[Model] = []
    left_out: dict[str, str] = {}
    how: dict[str, Any] = {"seed": seed, "trained_on": getattr(model, "trained_on", None)}
    for name in names:
        if name == model.name:
            continue
        try:
            fitted_on = corpus.train if name.startswith("ngram:") else None
            beside.append(open_model(name, world, sequences=fitted_on, **how))
        except (MissingExtra, TooFewSequences) as error:
            left_out[name] = str(error)
    return beside, left_out


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
