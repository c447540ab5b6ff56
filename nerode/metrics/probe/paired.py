"""Two probed models compared, over held-out sequences and fits."""

from __future__ import annotations

from collections.abc import Iterator

from nerode.metrics.metric import Keys, Part
from nerode.metrics.outcomes import Outcomes
from nerode.metrics.probe.interval import difference_over_fits, paired_bits
from nerode.metrics.probe.scores import LAST, is_bits, parts_of
from nerode.metrics.setting import Record
from nerode.stats.estimate import Answers, Difference, paired_difference

_MOST = ("most_bits",)
"""No score: most bits that a feature can take."""


def parts(record: Record, _threshold: int) -> Iterator[Part]:
    """A trial's parts in all scores, and in those of the refits."""
    accuracy: dict[Keys, float] = {}
    told = float(record["told"])
    for name, total in parts_of(record):
        accuracy[name] = float(total)
        yield name, float(total), told
    for name, total in accuracy.items():
        if name[0] == "control":
            yield ("selectivity", name[1]), accuracy["accuracy", name[1]] - total, told
    if len(record["right"]) == 1:  # under `paper` the one layer is called the last
        for name, total in accuracy.items():
            if name[1:2] == ("0",):
                yield (name[0], LAST, *name[2:]), total, told
    yield _MOST, record.get("most_bits", 0.0), 1.0


def difference(first: Outcomes, second: Outcomes, name: Keys) -> Difference:
    """The score of `second` less that of `first`, over held-out sequences and fits.

    Refits of one number had the same weights of the same training sequences in both models, so
    that what both owe to the choice of training sequences cancels out.
    """
    trials = min(first.there.size, second.there.size)
    common = first.there[:trials] & second.there[:trials]

    def pair(name: Keys) -> tuple[Answers, Answers]:
        both = (first.parts(name), second.parts(name))
        one, two = (Answers(p.totals[:trials][common], p.sizes[:trials][common]) for p in both)
        return one, two

    one, two = pair(name)
    both = int(one.sizes[(one.sizes > 0) & (two.sizes > 0)].sum())
    highest = (float(each.parts(_MOST).totals.max(initial=0.0)) for each in (first, second))
    most = max(highest) if is_bits(name) else 1.0
    found = (
        paired_bits(one, two, most, both) if is_bits(name) else paired_difference(one, two, both)
    )
    refits: list[float] = []
    while (refit := (*name, f"refit {len(refits)}")) in first.names & second.names:
        one, two = pair(refit)
        if not one.sizes.any() or not two.sizes.any():
            break
        refits.append(two.mean - one.mean)
    return difference_over_fits(found, refits, most)
