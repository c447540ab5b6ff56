"""A realistic record: a 20 x 25 grid of streets and a model that has half a map of it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from nerode.stats.estimate import Estimate, estimate

WIDTH, HEIGHT = 20, 25
TURNS = {"N": WIDTH, "S": -WIDTH, "E": 1, "W": -1}
UNDEFINED = Estimate(None, None, None, 0, 0).as_dict()
RATES = ("0", "0.01", "0.1", "0.5", "0.75")
Json = dict[str, Any]


def share(value: float | None, n: int = 500, skipped: int = 0) -> Json:
    """An estimate as JSON; `None` is undefined."""
    return _share(value, n, skipped).as_dict()


@cache
def _share(value: float | None, n: int, skipped: int) -> Estimate:
    if value is None:
        return Estimate(None, None, None, 0, skipped)
    trials = np.zeros(n)
    trials[: round(value * n)] = 1
    return estimate(trials, skipped=skipped)


def metrics(
    legal: float,
    compression: float | None,
    distinction: tuple[float | None, float | None],
    random: tuple[float, ...],
    *,
    skipped: int = 0,
) -> Json:
    valid = random[0]
    return {
        "next_symbol": {"legal": share(legal, 2000)},
        "traversal": {
            "valid": share(valid),
            **{
                key: share(valid * factor)
                for key, factor in (
                    ("optimal", 0.81),
                    ("within_1", 0.83),
                    ("within_5", 0.9),
                    ("within_10", 0.96),
                    ("within_50", 1.0),
                )
            },
        },
        "compression": {
            "precision": share(compression, 500 - skipped, skipped),
            "disagreement": share(None if compression is None else (1 - compression) / 6, 500),
        },
        "distinction": {"precision": share(distinction[0]), "recall": share(distinction[1])},
        "detours": {
            "random": {p: share(value) for p, value in zip(RATES, random, strict=True)},
            "adversarial": {
                p: share(value**1.5 * (1 - 0.2 * (p != "0")))
                for p, value in zip(RATES, random, strict=True)
            },
            "replaced": {
                kind: {p: share(0.9 * float(p), 4000) for p in RATES[1:]}
                for kind in ("random", "adversarial")
            },
            "survival": {
                kind: {
                    met: share(random[0] * random[1] ** (power * at))
                    for at, met in enumerate(("0", "1", "2", "3-5", "6+"))
                }
                for kind, power in (("random", 1), ("adversarial", 2))
            },
        },
    }


def oracle() -> Json:
    perfect = metrics(1.0, 1.0, (1.0, 1.0), (1.0,) * 5)
    perfect["compression"]["disagreement"] = share(0.0)
    replaced = perfect["detours"]["replaced"]
    for group in ("traversal", "detours"):
        perfect[group] = json.loads(json.dumps(perfect[group]), object_hook=_certain)
    perfect["detours"]["replaced"] = replaced
    return perfect


def _certain(node: Json) -> Json:
    return share(1.0) if "value" in node else node


def drawing() -> Json:
    """Avenues and streets, tilted like Manhattan's, odd ones one way and even ones the other."""
    drawn: Json = json.loads(_drawing())  # a fresh copy, which a test may damage
    return drawn


@cache
def _drawing() -> str:
    tilt = np.deg2rad(29)
    nodes, streets = [], []
    for row in range(HEIGHT):
        for column in range(WIDTH):
            east, north = column * 240.0, row * 80.0
            x = east * np.cos(tilt) + north * np.sin(tilt)
            y = -east * np.sin(tilt) + north * np.cos(tilt)
            nodes.append([40.74 + y / 111_195, -74.0 + x / (111_195 * np.cos(np.deg2rad(40.74)))])
            node = row * WIDTH + column
            up = "N" if column % 2 else "S"
            if 0 <= row + (1 if up == "N" else -1) < HEIGHT:
                streets.append([node, node + TURNS[up], up])
            across = "E" if row % 2 == 0 else "W"
            if 0 <= column + (1 if across == "E" else -1) < WIDTH:
                streets.append([node, node + TURNS[across], across])
    names = [f"{10 + node // WIDTH}St&{1 + node % WIDTH}Av" for node in range(len(nodes))]
    return json.dumps({"kind": "street-map", "nodes": nodes, "names": names, "streets": streets})


def walk(start: int, turns: str) -> list[int]:
    path = [start]
    for turn in turns.split():
        path.append(path[-1] + TURNS[turn])
    return path


