r"""Regular expressions as worlds, by Brzozowski's derivatives.

The derivative of an expression by a symbol is an expression for what may follow that symbol (J. A.
Brzozowski, Derivatives of regular expressions, JACM 11, 1964). Expressions are the states of an
automaton; unions as sets, without repetition, keep them finitely many.

    a | b      either           (a b)+     once or more       [a b]     one of these symbols
    a b        one, then two    a?         once or not        .         any symbol of the pattern
    a*         any number       a{2,5}     so many times      \*         the symbol *

A pattern with white space has symbols of several characters, between white space and operators;
without any, every character is a symbol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from nerode.errors import InvalidParameter, WorldError
from nerode.worlds.automata.finite import MOST_STATES
from nerode.worlds.automata.language import language
from nerode.worlds.automata.table import Table

MOST_TIMES = 1000
"""The largest number that may stand in `{m,n}`."""
_OPERATORS = frozenset("|()*+?[]{}.")


@dataclass(frozen=True)
class Symbol:
    """One symbol, by its name."""

    name: str


@dataclass(frozen=True)
class Concatenation:
    """One expression after the other."""

    first: Expression
    then: Expression


@dataclass(frozen=True)
class Alternation:
    """One of several expressions; of none: nothing matches."""

    of: frozenset[Expression]


@dataclass(frozen=True)
class Star:
    """Any number of times, none among them."""

    what: Expression


@dataclass(frozen=True)
class Epsilon:
    """The empty sequence alone."""


Expression: TypeAlias = Symbol | Concatenation | Alternation | Star | Epsilon
NEVER: Final[Expression] = Alternation(frozenset())
EMPTY: Final[Expression] = Epsilon()


def regex_world(pattern: str) -> Table:
    """The world of the sequences that match a pattern, with END where a match is whole.

    >>> world = regex_world("(ab)*")
    >>> world.decode(world.legal(world.start))
    'end a'

    Raises InvalidParameter for a pattern that is not well-formed, and WorldError for one that
    nothing matches, that has too many states, or that is too long.
    """
    try:
        return _world_of(pattern, parse(pattern))
    except RecursionError:
        raise WorldError(
            f"expected a shorter pattern, got one of {len(pattern)} characters"
        ) from None


def _world_of(pattern: str, expression: Expression) -> Table:
    """The automaton whose states are the derivatives of an expression."""
    names = tuple(sorted(symbols_of(expression)))
    number: dict[Expression, str] = {expression: "0"}
    states, rules = [expression], {}
    for state in states:  # grows meanwhile
        row: dict[str, str] = {}
        for name in names:
            following = derivative(state, name)
            if following == NEVER:
                continue
            if following not in number:
                if len(states) == MOST_STATES:
                    raise WorldError(
                        f"expected at most {MOST_STATES} states in {pattern}, got more"
                    )
                number[following] = str(len(states))
                states.append(following)
            row[name] = number[following]
        rules[number[state]] = row
    accepting = [number[state] for state in states if matches_empty(state)]
    return language(rules, start="0", accepting=accepting, name=f"regex:{pattern}", alphabet=names)


def symbols_of(expression: Expression) -> set[str]:
    """Names of all symbols in an expression."""
    found: set[str] = set()
    waiting = [expression]
    while waiting:
        each = waiting.pop()
        if isinstance(each, Symbol):
            found.add(each.name)
        elif isinstance(each, Concatenation):
            waiting += [each.first, each.then]
        elif isinstance(each, Alternation):
            waiting += each.of
        elif isinstance(each, Star):
            waiting.append(each.what)
    return found


def matches_empty(expression: Expression) -> bool:
    """Whether the empty sequence matches."""
    if isinstance(expression, Concatenation):
        return matches_empty(expression.first) and matches_empty(expression.then)
    if isinstance(expression, Alternation):
        return any(map(matches_empty, expression.of))
    return isinstance(expression, Star | Epsilon)


def derivative(expression: Expression, symbol: str) -> Expression:
    """What may follow one symbol."""
    if isinstance(expression, Symbol):
        return EMPTY if expression.name == symbol else NEVER
    if isinstance(expression, Alternation):
        return union(*(derivative(each, symbol) for each in expression.of))
    if isinstance(expression, Star):
        return sequence(derivative(expression.what, symbol), expression)
    if isinstance(expression, Concatenation):
        found = sequence(derivative(expression.first, symbol), expression.then)
        if matches_empty(expression.first):
            return union(found, derivative(expression.then, symbol))
        return found
    return NEVER


def sequence(first: Expression, then: Expression) -> Expression:
    """One after the other, to the right as far as can be: equal expressions are written alike."""
    if NEVER in (first, then):
        return NEVER
    if first == EMPTY:
        return then
    if then == EMPTY:
        return first
    if isinstance(first, Concatenation):
        return sequence(first.first, sequence(first.then, then))
    return Concatenation(first, then)


def union(*expressions: Expression) -> Expression:
    """One of these, each once."""
    of: set[Expression] = set()
    for each in expressions:
        of |= each.of if isinstance(each, Alternation) else {each}
    return next(iter(of)) if len(of) == 1 else Alternation(frozenset(of))


def repeated(what: Expression) -> Expression:
    """Any number of times."""
    if what in (NEVER, EMPTY):
        return EMPTY
    return what if isinstance(what, Star) else Star(what)


def parse(pattern: str) -> Expression:
    """The expression of a pattern. Raises InvalidParameter with the place where it is not one."""
    reader = _Reader(pattern)
    found = reader.alternatives()
    if reader.here is not None:
        reader.fail("an end")
    return found


class _Reader:
    """Recursive descent: alternatives of sequences of repetitions of atoms."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.tokens = list(_tokens(pattern))
        self.place = 0
        names = dict.fromkeys(name for name, is_symbol, _ in self.tokens if is_symbol)
        self.any = union(*map(Symbol, names))

    @property
    def here(self) -> str | None:
        """The operator at this place, `symbol` for a symbol, None at the end."""
        if self.place == len(self.tokens):
            return None
        name, is_symbol, _ = self.tokens[self.place]
        return "symbol" if is_symbol else name

    def take(self) -> str:
        self.place += 1
        return self.tokens[self.place - 1][0]

    def fail(self, expected: str) -> NoReturn:
        at = self.tokens[self.place][2] if self.place < len(self.tokens) else len(self.pattern)
        got = repr(self.pattern[at]) if at < len(self.pattern) else "its end"
        raise InvalidParameter(
            f"expected {expected} at character {at + 1} of the pattern {self.pattern}, got {got}"
        )

    def alternatives(self) -> Expression:
        found = [self.run()]
        while self.here == "|":
            self.take()
            found.append(self.run())
        return union(*found)

    def run(self) -> Expression:
        found: list[Expression] = []
        while self.here in {"symbol", "(", "[", "."}:
            found.append(self.repetition())
        joined = EMPTY
        for each in reversed(found):
            joined = sequence(each, joined)
        return joined

    def repetition(self) -> Expression:
        what = self.atom()
        while self.here in {"*", "+", "?", "{"}:
            sign = self.take()
            if sign == "{":
                what = self.times(what)
            elif sign == "?":
                what = union(EMPTY, what)
            else:
                what = sequence(what, repeated(what)) if sign == "+" else repeated(what)
        return what

    def times(self, what: Expression) -> Expression:
        """What stands between braces: `m}`, `m,}` or `m,n}`."""
        begin = self.place
        text = ""
        while self.here is not None and self.here != "}":
            text += self.take()
        least, comma, most = text.partition(",")
        bounds = [least, most or least] if most or not comma else [least]
        numbers = [int(each) for each in bounds if each.isascii() and each.isdecimal()]
        whole = self.here == "}" and len(numbers) == len(bounds)
        if not whole or max(numbers) > MOST_TIMES or numbers != sorted(numbers):
            self.place = begin
            self.fail(f"times as {{2}}, {{2,}} or {{2,5}}, up to {MOST_TIMES},")
        self.take()
        found = repeated(what) if len(numbers) == 1 else EMPTY
        if len(numbers) > 1:
            for _ in range(numbers[1] - numbers[0]):
                found = union(EMPTY, sequence(what, found))
        for _ in range(numbers[0]):
            found = sequence(what, found)
        return found

    def atom(self) -> Expression:
        if self.here == "symbol":
            return Symbol(self.take())
        sign = self.take()
        if sign == ".":
            return self.any
        if sign == "(":
            found = self.alternatives()
            if self.here != ")":
                self.fail("a closing )")
            self.take()
            return found
        chosen: list[Expression] = []
        while self.here == "symbol":
            chosen.append(Symbol(self.take()))
        if self.here != "]" or not chosen:
            self.fail("symbols and a closing ]")
        self.take()
        return union(*chosen)


def _tokens(pattern: str) -> list[tuple[str, bool, int]]:
    """Name, whether it is a symbol, and place of every token."""
    spaced = any(map(str.isspace, pattern))
    found: list[tuple[str, bool, int]] = []
    word, begin, escaped, braces = "", 0, False, False

    def end_word() -> None:
        nonlocal word
        if word:
            found.append((word, not braces, begin))
        word = ""

    for place, character in enumerate(pattern):
        is_operator = character in _OPERATORS and not escaped
        if character == "\\" and not escaped:
            escaped = True
            continue
        if not escaped and (is_operator or character.isspace()):
            end_word()
            braces = character == "{" or (braces and character != "}")
            if is_operator:
                found.append((character, False, place))
            continue
        if not word:
            begin = place
        word += character
        if not spaced and not braces:
            end_word()
        escaped = False
    if escaped:
        message = f"expected a character behind the last \\ of the pattern {pattern}, got its end"
        raise InvalidParameter(message)
    end_word()
    return found
