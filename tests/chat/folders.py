"""Run folders of chat models that were never asked: answers of simulated ones, on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nerode.chat.narration.registry import open_narration
from nerode.chat.plan import TrialPlan, make_plan
from nerode.chat.record import run_terms, write_result
from nerode.chat.simulated import Answerer
from nerode.chat.store import AnswerStore, Reply
from nerode.worlds.registry import open_world


def told_plan(world: str = "seating:seats=3", language: str = "en", **dials: Any) -> TrialPlan:
    opened = open_world(world)
    return make_plan(opened, open_narration(opened, language), **{"trials": 6, **dials})


def reply(answer: str | None) -> str:
    """What a model might write around an answer."""
    return f"Let us think. <b>It is clear</b> & simple.\n\nANSWER: {answer or 'perhaps'}"


def answered(
    folder: Path, plan: TrialPlan, answerer: Answerer, model: str = "test/flipping"
) -> dict[str, Any]:
    """The record of a run in which `answerer` answered everything; also written to `folder`."""
    begun = run_terms(plan, model, obfuscate=False, temperature=0.0)
    with AnswerStore(folder, begun) as answers:
        for question in plan.questions():
            if question.key not in answers:
                said = answerer(question)
                answers.append(question.key, Reply(reply(said), said, 100, 20))
        return write_result(plan, answers, begun)
