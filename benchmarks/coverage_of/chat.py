"""Chat: fresh plans, answered by a solver who errs with a known probability.

Trials share tellings, and so answers; every evaluation is a plan and a model of its own. The truth
is the mean over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.coverage_of.simulate import Found, Table, tallied
from nerode.chat.dependence import yes_shares
from nerode.chat.narration.registry import open_narration
from nerode.chat.plan import make_plan
from nerode.chat.scoring import measure_all, summarise
from nerode.chat.simulated import flipping
from nerode.worlds.registry import open_world

CHATS = {"chat, 3 seats": "seating:seats=3", "chat, 5 seats": "seating:seats=5"}
ERRS = 0.1
MODELS_A_PLAN = 5
"""Models that answer one plan: most of the time goes into making plans."""


def simulated(world_name: str, repeats: int, trials: int) -> Table:
    world = open_world(world_name)
    narration = open_narration(world, "en")

    def evaluations() -> Iterator[list[Found]]:
        for seed in range(repeats // MODELS_A_PLAN):
            plan = make_plan(world, narration, trials=trials, seed=seed)
            numbers = range(MODELS_A_PLAN * seed, MODELS_A_PLAN * (seed + 1))
            answerers = {str(n): flipping(ERRS, narration.places, n) for n in numbers}
            found: dict[str, list[Found]] = {name: [] for name in answerers}
            for metric in plan.trials:
                records = list(measure_all(plan, metric, answerers))
                for name in answerers:
                    score = summarise(plan, metric, (r for who, r in records if who == name))
                    found[name] += [(f"{metric} {n}", e, None) for n, e in score.estimates.items()]
            for name, shares in yes_shares(plan, answerers).items():
                of = {"all": shares.yes, "yes is right": shares.yes_if_yes}
                of |= {"no is right": shares.yes_if_no}
                found[name] += [(f"answers yes, {n}", each, None) for n, each in of.items()]
            yield from found.values()

    return tallied(evaluations(), trials)
