"""Train a GPT-2 on a folder of sequences."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path
from typing import Any, Unpack

from nerode.errors import MissingExtra
from nerode.models.record import FORMAT_VERSION
from nerode.training.folder import TrainingFolder
from nerode.training.material import open_material
from nerode.training.settings import Options, Settings


def train(
    sequences: Path,
    out: Path,
    *,
    resume: bool = False,
    tensorboard: bool = False,
    **options: Unpack[Options],
) -> dict[str, Any]:
    """Train a GPT-2 on the training sequences of a folder; gives the record it ends with.

    The options are those of `Settings`. `out` ends as a Hugging Face folder (configuration,
    float32 safetensors, tokenizer) with `nerode.json` beside: which sequences, which
    settings, and the final loss, held-out loss, share of legal next symbols (arg-max over
    the symbols, at every position after the prompt), steps and seconds.

    A checkpoint is kept in `out/checkpoints` about every minute; `resume` goes on from the
    last one, with the order of batches and the schedule as if nothing had happened, and
    leaves a finished training as it is. Checkpoints are the Trainer's own and are loaded
    with `weights_only`. Progress goes to standard error; `tensorboard` also writes it to
    `out/tensorboard`. The global random states that the Trainer seeds are put back at the
    end. Nothing is sent or fetched over a network.

    Raises MissingFile and FormatError for sequences that cannot be read, InvalidParameter
    for settings outside what they can be and a folder with other things in it, RunMismatch
    for one that holds a training already or, to be resumed, another one, MissingExtra where
    torch, transformers, accelerate or TensorBoard is not installed.
    """
    settings = Settings(**options)
    try:
        import accelerate  # noqa: F401, PLC0415

        from nerode.training.loop import train_network  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(f"training needs `pip install 'nerode[torch]'` ({error})") from None
    if tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise MissingExtra("logs for TensorBoard need `pip install 'nerode[tensorboard]'`")
    material = open_material(Path(sequences))
    folder = TrainingFolder(Path(out))
    told = {"sequences": len(material.train), "settings": asdict(settings), "finished": False}
    record = {"format_version": FORMAT_VERSION, **material.origin, "training": told}
    record = folder.begin(record, resume=resume)
    if not record["training"]["finished"]:
        record["training"] |= train_network(material, settings, folder, tensorboard=tensorboard)
        record["training"]["finished"] = True
        folder.finish(record)
    return record
