"""A reconstruction on the grid of `sample`: most true streets, and eight that are not there."""

from __future__ import annotations

from typing import Any

from nerode.stats.estimate import Estimate
from tests.report import sample
from tests.report.sample import Json

SEQUENCES = 40
GAVE_UP = [3, 17, 18, 39]
INVENTED = (
    # from, to, label, first, uses, why
    (210, 252, "N", 0, 12, "crosses 3 true streets"),
    (212, 290, "E", 2, 9, "label 63° off the bearing; crosses 4 true streets"),
    (300, 302, "E", 5, 1, ""),
    (64, 127, "S", 9, 4, "label 130° off the bearing"),
    (401, 441, "N", 11, 2, ""),
    (99, 57, "W", 20, 1, "label 51° off the bearing"),
    (350, 391, "N", 30, 3, ""),
    (480, 399, "SE", 39, 1, "crosses 5 true streets"),
)


def streets() -> Json:
    """The columns: of the true streets two of three are needed, new ones come last."""
    columns: Json = {key: [] for key in ("from", "to", "label", "kind", "first", "uses", "why")}
    rows: list[tuple[Any, ...]] = [
        (
            *street,
            "unused" if at % 3 == 0 else "true",
            -1 if at % 3 == 0 else at % SEQUENCES,
            0 if at % 3 == 0 else 1 + at % 7,
            "",
        )
        for at, street in enumerate(sample.drawing()["streets"])
    ]
    rows += [(*ends, "new", first, uses, why) for *ends, first, uses, why in INVENTED]
    for row in rows:
        for key, value in zip(columns, row, strict=True):
            columns[key].append(value)
    columns["metres"] = [80 if label in "NS" else 240 for label in columns["label"]]
    columns["crossings"] = [3 if why else 0 for why in columns["why"]]
    return columns


def estimate(value: float, low: float, high: float) -> Json:
    return Estimate(value, low, high, SEQUENCES).as_dict()


def noise(share: float, *, matched: bool, new: float) -> Json:
    """A control whose draws vary by a tenth."""
    means = {
        "valid": 0.75,
        "new": new,
        "new_per_1000": new / 2,
        "impossible": new / 2,
        "given_up": 0.05,
        "precision": 0.9,
        "recall": 0.625,
    }
    spread = {
        key: {"mean": mean, "low": 0.9 * mean, "high": 1.1 * mean} for key, mean in means.items()
    }
    return {"share": share, "matched": matched, "draws": 20, **spread}


def reconstruction() -> Json:
    columns = streets()
    new, true, unused = (columns["kind"].count(kind) for kind in ("new", "true", "unused"))
    return {
        "parameters": {"degree": 4, "miles": 0.5, "crossings": 3, "noise": [0.01], "draws": 20},
        "counts": {
            "sequences": SEQUENCES,
            "valid": 30,
            "illegal_step": 6,
            "wrong_destination": 4,
            "malformed": 0,
            "symbols": 1600,
            "new": new,
            "true": true,
            "unused": unused,
            "given_up": len(GAVE_UP),
            "impossible": sum(bool(why) for why in columns["why"]),
            "longer": 0,
            "off_bearing": 3,
            "crossing": 3,
        },
        "score": {
            "new_per_1000": estimate(5.0, 2.2, 9.8),
            "given_up": estimate(0.1, 0.028, 0.237),
            "precision": true / (true + new),
            "recall": true / (true + unused),
        },
        "noise": [
            noise(0.01, matched=False, new=30.0),
            noise(0.0053, matched=True, new=20.0),
        ],
        "streets": columns,
        "longest": [1200],
        "gave_up": GAVE_UP,
    }


def in_order(order: str, *, new: float = 9.0) -> Json:
    """One of those that know in which order the sequences were walked."""
    found = reconstruction()
    found["parameters"] |= {"order": order, "orders": 50}
    over = noise(0.0, matched=False, new=new)
    found["orders"] = {name: each for name, each in over.items() if name not in _OF_NOISE}
    found["orders"]["draws"] = 50
    for name in ("given_up", "new_per_1000"):
        found["score"][name] |= {"low": None, "high": None}
    steps = {5: 2.0, 10: 4.0, 20: 7.0, 40: 8.0}
    found["growth"] = [
        {
            "sequences": count,
            "new": _spread(new),
            "given_up": _spread(0.1),
            "noise": {"new": _spread(2 * new), "given_up": _spread(0.05)},
        }
        for count, new in steps.items()
    ]
    return found


_OF_NOISE = ("share", "matched")


def _spread(mean: float) -> Json:
    return {"mean": mean, "low": 0.9 * mean, "high": 1.1 * mean}


def record(model: str = "checkpoints/midtown-shortest") -> Json:
    """A run that was asked for the reconstruction too."""
    return sample.record(model) | {"reconstruction": reconstruction()}


def hostile(text: str) -> Json:
    """A run whose texts are all the same one."""
    told = record(text)
    told["drawing"]["names"] = [text] * len(told["drawing"]["names"])
    told["drawing"]["attribution"] = text
    columns = told["reconstruction"]["streets"]
    for key in ("label", "why"):
        columns[key] = [value and text for value in columns[key]]
    return told
