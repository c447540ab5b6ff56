"""Tournament games as a folder of sequences, random games mixed in where wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nerode.errors import InvalidParameter
from nerode.sequences.mixed import random_among, write_with_random
from nerode.sequences.store import Manifest
from nerode.worlds.elsewhere import Workers
from nerode.worlds.tournaments import TournamentGames
from nerode.worlds.world import AnyWorld, HasTournaments

POLICY = "championship"
_SHOWN = 10


@dataclass(frozen=True)
class Championship:
    """A folder that was written, and what the files held."""

    manifest: Manifest
    read: TournamentGames

    def remarks(self) -> list[str]:
        """What the reader of the files has to say, in lines."""
        read, rejected = self.read, self.read.rejected
        lines = [str(each) for each in rejected[:_SHOWN]]
        more = len(rejected) - len(lines)
        lines += [f"and {more} more"] if more else []
        summary = (
            f"{len(read.games):,} legal games in {read.files} files, {read.unfinished} of them "
            f"unfinished; {len(rejected)} rejected"
        )
        return [*lines, summary]


def write_championship(
    world: AnyWorld,
    wthor: Path | None,
    out: Path,
    count: int | None = None,
    seed: int = 0,
    *,
    synthetic: float = 0.0,
    workers: Workers | None = None,
) -> Championship:
    """Write tournament games into the folder `out`, in a random order.

    `count` games in all (default: so many that every tournament game is among them), of which
    the share `synthetic` are random ones. The split is by a hash of the whole game, so that
    games that were played twice lie on one side, on a turned or mirrored board as well.

    Raises InvalidParameter where the world has no tournament games, no files were named, the
    share is not from 0 to below 1, or there are fewer tournament games; and as `read_tournaments`.
    """
    if not isinstance(world, HasTournaments):
        message = f"expected othello for policy {POLICY}, got the world {world.name}"
        raise InvalidParameter(message)
    if wthor is None:
        message = f"expected a folder of WTHOR files (--wthor) for policy {POLICY}, got none"
        raise InvalidParameter(message)
    random_among(0, synthetic)  # says what is wrong before the files are read
    read = world.read_tournaments(wthor)
    total = round(len(read.games) / (1 - synthetic)) if count is None else count
    random_count = random_among(total, synthetic)
    if not 0 < total - random_count <= len(read.games):
        message = (
            f"expected a count with 1 to {len(read.games)} tournament games in it, "
            f"got {total} with {total - random_count}"
        )
        raise InvalidParameter(message)
    rng = np.random.default_rng(np.random.SeedSequence([seed, 0]))
    played = read.games.take(rng.permutation(len(read.games))[: total - random_count])
    manifest = write_with_random(world, POLICY, played, random_count, seed, out, workers=workers)
    return Championship(manifest, read)
