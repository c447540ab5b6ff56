"""Numbers of a network depend on its batch in their last digits; what is measured does not."""

from __future__ import annotations

import pytest

from nerode.metrics.registry import METRICS
from nerode.models.bundled import folder_of
from nerode.models.hf.checkpoint import open_checkpoint
from nerode.models.hf.transformer import Transformer
from nerode.schema.trial import PlainTrial as Record
from nerode.worlds.registry import open_world
from tests.metrics.conftest import as_dicts, records_in, setting_of

TRIALS = 512
FEWER = {16: 512, 1: 128}
"""Trials by how many are walked together: singly they take longest."""
OUTCOMES = {"compression": ("agree", "disagreement"), "distinction": ("precision", "recall")}
"""What a trial comes to, at every threshold."""


@pytest.fixture(scope="module")
def model() -> Transformer:
    opened = open_checkpoint(folder_of("midtown-shortest"), open_world("midtown"), device="cpu")
    assert isinstance(opened, Transformer)
    return opened


@pytest.mark.long
@pytest.mark.parametrize("metric", OUTCOMES)
def test_outcomes_do_not_depend_on_what_is_walked_together(
    metric: str, model: Transformer, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = setting_of(open_world("midtown"), trials=TRIALS)
    measure = as_dicts(METRICS[metric])

    def outcomes(size: int, trials: int) -> list[Record]:
        records = records_in(monkeypatch, measure, size, setting, model, range(trials))
        return [{name: record[name] for name in OUTCOMES[metric]} for record in records]

    together = outcomes(256, TRIALS)
    assert len({str(outcome) for outcome in together}) > 50, "trials come to different things"
    for size, trials in FEWER.items():
        alone = outcomes(size, trials)
        differ = [(at, together[at], each) for at, each in enumerate(alone) if each != together[at]]
        assert not differ
