"""One part of an evaluation, and parts joined: several machines with nothing between them.

A part is a run folder with some of the trials, and `shard.json`, which says which. Every block of
trials belongs to one shard; which does not depend on what was measured already. Parts are joined
into one run, whose record is then made as that of any other run, from the same trials.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from pathlib import Path

from nerode import runs
from nerode.errors import (
    FormatError,
    InvalidParameter,
    MissingFile,
    NotMeasured,
    RunMismatch,
)
from nerode.evaluation.blocks import Shard, TrialBlock, blocks_of, by_key
from nerode.evaluation.command import command_of, options_of, users_part
from nerode.evaluation.evaluation import Evaluation, run_plan
from nerode.evaluation.measure import measure_numbers, reader_of
from nerode.evaluation.plan import (
    EvaluationOptions,
    EvaluationPlan,
    Progress,
    choose_metrics,
    plan_of_evaluation,
)
from nerode.evaluation.terms import terms_of
from nerode.interrupted import state_what_remains
from nerode.runs import Run
from nerode.schema.decoding import DamageError, decoded, encoded
from nerode.schema.shard import ShardTerms
from nerode.worlds.registry import open_listed
from nerode.worlds.world import AnyWorld


@dataclass(frozen=True)
class MeasuredShard:
    """A part that is there: how many of its trials were measured now, and how many it has.

    `blocks` are those of all parts: where there are fewer than shards, some have none.
    """

    measured: int
    trials: int
    blocks: int


def measure_shard(
    world: AnyWorld, named: str, model: str, shard: Shard, options: EvaluationOptions
) -> MeasuredShard:
    """Measure one part of an evaluation into `options.out`; a part that was stopped goes on.

    The cache of baselines is neither read nor written: other machines may have none.

    Parameters
    ----------
    world, named
        The world, and the name by which it was opened.

    Raises
    ------
    InvalidParameter
        Without a folder to write to.
    RunMismatch
        Where the folder holds another part, or a run under other terms.
    """
    if options.out is None:
        raise InvalidParameter(f"expected a folder for shard {shard} (--out), got none")
    folder = Path(options.out)
    chosen = choose_metrics(world, options)
    terms = ShardTerms(shard=shard.number, of=shard.of, command=command_of(named, model, options))
    _check_shard(folder, terms)
    plan = plan_of_evaluation(world, model, options, chosen, cached=False)
    run = _run_of(plan, folder)
    with state_what_remains(run.remains), run:
        runs.write_json(folder / runs.SHARD, encoded(terms))
        blocks = list(blocks_of(plan.measurements()))
        mine = [block for place, block in enumerate(blocks) if shard.holds(place)]
        measured = _measure(run, plan, mine, options.progress)
        return MeasuredShard(measured, sum(len(block.trials) for block in mine), len(blocks))


def _run_of(plan: EvaluationPlan, folder: Path) -> Run:
    terms = terms_of(plan.setting, plan.model, plan.corpus)
    return Run(folder, terms, reader_of(plan.settings, plan.metrics))


def _measure(
    run: Run, plan: EvaluationPlan, blocks: Sequence[TrialBlock], progress: Progress | None
) -> int:
    """Measure the blocks that miss a trial, all of one model and metric at once."""
    known, measured = by_key(plan), 0
    for key, group in groupby(blocks, lambda block: block.key):
        theirs = list(group)
        missing = run.missing(key, plan.setting.trials)
        left = [block for block in theirs if missing[list(block.trials)].any()]
        numbers = list(chain.from_iterable(block.trials for block in left))
        of = sum(len(block.trials) for block in theirs)
        measured += measure_numbers(run, known[key], numbers, progress, of=of)
    return measured


def _check_shard(folder: Path, terms: ShardTerms) -> None:
    """Raise RunMismatch where a folder holds another part, or a whole run."""
    if not (folder / runs.SHARD).is_file():
        if (folder / runs.TERMS).is_file():
            raise RunMismatch(f"expected a new folder or a part of a run, got the run {folder}")
        return
    before = _read_shard(folder)
    was, now = (Shard(each.shard, each.of) for each in (before, terms))
    if was != now:
        message = f"expected the shard that this part was begun with ({was}), got {now}"
        raise RunMismatch(f"{folder}: {message}; give another --out to begin a new part")
    for name, value in encoded(before.command).items():
        given = encoded(terms.command)[name]
        if value != given:
            message = f"expected the {name} that this part was begun with ({value}), got {given}"
            raise RunMismatch(f"{folder}: {message}; give another --out to begin a new part")


def _read_shard(folder: Path) -> ShardTerms:
    file = folder / runs.SHARD
    if not file.is_file():
        message = f"expected a part of an evaluation (`nerode evaluate --shard`), got no {file}"
        raise MissingFile(message)
    try:
        return decoded(runs.read_json(file), ShardTerms)
    except DamageError as damage:
        raise FormatError(f"{file}: expected a part of an evaluation; {damage}") from None


def merge(
    parts: Sequence[Path | str], out: Path | str, progress: Progress | None = None
) -> Evaluation:
    """Join the parts of an evaluation into one run, and make its record.

    A trial that two parts have counts once. A run that was joined in part before goes on.

    Parameters
    ----------
    parts
        Folders that `measure_shard` has written.
    out
        The run's folder.
    progress
        As of `evaluate`; nothing is measured here.

    Raises
    ------
    MissingFile, FormatError
        Where a folder is no part.
    RunMismatch
        Where parts belong to different evaluations.
    NotMeasured
        Where trials are missing: the message says of which shards. What there is, is joined.
    InvalidParameter
        Where world, model or a metric is code of the user's own, which no file may load: parts are
        joined, and the evaluation's own command finishes the run.
    """
    folders = [Path(part) for part in parts]
    if not folders:
        raise InvalidParameter("expected one or more parts, got none")
    if Path(out).resolve() in [folder.resolve() for folder in folders]:
        raise InvalidParameter(f"expected another folder than those of the parts, got {out}")
    shards = [_read_shard(folder) for folder in folders]
    _check_same(folders, shards)
    command, out = shards[0].command, Path(out)
    _join(folders, out)
    own = users_part(command)
    if own is not None:
        raise InvalidParameter(
            f"expected names that come with this library, got {own}, which no file may load: parts "
            f"are joined in {out}; `nerode evaluate {command.world} {command.model} ... --out "
            f"{out}` makes the record"
        )
    options = options_of(command, out, progress)
    world = open_listed(command.world)
    plan = plan_of_evaluation(
        world, command.model, options, choose_metrics(world, options), cached=False
    )
    _check_measured_so(plan, folders[0])
    _check_complete(plan, out, shards)
    return run_plan(plan, options)


def _check_same(folders: Sequence[Path], shards: Sequence[ShardTerms]) -> None:
    """Raise RunMismatch where parts belong to different evaluations, or were cut otherwise."""
    first: dict[str, object] = {}
    for folder, shard in zip(folders, shards, strict=True):
        if not (folder / runs.TERMS).is_file():
            raise MissingFile(f"expected a part with trials, got no {folder / runs.TERMS}")
        # What was asked for, and what was found: weights, streets, sequences.
        asked = encoded(shard.command) | {"number of shards": shard.of}
        found = runs.read_json(folder / runs.TERMS)
        terms = asked | {name: value for name, value in found.items() if name not in asked}
        first = first or terms
        for name, value in terms.items():
            if value != first.get(name):
                raise RunMismatch(
                    f"{folder}: expected a part of the same evaluation as {folders[0]} "
                    f"({name} {first.get(name)}), got {name} {value}"
                )


def _join(folders: Sequence[Path], out: Path) -> None:
    """Write the trials of all parts into one run."""
    with Run(out, runs.read_json(folders[0] / runs.TERMS)) as run:
        for folder in folders:
            run.adopt(folder)


def _check_measured_so(plan: EvaluationPlan, part: Path) -> None:
    """Raise RunMismatch where world, model or sequences are others than when it was measured."""
    before = runs.read_json(part / runs.TERMS)
    for name, now in terms_of(plan.setting, plan.model, plan.corpus).items():
        if before.get(name) != now:
            raise RunMismatch(
                f"expected the {name} that {part} was measured with ({before.get(name)}), got {now}"
            )


def _check_complete(plan: EvaluationPlan, out: Path, shards: Sequence[ShardTerms]) -> None:
    """Raise NotMeasured where trials are missing."""
    of, lacking, trials = shards[0].of, set[int](), 0
    with _run_of(plan, out) as run:
        missing = {key: run.missing(key, plan.setting.trials) for key in plan.measured}
    for place, block in enumerate(blocks_of(plan.measurements())):
        here = missing[block.key][list(block.trials)]
        if here.any():
            lacking.add(place % of + 1)
            trials += int(here.sum())
    if not lacking:
        return
    named = ", ".join(f"{number}/{of}" for number in sorted(lacking))
    which = f"shard {named} is" if len(lacking) == 1 else f"shards {named} are"
    raise NotMeasured(
        f"expected all trials, got {trials:,} too few: {which} missing or not finished; the rest "
        f"is joined in {out}"
    )
