"""Opening a model by its name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from nerode.errors import InvalidParameter, MissingExtra, ModelMismatch, UnknownName
from nerode.models.baselines.ngram import Ngram
from nerode.models.baselines.simple import NoisyOracle, Oracle, Uniform
from nerode.models.bundled import bundled, folder_of, opens_bundled
from nerode.models.hf.model_folder import check_folder
from nerode.models.hf.shape import Shape
from nerode.models.model import Model
from nerode.models.outside import check_place, open_outside, own_model
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.policies import POLICIES
from nerode.suggestions import did_you_mean
from nerode.worlds.world import AnyWorld

DTYPES = ("float32", "bfloat16")
"""Formats in which the network of a checkpoint can compute, the usual one first."""

MADE_HERE = ("oracle", "policy-oracle", "counter", "uniform", "noisy-oracle", "ngram", "untrained")
NAMES = (
    "oracle, policy-oracle:POLICY, counter, uniform, noisy-oracle:P, ngram:N, untrained, a bundled "
    "model (`nerode models`), the folder of a checkpoint, or one of your own as FILE.py:CLASS"
)

Number = TypeVar("Number", int, float)


def open_model(
    name: str,
    world: AnyWorld,
    *,
    sequences: SequenceBatch | None = None,
    seed: int = 0,
    dtype: str = DTYPES[0],
    first_token: str | None = None,
    trained_on: dict[str, Any] | None = None,
) -> Model:
    """The model of a world by its name.

    Parameters
    ----------
    name
        - `oracle`, `uniform`;
        - `counter`: counts turns; street maps only;
        - `noisy-oracle:P`: wrong in a share P of all contexts;
        - `ngram:N`: fitted on `sequences`;
        - `policy-oracle:POLICY` (shortest, noisy, random, wandering, strong): knows the true state
          and follows that policy; without a name the policy in `trained_on`;
        - `untrained`: a GPT-2 with random weights; also `untrained:layers=4,width=128,heads=4`;
        - a bundled model (`nerode models`); a folder of that name in the working directory comes
          before it;
        - the path of a Hugging Face folder with a causal language model;
        - a model of your own: `FILE.py:CLASS` or `PACKAGE.MODULE:CLASS`, parameters behind a
          question mark, or the name of an entry point of the group `nerode.models`. That runs its
          code: give no name to this function that you have read from a file.
    world
        The world whose symbols the model reads.
    sequences
        Training sequences of an n-gram.
    seed
        Decides the noise and the random weights.
    dtype
        Out of DTYPES: the format in which the network of a folder computes.
    first_token
        Token put in front of every sequence for the network of a folder, `none` for none. None:
        what its tokenizer puts in front of a text, or its beginning-of-sequence token, or none.
    trained_on
        Record of what another model was trained on, for `policy-oracle` without a name.

    Raises
    ------
    UnknownName
        For another name.
    InvalidParameter
        For a parameter, dtype or token that makes no sense.
    ModelMismatch
        For an n-gram without sequences, a counter without streets, a policy that does not fit the
        world, and a checkpoint of another world.
    MissingFile, FormatError
        For a folder that holds no model, and a file that is not there.
    """
    made_here = name.partition(":")[0] in MADE_HERE
    own = None if made_here else own_model(name)
    _check_options(name, dtype, first_token, is_folder=not made_here and own is None)
    if own is not None:
        return open_outside(own, world)
    if made_here:
        return _made_here(name, world, sequences, trained_on, seed)
    return _checkpoint(name, world, dtype, first_token)


def _made_here(
    name: str,
    world: AnyWorld,
    sequences: SequenceBatch | None,
    trained_on: dict[str, Any] | None,
    seed: int,
) -> Model:
    """A baseline, or an untrained network."""
    kind, colon, parameter = name.partition(":")
    if kind in ("oracle", "uniform", "counter"):
        if colon:
            raise InvalidParameter(f"expected {kind} without a parameter, got {name!r}")
        return _plain(kind, world)
    if kind == "noisy-oracle":
        return NoisyOracle(world, _number(name, parameter, float), seed)
    if kind == "policy-oracle":
        return _policy_oracle(name, parameter, world, trained_on, seed)
    if kind == "untrained":
        return _untrained(name, parameter, world, seed)
    order = _number(name, parameter, int)
    if sequences is None:
        raise ModelMismatch(f"expected sequences to fit {name} on, got none")
    return Ngram.fit(world.alphabet, sequences, order)


def _checkpoint(name: str, world: AnyWorld, dtype: str, first_token: str | None) -> Model:
    """A bundled model, or the network of a folder."""
    check_name(name, world)
    bundled_name = opens_bundled(name)
    folder = folder_of(name) if bundled_name else Path(name)
    try:
        import torch  # noqa: PLC0415

        from nerode.models.hf.checkpoint import open_checkpoint  # noqa: PLC0415
    except ImportError as error:
        raise no_torch(error) from None
    network = open_checkpoint(folder, world, dtype=getattr(torch, dtype), first_token=first_token)
    # Wherever the library is installed, a bundled model goes by its name alone.
    return network.named(name, network.fingerprint) if bundled_name else network


def _plain(kind: str, world: AnyWorld) -> Model:
    """A model without a parameter."""
    if kind == "counter":
        from nerode.models.baselines.counter import Counter  # noqa: PLC0415 - loads what only maps need

        return Counter(world)
    return Oracle(world) if kind == "oracle" else Uniform(world.alphabet)


def _policy_oracle(
    name: str, policy: str, world: AnyWorld, trained_on: dict[str, Any] | None, seed: int
) -> Model:
    """The policy oracle of a named policy, or of the one that a model was trained on."""
    from nerode.models.baselines.policy_oracle import PolicyOracle  # noqa: PLC0415 - as above

    known = trained_on if trained_on and trained_on.get("world") == world.name else None
    if not policy:
        if known is None:
            message = (
                f"expected policy-oracle:POLICY ({', '.join(POLICIES)}), for no model here says "
                f"what it was trained on in {world.name}, got {name!r}"
            )
            raise ModelMismatch(message)
        policy = str(known["policy"])
    if known is not None and policy == known["policy"]:
        seed = int(known["sequences_seed"])
    return PolicyOracle(world, policy, seed, name)


def check_name(name: str, world: AnyWorld) -> None:
    """Raise what is wrong with a model's name or folder, as far as it shows without torch.

    That takes a moment, where loading torch takes seconds.

    Parameters
    ----------
    name
        As `open_model` takes it.
    world
        The world that the model is to read.

    Raises
    ------
    UnknownName, InvalidParameter, ModelMismatch, MissingFile, FormatError
        As `open_model` does.
    """
    if name.partition(":")[0] in MADE_HERE:
        return
    own = own_model(name)
    if own is not None:
        check_place(own)
        return
    folder = folder_of(name) if opens_bundled(name) else Path(name)
    if not folder.is_dir():
        near = did_you_mean(name.partition(":")[0], (*MADE_HERE, *bundled()))
        raise UnknownName(f"expected a model ({NAMES}), got {name!r}{near}")
    try:
        check_folder(folder, world)
    except ModuleNotFoundError as error:  # the libraries that read weights and tokenizers
        raise no_torch(error) from None


def _check_options(name: str, dtype: str, first_token: str | None, *, is_folder: bool) -> None:
    """Raise InvalidParameter for an unknown format, and for options that only a folder takes."""
    if dtype not in DTYPES:
        raise InvalidParameter(f"expected dtype out of {', '.join(DTYPES)}, got {dtype!r}")
    if is_folder:
        return
    if dtype != DTYPES[0]:
        raise InvalidParameter(
            f"expected a Hugging Face folder to read in {dtype}, got {name!r}, "
            f"which is {DTYPES[0]} always"
        )
    if first_token is not None:
        raise InvalidParameter(
            f"expected a Hugging Face folder to read with the first token {first_token!r}, "
            f"got {name!r}, which has none to choose"
        )


def _untrained(name: str, parameter: str, world: AnyWorld, seed: int) -> Model:
    try:
        from nerode.models.hf.gpt2 import untrained  # noqa: PLC0415
    except ImportError as error:
        raise no_torch(error) from None
    sizes: dict[str, int] = {}
    for setting in parameter.split(",") if parameter else []:
        key, _, value = setting.partition("=")
        if key not in ("layers", "width", "heads"):
            raise InvalidParameter(f"expected layers=, width= or heads=, got {setting!r} in {name}")
        sizes[key] = _number(name, value, int)
    return replace(untrained(world, Shape(**sizes), seed), name=name)


def _number(name: str, text: str, kind: type[Number]) -> Number:
    try:
        return kind(text)
    except ValueError:
        wanted = "a whole number" if kind is int else "a number"
        raise InvalidParameter(f"expected {wanted}, got {text!r} in {name!r}") from None


def no_torch(error: ImportError) -> MissingExtra:
    """The error to raise where torch is absent, with the line that installs it."""
    return MissingExtra(f"neural models need `pip install 'nerode[torch]'` ({error})")
