"""Train a network on a folder of sequences."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path
from typing import Unpack

from nerode.errors import InvalidParameter, MissingExtra
from nerode.interrupted import state_what_remains
from nerode.models.hf.record import MODEL_FORMAT_VERSION
from nerode.progress import Bar
from nerode.training.data import open_training_data
from nerode.training.folder import Keep, RecordDict, TrainingFolder
from nerode.training.measure_config import MeasureConfig
from nerode.training.reporter import Reporter
from nerode.training.settings import Settings, SettingsFields
from nerode.worlds.world import AnyWorld


def train(
    sequences: Path,
    out: Path,
    *,
    world: AnyWorld | None = None,
    resume: bool = False,
    keep: Keep | None = None,
    tensorboard: bool = False,
    measure: MeasureConfig | None = None,
    quiet: bool = False,
    **options: Unpack[SettingsFields],
) -> RecordDict:
    """Train a network on the training sequences of a folder; gives the record it ends with.

    A checkpoint is written to `out/checkpoints` about every minute: a model's folder like `out`,
    and what the Trainer needs to go on. Checkpoints are loaded with `weights_only`. The global
    random states that the Trainer seeds are put back at the end. Nothing is sent or fetched over a
    network.

    Under `torchrun` or `accelerate launch` every process calls this with the same arguments: each
    batch is split among them, and the first one alone measures and writes.

    Parameters
    ----------
    sequences
        A folder of sequences (`nerode sequences`).
    out
        Ends as a Hugging Face folder (configuration, float32 safetensors, tokenizer) with
        `nerode.json`: which sequences, which settings, and the final loss and held-out loss in nats
        a symbol, share of legal next symbols (arg-max over the symbols, at every position after the
        prompt), steps and seconds.
    world
        The world of the sequences where it is one of your own: the name in their folder never loads
        its code.
    resume
        Go on from the last checkpoint, with the order of batches and the schedule as if nothing had
        happened. A finished training is left as it is.
    keep
        How many of the last checkpoints are left at the end; "all" for all.
    tensorboard
        Also write progress to `out/tensorboard`.
    measure
        Measure its world model while it is trained, into `out/series` (nerode/series).
    quiet
        Show no progress, which else goes to standard error or into a notebook.
    options
        The fields of `Settings`.

    Raises
    ------
    MissingFile, FormatError
        For sequences that cannot be read, and a model to begin with that is not there.
    UnknownName
        Where their world is neither given nor opens by its name.
    ModelMismatch
        Where the given world is another one, and where the model to begin with does not fit.
    InvalidParameter
        For settings outside their range, and a folder with other things in it.
    RunMismatch
        For a folder that holds a training already or, to be resumed, another one.
    MissingExtra
        Where torch, transformers, accelerate or TensorBoard is not installed.
    """
    settings = Settings(**options)
    _check_keep(keep)
    try:
        import accelerate  # noqa: F401, PLC0415

        from nerode.series.ranks import Ranks  # noqa: PLC0415
        from nerode.training.loop import train_network  # noqa: PLC0415
        from nerode.training.start import check_start  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtra(f"training needs `pip install 'nerode[torch]'` ({error})") from None
    if tensorboard and importlib.util.find_spec("tensorboard") is None:
        raise MissingExtra("logs for TensorBoard need `pip install 'nerode[tensorboard]'`")
    if settings.start_from is not None:
        check_start(settings.start_from, settings)
    data = open_training_data(Path(sequences), world)
    folder = TrainingFolder(Path(out))
    training = {"sequences": len(data.train), "settings": asdict(settings), "finished": False}
    terms = {"format_version": MODEL_FORMAT_VERSION, **data.origin, "training": training}
    ranks = Ranks.launched()
    record = ranks.first(lambda: folder.begin(terms, resume=resume))
    if record["training"]["finished"]:
        return record
    measured = None
    if measure is not None and ranks.is_first:
        series = measure.series(data.world, Path(sequences), folder.path, record)
        measured = (measure, series)
    bar = Bar("steps", f"train {out}", stays=True, quiet=quiet or not ranks.is_first)
    with (
        state_what_remains(folder.remains),
        Reporter(bar, tensorboard=tensorboard and ranks.is_first) as reporter,
    ):
        results = train_network(
            data,
            settings,
            folder,
            record,
            keep=keep or 0,
            reporter=reporter,
            ranks=ranks,
            measure=measured,
        )
        record["training"] |= ranks.first(lambda: results)
        record["training"]["finished"] = True
        if not ranks.is_first:
            return record
        if not folder.finish(record, keep or 0) and keep:
            reporter.note(
                "no checkpoint is left to keep: one is written about every minute, and this "
                "training was shorter"
            )
    return record


def _check_keep(keep: object) -> None:
    """Raise InvalidParameter for a number of checkpoints that cannot be kept."""
    whole = isinstance(keep, int) and not isinstance(keep, bool) and keep >= 1
    if not (keep is None or keep == "all" or whole):
        raise InvalidParameter(f"expected 1 or more checkpoints to keep, or `all`, got {keep!r}")
