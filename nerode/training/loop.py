"""One training, from the first step or the last checkpoint to the saved model."""

from __future__ import annotations

import errno
import math
import os
import random
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from transformers import PreTrainedModel

from nerode.errors import RunMismatch
from nerode.files import naming
from nerode.models.hf.gpt2 import positions_needed
from nerode.models.hf.quiet import quiet
from nerode.models.hf.random_network import random_network
from nerode.models.hf.tokenizer import tokenizer as new_tokenizer
from nerode.runs import read_json
from nerode.series.folder import DROPPED
from nerode.series.ranks import Ranks
from nerode.series.series import Series
from nerode.training.batches import Batches
from nerode.training.checkpoints import OBJECTIVE_WEIGHTS, Checkpoints
from nerode.training.data import TrainingData
from nerode.training.folder import Keep, RecordDict, TrainingFolder
from nerode.training.held_out import held_out
from nerode.training.measure_config import MeasureConfig
from nerode.training.measuring import Measuring
from nerode.training.objectives.objective import Objective, ObjectiveContext
from nerode.training.objectives.registry import ObjectiveSpec
from nerode.training.reporter import Reporter
from nerode.training.schedule import TrainingClock
from nerode.training.settings import Settings
from nerode.training.start import begin_with
from nerode.training.trainer import TrainingProgress, build_trainer

Measure = tuple[MeasureConfig, Series]


def train_network(
    data: TrainingData,
    settings: Settings,
    folder: TrainingFolder,
    record: RecordDict,
    *,
    keep: Keep,
    reporter: Reporter,
    ranks: Ranks,
    measure: Measure | None = None,
) -> RecordDict:
    """Train a network, save it with its tokenizer in the folder, and give its results.

    Parameters
    ----------
    data
        World and sequences.
    settings
        Size of the network and course of the training.
    folder
        The training's own folder; a checkpoint in it is gone on from.
    record
        Goes into every checkpoint.
    keep
        How many checkpoints are left at the end.
    reporter
        Shows progress.
    ranks
        The processes that train it together; the first one alone measures and writes.
    measure
        What is measured while it trains, and the series that it goes to; None for nothing.

    Returns
    -------
    dict
        `loss` and `held_out_loss` in nats a symbol, `legal` (share), `steps` and `seconds`.

    Raises
    ------
    RunMismatch
        For a checkpoint of another vocabulary.
    MissingFile, ModelMismatch
        For a model to begin with that is not there, or does not fit.
    OSError
        Where a file cannot be written.
    """
    world = data.world
    device = ranks.device
    tokenizer = new_tokenizer(world.alphabet)
    first = int(tokenizer.bos_token_id)
    path, step, seconds = _last_checkpoint(folder, ranks)
    batches = Batches(
        data.train,
        first,
        settings.batch_size,
        settings.seed,
        start=step,
        device=device,
        rank=ranks.rank,
        ranks=ranks.of,
    )
    positions = positions_needed(world, int(data.train.lengths.max()))
    network: Any = random_network(
        settings.architecture, world.alphabet, settings.shape, positions, settings.seed
    )
    if path is None and settings.start_from is not None:
        begin_with(settings.start_from, network, tokenizer)
    if path is not None:
        _check_vocabulary(path, network.config.vocab_size, world.name)
    network.to(device)
    objective = _objective(data, settings, first, positions, path).to(device)
    if device == "cpu" and settings.has_attention:
        # Plain matrix products are faster here than the fused attention, in bfloat16 above all.
        network.set_attn_implementation("eager")
    clock = _clock(settings, batches.per_epoch, seconds)
    sequences = data.held_out
    measures = ranks.is_first and len(sequences)
    measured_on = held_out(world, sequences, first, device) if measures else None
    with ExitStack() as stack:
        for context in (quiet(), _name_full_disk(folder.path), _keep_random_states()):
            stack.enter_context(context)
        stack.enter_context(_hide_padding(network))
        progress = TrainingProgress(clock, measured_on, reporter, ranks)
        saving = Checkpoints(folder, network, tokenizer, record, keep, objective)
        measuring = None if measure is None else Measuring(*measure, progress, saving)
        if measuring is not None and (dropped := measuring.series.folder.drop_after(step)):
            reporter.note(
                f"{len(dropped)} measurements after step {step:,}, where the training goes on, are "
                f"set aside in {measuring.series.folder.path / DROPPED}"
            )
        trainer = build_trainer(
            network,
            batches,
            settings,
            progress,
            saving,
            objective,
            more=() if measuring is None else (measuring,),
        )
        trainer.train(resume_from_checkpoint=None if path is None else str(path))
        steps = int(trainer.state.global_step)
        results = _results(progress, network, steps)
        if measuring is not None:
            measuring.finish(steps)
            results |= measuring.results
    network.cpu()
    if ranks.is_first:
        with quiet(), _name_full_disk(folder.path):
            network.save_pretrained(folder.path)
            tokenizer.save_pretrained(folder.path)
    return results


