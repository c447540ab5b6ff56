"""Well-known text of coordinate systems: keywords with what stands in their brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""\s*(?:(?P<open>[\[(])|(?P<close>[\])])|(?P<comma>,)
    |"(?P<quoted>(?:[^"]|"")*)"|(?P<word>[^\s,\[\]()"]+))""",
    re.VERBOSE,
)
_DEEPEST = 50


@dataclass(frozen=True)
class Wkt:
    """A keyword in capitals, and what its brackets hold."""

    keyword: str
    parts: list[str | Wkt]

    def children(self, *keywords: str) -> Iterator[Wkt]:
        """The parts with one of these keywords."""
        return (part for part in self.parts if isinstance(part, Wkt) and part.keyword in keywords)

    def child(self, *keywords: str) -> Wkt | None:
        """The first of them; None where there is none."""
        return next(self.children(*keywords), None)

    def text(self, place: int) -> str | None:
        """The part at this place where it is a plain text; None otherwise."""
        part = self.parts[place] if place < len(self.parts) else None
        return part if isinstance(part, str) else None


def parse_wkt(text: str) -> Wkt | None:
    """The tree of a text; None where it is no well-known text.

    >>> parse_wkt('UNIT["degree",0.0174532925199433]')
    Wkt(keyword='UNIT', parts=['degree', '0.0174532925199433'])
    """
    found: list[str | Wkt] = []
    stack = [found]
    place = 0
    while text[place:].strip():
        token = _TOKEN.match(text, place)
        if token is None:
            return None
        place = token.end()
        inside = stack[-1]
        if token["open"]:
            keyword = inside[-1] if inside else None
            if not isinstance(keyword, str) or len(stack) > _DEEPEST:
                return None
            begun = Wkt(keyword.upper(), [])
            inside[-1] = begun
            stack.append(begun.parts)
        elif token["close"]:
            stack.pop()
            if not stack:
                return None
        elif not token["comma"]:
            inside.append(token["word"] if token["quoted"] is None else token["quoted"])
    tree = found[0] if len(stack) == 1 and len(found) == 1 else None
    return tree if isinstance(tree, Wkt) else None
