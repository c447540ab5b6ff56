"""What is to be known of the metrics of chat models, to show and to compare their scores."""

from __future__ import annotations

from collections.abc import Mapping

from nerode.chat.scored_trials import CHAT_TRIALS
from nerode.chat.scoring import SCORE_KEYS
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.distinction import DISTINCTION
from nerode.metrics.metric import Description, Score
from nerode.metrics.walk.trials import parts_at

CAPABILITY = Description(
    name="capability",
    title="Capability",
    about=(
        "Riddles with one right answer: where is somebody, or something, after all that was told?"
    ),
    scores={"accuracy": Score("accuracy", depends_on=("protocol",))},  # another asks other riddles
    trial=CHAT_TRIALS["capability"],
    parts=parts_at(SCORE_KEYS["capability"]),
    question="question",
)
ANSWERS = Description(
    name="answers",
    title="Answers",
    about="",
    scores={"yes": Score("share of yes", best=None, depends_on=(), reference=True)},
)
"""What chat models say, whether right or wrong; no metric, but it stands below them in tables."""


def _of_chat(metric: Description) -> Description:
    """A metric as chat models are asked for it: its trials hold fewer scores."""
    return Description(
        name=metric.name,
        title=metric.title,
        about=metric.about,
        scores={name: metric.scores[name] for name in SCORE_KEYS[metric.name]},
        reads_histories=metric.reads_histories,
        trial=CHAT_TRIALS[metric.name],
        parts=parts_at(SCORE_KEYS[metric.name]),
        question=metric.question,
    )


CHAT_METRICS: Mapping[str, Description] = {
    each.name: each for each in (CAPABILITY, _of_chat(COMPRESSION), _of_chat(DISTINCTION))
}
"""The metrics of chat models, by name."""