def _last_checkpoint(folder: TrainingFolder, ranks: Ranks) -> tuple[Path | None, int, float]:
    """The checkpoint to go on from, its step and seconds, as the first rank finds it."""

    def found() -> tuple[str | None, int, float]:
        path, step, seconds = folder.last_checkpoint() or (None, 0, 0.0)
        return None if path is None else str(path), step, seconds

    name, step, seconds = ranks.first(found)
    return None if name is None else Path(name), step, seconds


def _objective(
    data: TrainingData, settings: Settings, first: int, positions: int, checkpoint: Path | None
) -> Objective:
    """What the network is trained by, with its weights of a checkpoint where there is one."""
    objective = ObjectiveSpec.parse(settings.objective).open(
        ObjectiveContext(
            world=data.world,
            policy=data.origin["policy"],
            sequences_seed=data.origin["sequences_seed"],
            width=settings.width,
            first=first,
            positions=positions,
            seed=settings.seed,
        )
    )
    if checkpoint is not None and (checkpoint / OBJECTIVE_WEIGHTS).is_file():
        objective.load_state_dict(load_file(checkpoint / OBJECTIVE_WEIGHTS))
    return objective


def _check_vocabulary(checkpoint: Path, expected: int, world: str) -> None:
    """Raise RunMismatch for a checkpoint of a time when the world's alphabet was another."""
    got = read_json(checkpoint / "config.json").get("vocab_size")
    if got != expected:
        raise RunMismatch(
            f"{checkpoint}: expected a network with {expected} tokens, as {world} has symbols now, "
            f"got one with {got}; it cannot go on, another folder begins a new training"
        )


def _clock(settings: Settings, per_epoch: int, before: float) -> TrainingClock:
    if settings.epochs is not None:
        steps = math.ceil(settings.epochs * per_epoch)
        return TrainingClock(None, steps, before, settings.clock)
    assert settings.minutes is not None  # noqa: S101  the settings saw to it
    return TrainingClock(60 * settings.minutes, None, before, settings.clock)


def _results(progress: TrainingProgress, network: PreTrainedModel, steps: int) -> RecordDict:
    seconds = progress.clock.elapsed
    measured = progress.measure(network)
    progress.show(steps)
    return {
        "loss": progress.loss,
        "held_out_loss": None if measured is None else measured.loss,
        "legal": None if measured is None else measured.legal,
        "steps": steps,
        "seconds": round(seconds, 1),
    }


@contextmanager
def _hide_padding(network: PreTrainedModel) -> Iterator[None]:
    """Keep transformers from looking for padding in every batch, where it needs no mask."""
    padding = network.config.pad_token_id
    network.config.pad_token_id = None
    try:
        yield
    finally:
        network.config.pad_token_id = padding
        network.config.use_cache = True


@contextmanager
def _name_full_disk(folder: Path) -> Iterator[None]:
    """Raise OSError, which names the folder, where a file could not be written.

    All three libraries hide it.
    """
    try:
        with naming(folder):
            yield
    except OSError:
        raise
    except Exception as error:  # the tokenizers library raises bare Exception
        # torch's writer of archives (inline_container) only says that it got stuck.
        if not any(words in str(error) for words in ("No space left", "inline_container")):
            raise
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder)) from error


@contextmanager
def _keep_random_states() -> Iterator[None]:
    """Put back the global random states that the Trainer seeds."""
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002
    with torch.random.fork_rng():
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(legacy)  # noqa: NPY002
