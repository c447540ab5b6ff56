"""nerode measures the world model implicit in a generative sequence model.

    from nerode import evaluate
    from nerode.models import open_model
    from nerode.report.compare.compare import compare
    from nerode.worlds import open_world

    world = open_world("midtown")
    model = open_model("path/to/checkpoint", world)
    evaluation = evaluate(world, model)

The names here are loaded when they are first used, so that `import nerode` stays light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nerode.evaluation.evaluation import Evaluation, evaluate
    from nerode.models import open_model
    from nerode.report.compare.compare import compare
    from nerode.worlds import check_world, open_world

__version__ = "0.1.0"

__all__ = ["Evaluation", "check_world", "compare", "evaluate", "open_model", "open_world"]

_HOMES = {
    "Evaluation": "nerode.evaluation.evaluation",
    "check_world": "nerode.worlds",
    "compare": "nerode.report.compare.compare",
    "evaluate": "nerode.evaluation.evaluation",
    "open_model": "nerode.models",
    "open_world": "nerode.worlds",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    message = f"module 'nerode' has no attribute {name!r}"
    raise AttributeError(message)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
