"""The worlds and models of tests/metrics."""

from tests.metrics.conftest import automaton, held_out, models, worlds

__all__ = ["automaton", "held_out", "models", "worlds"]