def witness(
    kind: str,
    routes: tuple[tuple[int, str], tuple[int, str]],
    continuation: str,
    *,
    world: tuple[bool, bool],
    model: tuple[float, float],
    legal: int | None = None,
) -> Json:
    """`legal` of the continuation's turns are on the map (default: all of them)."""
    names = drawing()["names"]
    (start1, turns1), (start2, turns2) = routes
    path1, path2 = walk(start1, turns1), walk(start2, turns2)
    goal = names[312]
    on_map = " ".join([turn for turn in continuation.split() if turn in TURNS][:legal])
    return {
        "kind": kind,
        "history1": f"{names[start1]} {goal} {turns1}",
        "history2": f"{names[start2]} {goal} {turns2}",
        "continuation": continuation,
        "world": list(world),
        "model": list(model),
        "path1": path1,
        "path2": path2,
        "path": walk(path1[-1], on_map),
    }


def witnesses() -> Json:
    both, neither = (True, True), (False, False)
    return {
        "compression": [
            witness(
                "compression",
                ((164, "E"), (185, "S")),
                "N",
                world=neither,
                model=(0.31, 0.0002),
                legal=0,
            ),
            witness(
                "compression",
                ((162, "E E N"), (163, "N E E S N W")),
                "N E",
                world=both,
                model=(0.42, 0.0003),
            ),
            witness(
                "compression",
                ((101, "N N E E E S E"), (145, "N W S S S E N")),
                "E E N N W",
                world=both,
                model=(0.0061, 0.87),
            ),
        ],
        "distinction": [
            witness(
                "invented", ((222, "E E"), (285, "S W W")), "N", world=both, model=(0.9, 0.004)
            ),
            witness(
                "missed",
                ((60, "E N N"), (118, "W N")),
                "E S end",
                world=(True, False),
                model=(0.6, 0.08),
            ),
        ],
    }


def curves() -> Json:
    epsilons = [float(f"{value:.4g}") for value in np.geomspace(0.0001, 0.5, 15)]
    at = np.linspace(0, 1, 15)
    return {
        "epsilon": epsilons,
        "compression": {
            "precision": [share(float(0.2 + 0.5 * t - 0.3 * t**2)) for t in at],
            "disagreement": [share(float(0.2 * (1 - t))) for t in at],
        },
        "distinction": {
            "precision": [share(float(0.2 + 0.35 * t)) if t < 0.9 else UNDEFINED for t in at],
            "recall": [share(float(0.55 - 0.5 * t)) for t in at],
        },
    }


def lengths() -> Json:
    return {
        "from": [3, 7, 8],
        "to": [6, 7, 12],
        "precision": [share(value, 200) for value in (0.6, 0.4, 0.1)],
        "disagreement": [share(value, 200) for value in (0.1, 0.2, 0.3)],
    }


def record(model: str = "checkpoints/midtown-shortest") -> Json:
    """What `evaluation.json` of one run holds."""
    return {
        "schema": 1,
        "world": "midtown",
        "model": model,
        "protocol": "exact",
        "histories": "uniform",
        "seed": 0,
        "parameters": {"trials": 500, "samples": 30, "epsilon": 0.01, "depth": 5, "length": None},
        "versions": {"nerode": "0.1.0", "python": "3.11.2", "numpy": "2.4.0"},
        "metrics": metrics(0.998, 0.37, (0.35, 0.2), (0.96, 0.69, 0.08, 0.0, 0.0), skipped=3),
        "baselines": {
            "oracle": oracle(),
            "uniform": metrics(0.26, 1.0, (None, 0.0), (0.0,) * 5),
            "ngram:3": metrics(0.93, 0.61, (0.4, 0.31), (0.04, 0.03, 0.01, 0.0, 0.0)),
            "noisy-oracle:0.1": metrics(0.9, 0.12, (0.72, 0.8), (0.5, 0.46, 0.2, 0.01, 0.0)),
            "untrained": metrics(0.03, 1.0, (None, 0.0), (0.0,) * 5),
        },
        "skipped": {"compression": {"no second history of this length reaches the state": 3}},
        "curves": curves(),
        "lengths": {"compression": lengths()},
        "witnesses": witnesses(),
        "drawing": drawing(),
    }


def write_run(folder: Path, content: Json) -> Path:
    """A run folder that holds this record."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "evaluation.json").write_text(json.dumps(content), encoding="utf-8")
    return folder
