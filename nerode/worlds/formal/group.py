"""Word problems: a row of elements of a group, and their product as the answer."""

from __future__ import annotations

import re
from itertools import permutations, product

from nerode.errors import InvalidParameter
from nerode.worlds.automata.language import language
from nerode.worlds.automata.table import Table

MOST_ELEMENTS = 120
EQUALS = "="
_FACTOR = re.compile(r"([saz])([1-9][0-9]{0,2})")
_MOST_THINGS = 5
"""S5 has 120 elements, S6 would have 720."""

Elements = tuple[tuple[int, ...], ...]
"""A permutation for each factor, a rotation of n things for z."""


def group(of: str = "s5") -> Table:
    """Elements of a group one after the other, `=`, their product, END: `213 132 = 231 end`.

    Every element may follow; what must be known is the product, for after `=` it is the only legal
    symbol. `of` names a group: s5 (all orders of five things), a5 (the even ones), z60 (numbers
    modulo 60), or factors with x between them, a4xz5. An element is written as the order that it
    makes of 12345, or as its number for z; of `a b` first a is done, then b. S5 and A5 are not
    solvable, which is what makes their word problems hard for models of bounded depth (W. Merrill
    et al., The illusion of state in state-space models, arXiv 2404.08819).

    Raises InvalidParameter where `of` is none of these, or has more than 120 elements.
    """
    factors = [_FACTOR.fullmatch(each) for each in of.split("x")]
    parts: list[list[tuple[int, ...]]] = []
    for found in factors:
        if found is None:
            message = "expected s, a or z with a number, x between factors, in group:of=NAME"
            raise InvalidParameter(f"{message}, got {of!r}")
        parts.append(_elements(found[1], int(found[2]), of))
    order = 1
    for part in parts:
        order *= len(part)
    if not 2 <= order <= MOST_ELEMENTS:  # noqa: PLR2004 - one element has no question
        message = f"expected a group of 2 to {MOST_ELEMENTS} elements"
        raise InvalidParameter(f"{message}, got {of}, which has {order:,}")
    elements = list(product(*parts))
    names = {element: _written(element, of) for element in elements}
    rules: dict[str, dict[str, str]] = {"answered": {}}
    for element, name in names.items():
        asked = f"{name} asked"
        rules[name] = {by: names[_product(element, other)] for other, by in names.items()} | {
            EQUALS: asked
        }
        rules[asked] = {name: "answered"}
    identity = names[elements[0]]
    return language(
        rules,
        start=identity,
        accepting=["answered"],
        name=f"group:of={of}",
        alphabet=(EQUALS, *names.values()),
    )


def _elements(kind: str, n: int, of: str) -> list[tuple[int, ...]]:
    """Permutations of one factor, the identity first."""
    if kind == "z":
        if n > MOST_ELEMENTS:
            message = f"expected z1 to z{MOST_ELEMENTS}"
            raise InvalidParameter(f"{message} in group:of={of}, got z{n}")
        return [tuple((place + by) % n for place in range(n)) for by in range(n)]
    if n > _MOST_THINGS:
        message = f"expected {kind}1 to {kind}{_MOST_THINGS}"
        raise InvalidParameter(f"{message} in group:of={of}, got {kind}{n}")
    return [each for each in permutations(range(n)) if kind == "s" or _is_even(each)]


def _is_even(order: tuple[int, ...]) -> bool:
    inversions = sum(a > b for place, a in enumerate(order) for b in order[place + 1 :])
    return inversions % 2 == 0


def _product(first: Elements, then: Elements) -> Elements:
    """What both do one after the other: place p holds what `then` takes from there."""
    return tuple(tuple(one[place] for place in two) for one, two in zip(first, then, strict=True))


def _written(element: Elements, of: str) -> str:
    """Orders as digits from 1, rotations as their number; a comma between factors."""
    kinds = [factor[0] for factor in of.split("x")]
    return ",".join(
        str(part[0]) if kind == "z" else "".join(str(thing + 1) for thing in part)
        for kind, part in zip(kinds, element, strict=True)
    )
