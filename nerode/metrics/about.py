"""What a record says of a metric that is not built in, so that it is shown where it is not known.

{"title", "about", "reads_histories": bool, "terms": {word: meaning},
 "scores": {names joined by "/": {"label", "best": 1, 0 or null, "meaning",
                                  "depends_on": [setting, ...] or null: any, "unit", "reference",
                                  "never_compared", "has_interval", "reading", "in_table", "curve",
                                  "sentence": [of the higher run, of the other] or null}}}

Entries of a score but "label" may be missing; they are then as in `Score`. No code is named here:
whoever reads a record runs nothing of the metric's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any

from nerode.errors import InvalidParameter
from nerode.metrics.metric import SETTINGS, Description, Score, ScorePath

_TEXTS = ("label", "meaning", "unit", "never_compared", "reading")
_FLAGS = ("reference", "has_interval", "in_table", "curve")
_SENTENCES = 2


def about_of(metric: Description, estimates: Mapping[str, Any]) -> dict[str, Any]:
    """What the record says of a metric with these estimates, of plain values."""
    scores = {"/".join(names): metric.score(names) for names in score_names(estimates)}
    return {
        "title": metric.title,
        "about": metric.about,
        "reads_histories": metric.reads_histories,
        "terms": dict(metric.terms),
        "scores": {name: _plain(score) for name, score in scores.items()},
    }


def _plain(score: Score) -> dict[str, Any]:
    depends = None if score.depends_on is None else sorted(score.depends_on)
    sentence = None if score.sentence is None else list(score.sentence)
    return asdict(score) | {"depends_on": depends, "sentence": sentence}


def score_names(estimates: Mapping[str, Any]) -> Iterator[ScorePath]:
    """The names of all estimates, those that stand deeper too."""
    for name, part in estimates.items():
        if "value" in part and "n" in part:
            yield (name,)
        else:
            yield from ((name, *rest) for rest in score_names(part))


def description_of(name: str, about: Any) -> Description:
    """The metric as a record describes it. Raises InvalidParameter for what is no description."""
    found = _object(about, "a description")
    known = {each.name for each in fields(Score)}
    scores = {}
    for path, score in _object(found.get("scores"), "scores").items():
        given = _object(score, f"scores.{path}")
        scores[path] = _score(f"scores.{path}", {k: v for k, v in given.items() if k in known})
    return Description(
        name=name,
        title=_text(found.get("title"), "title"),
        about=_text(found.get("about"), "about"),
        scores=scores,
        terms={
            word: _text(told, f"terms.{word}")
            for word, told in _object(found.get("terms", {}), "terms").items()
        },
        reads_histories=found.get("reads_histories") is True,
    )


def _score(at: str, given: dict[str, Any]) -> Score:
    _text(given.get("label"), f"{at}.label")
    for name in _TEXTS:
        if name in given:
            _text(given[name], f"{at}.{name}")
    for name in _FLAGS:
        if not isinstance(given.get(name, True), bool):
            raise InvalidParameter(f"expected yes or no at {at}.{name}, got {given[name]!r}")
    depends = given.get("depends_on")
    if depends is not None and not (
        isinstance(depends, list) and set(map(str, depends)) <= set(SETTINGS)
    ):
        raise InvalidParameter(f"expected settings or null at {at}.depends_on, got {depends!r}")
    sentence = given.get("sentence")
    if sentence is not None:
        if not isinstance(sentence, list) or len(sentence) != _SENTENCES:
            raise InvalidParameter(f"expected two texts or null at {at}.sentence, got {sentence!r}")
        for text in sentence:
            _text(text, f"{at}.sentence")
        given["sentence"] = tuple(sentence)
    if isinstance(given.get("best"), bool):
        raise InvalidParameter(f"expected 1, 0 or null at {at}.best, got {given['best']!r}")
    return Score(**given)


def _object(value: Any, at: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InvalidParameter(f"expected an object at {at}, got {value!r}")
    return value


def _text(value: Any, at: str) -> str:
    if not isinstance(value, str):
        raise InvalidParameter(f"expected text at {at}, got {value!r}")
    return value
