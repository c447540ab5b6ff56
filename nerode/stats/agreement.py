"""How far several scores agree on which of some models are better: Kendall's W.

Kendall and Babington Smith, Annals of Mathematical Statistics 10, 1939.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata

from nerode.errors import InvalidParameter

_LEAST = 2
SHUFFLES = 10_000
"""Random rankings that a W is held against."""


@dataclass(frozen=True)
class Agreement:
    """How far scores agree in their rankings of models.

    Attributes
    ----------
    w
        Kendall's W: 1 where all rank alike, near 1 / scores where each ranks at random, 0 at the
        least. None where no score tells any two models apart.
    p
        Share of random rankings that agree at least as much.
    correlations
        Spearman's rank correlation of every two scores: (scores, scores); NaN where a score tells
        no two models apart.
    models, scores
        How many of each.
    """

    w: float | None
    p: float | None
    correlations: NDArray[np.float64]
    models: int
    scores: int


def agreement(values: ArrayLike, seed: int = 0) -> Agreement:
    """How far scores agree on which models are better.

    Models of equal score share the mean of their ranks, and W is corrected for that.

    Parameters
    ----------
    values
        The score of each model, larger for better ones: (scores, models), two of each at least.
    seed
        Of the random rankings.

    Raises
    ------
    InvalidParameter
        For fewer scores or models, and for values that are no numbers.
    """
    given = np.asarray(values, dtype=np.float64)
    if given.ndim != _LEAST or min(given.shape) < _LEAST or not np.isfinite(given).all():
        message = f"expected finite values of at least 2 scores and 2 models, got {given.shape}"
        raise InvalidParameter(message)
    scores, models = given.shape
    ranks = np.vstack([rankdata(row) for row in given])
    most = _most(ranks)
    if most <= 0:
        return Agreement(None, None, _correlations(ranks), models, scores)
    spread = _spread(ranks)
    rng = np.random.default_rng(seed)
    sums = np.zeros((SHUFFLES, models))
    for row in np.sort(ranks, axis=1):  # sorted: the order of models is to change nothing
        sums += rng.permuted(np.broadcast_to(row, sums.shape), axis=1)
    shuffled = 12 * ((sums - ranks.sum() / models) ** 2).sum(axis=1)
    # The ranking at hand is one of those that chance could have made.
    p = (1 + int((shuffled >= spread * (1 - 1e-12)).sum())) / (1 + SHUFFLES)
    return Agreement(spread / most, p, _correlations(ranks), models, scores)


def _spread(ranks: NDArray[np.float64]) -> float:
    """Twelve times the sum of squares of the models' summed ranks, from their mean."""
    sums = ranks.sum(axis=0)
    return 12 * float(((sums - sums.mean()) ** 2).sum())


def _most(ranks: NDArray[np.float64]) -> float:
    """What `_spread` is where all agree: less where a score has ties."""
    scores, models = ranks.shape
    ties = 0.0
    for row in ranks:
        counts = np.unique(row, return_counts=True)[1].astype(np.float64)
        ties += float((counts**3 - counts).sum())
    return float(scores**2 * (models**3 - models) - scores * ties)


def _correlations(ranks: NDArray[np.float64]) -> NDArray[np.float64]:
    off = ranks - ranks.mean(axis=1, keepdims=True)
    lengths = np.sqrt((off**2).sum(axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found: NDArray[np.float64] = (off @ off.T) / np.outer(lengths, lengths)
    return found
