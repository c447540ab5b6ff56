"""Metrics that read pairs of histories, and the names under which each kind of history is measured.

Such a metric (`reads_histories`) can be measured on histories of two kinds in one evaluation:

    uniform     any history that reaches a state, under the metric's own name: `compression`
    on-policy   prefixes of held-out sequences, under the name `compression_on_policy`

The second is the same metric in another setting (`Metric.on_policy_variant`); everything that loops
over metrics has it as one more. An evaluation on one kind alone measures `compression`, whichever
kind that is, and its record says under "histories" which. Beside the two kinds above that may be
`near-end`: as uniform, of states in which a sequence may stop within a few symbols.
"""

from __future__ import annotations

from typing import TypeVar

UNIFORM, ON_POLICY, NEAR_END = "uniform", "on-policy", "near-end"
WORDS = {UNIFORM: "random", ON_POLICY: "held-out", NEAR_END: "nearly finished"}
"""What readers are told of a kind: `two held-out routes to the same corner`."""

_SUFFIX = "_on_policy"
_Kind = TypeVar("_Kind", str, "str | None")


def on_policy_name(metric: str) -> str:
    """The name of a metric where it is measured on on-policy histories beside others.

    >>> on_policy_name("compression")
    'compression_on_policy'
    """
    return f"{metric}{_SUFFIX}"


def plain_name(metric: str) -> str:
    """The metric's name, whichever histories it was measured on.

    >>> plain_name("compression_on_policy"), plain_name("traversal")
    ('compression', 'traversal')
    """
    return metric.removesuffix(_SUFFIX)


def is_on_policy(metric: str) -> bool:
    """Whether a name is that of a metric measured on on-policy histories beside others."""
    return metric.endswith(_SUFFIX)


def kind_of(metric: str, histories: _Kind) -> _Kind:
    """The kind of histories that a metric read in an evaluation whose record names `histories`."""
    return ON_POLICY if is_on_policy(metric) else histories


def in_words(metric: str) -> str:
    """The metric's name as a sentence has it.

    >>> in_words("distinction_on_policy"), in_words("next_symbol")
    ('distinction (held-out histories)', 'next symbol')
    """
    told = plain_name(metric).replace("_", " ")
    return f"{told} ({WORDS[ON_POLICY]} histories)" if is_on_policy(metric) else told
