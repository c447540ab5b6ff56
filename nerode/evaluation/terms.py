"""The terms of a run: what must be equal for a stopped one to go on."""

from __future__ import annotations

from typing import Any

from nerode.metrics.setting import Setting
from nerode.models.model import Model
from nerode.schema.decoding import encoded
from nerode.schema.run import EvaluateTerms
from nerode.sequences.corpus import Corpus
from nerode.worlds.fingerprint import plan_of


def terms_of(setting: Setting, model: Model, corpus: Corpus) -> dict[str, Any]:
    """World, model, sequences and dials. The number of trials need not be equal."""
    world = setting.world
    terms = EvaluateTerms(
        world=world.name,
        plan=plan_of(world),
        model=model.name,
        weights=getattr(model, "fingerprint", None),
        dtype=dtype_of(model),
        first_token=first_token_of(model),
        seed=setting.seed,
        protocol=setting.protocol,
        histories=setting.histories.name,
        sequences=corpus.source,
        samples=setting.samples,
        epsilon=setting.acceptance.epsilon,
        curve=[float(epsilon) for epsilon in setting.acceptance.curve],
        depth=setting.depth,
        length=setting.length,
    )
    return dict(encoded(terms))


def first_token_of(model: Model) -> str | None:
    """Name of the token in front of every sequence; None where that is no choice of anybody's."""
    first = getattr(model, "first_choice", None)
    return None if first is None else str(first.name)


def dtype_of(model: Model) -> str | None:
    """Format in which a model's network computes; None where there is no network."""
    network = getattr(model, "network", None)
    return None if network is None else str(network.dtype).removeprefix("torch.")
