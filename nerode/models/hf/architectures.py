"""Which architectures transformers can open as causal language models, without importing it.

The names stand in tables of the installed library's source. They are read there as text, not
imported: importing them loads torch. Where the tables are not where they are looked for, as in
another version of the library, everything passes and the library itself decides.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

OWN = ("nerode-recurrent",)
"""The type of this library's own networks (nerode/models/hf/recurrent)."""
CAUSAL = "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES"


def is_causal(model_type: str) -> bool:
    """Whether AutoModelForCausalLM has a class for a configuration's `model_type`.

    True as well where that cannot be told, and where transformers is loaded already: then types
    of the user's own may have been registered.
    """
    if "transformers" in sys.modules:
        return True
    known = _causal_types()
    return not known or model_type in known or model_type in OWN


@cache
def _causal_types() -> frozenset[str]:
    """Every model_type whose class of configuration has a causal language model."""
    spec = find_spec("transformers")
    if spec is None or spec.origin is None:
        return frozenset()
    folder = Path(spec.origin).parent / "models" / "auto"
    configs: dict[str, str] = {}
    for name in ("auto_mappings.py", "configuration_auto.py"):
        for node in ast.walk(_parsed(folder / name)):
            configs |= _pairs(node)
    causal: dict[str, str] = {}
    for node in ast.walk(_parsed(folder / "modeling_auto.py")):
        targets = node.targets if isinstance(node, ast.Assign) else ()
        if any(isinstance(target, ast.Name) and target.id == CAUSAL for target in targets):
            for inner in ast.walk(node):
                causal |= _pairs(inner)
    if not configs or not causal:
        return frozenset()
    # Several types may share one class of configuration; each of them opens the same model.
    classes = {configs[model_type] for model_type in causal if model_type in configs}
    return frozenset(causal) | {each for each, config in configs.items() if config in classes}


def _parsed(path: Path) -> ast.AST:
    try:
        return ast.parse(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, SyntaxError):
        return ast.Module(body=[], type_ignores=[])


def _pairs(node: ast.AST) -> dict[str, str]:
    """What a table says: of `("name", "Class")`, or of `{"name": "Class", ...}`."""
    entries: list[tuple[ast.expr | None, ...]]
    if isinstance(node, ast.Tuple):
        entries = [tuple(node.elts)]
    elif isinstance(node, ast.Dict):
        entries = [*zip(node.keys, node.values, strict=True)]
    else:
        return {}
    return {
        entry[0].value: entry[1].value
        for entry in entries
        if len(entry) == 2  # noqa: PLR2004  a name and a class
        and isinstance(entry[0], ast.Constant)
        and isinstance(entry[1], ast.Constant)
        and isinstance(entry[0].value, str)
        and isinstance(entry[1].value, str)
    }
