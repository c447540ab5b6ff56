"""Read pickles safely: numbers, texts and built-in containers only, no code."""

from __future__ import annotations

# A pickle is a program that may call anything; `pickle.load` is never used here. This
# unpickler looks up no name beyond the few below, so that there is nothing to be called.
import pickle
import pickletools
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from pickletools import markobject

from nerode.errors import FormatError, MissingFile

ADMITTED: dict[tuple[str, str], type] = {
    ("builtins", "dict"): dict,
    ("builtins", "int"): int,
    ("builtins", "list"): list,
    ("builtins", "long"): int,  # what older protocols call it
    ("builtins", "set"): set,
    ("collections", "defaultdict"): defaultdict,
}
LARGEST_FILE = 1 << 24
"""Bytes of the largest file that is read; the paper's have 140,000."""


def unpickle(path: str | Path) -> object:
    """What a pickle of built-in containers and defaultdict holds.

    Raises MissingFile, and FormatError for a file that is damaged or too large and for one
    that asks for anything else, which it names. Nothing of the file is executed.
    """
    path = Path(path)
    if not path.is_file():
        raise MissingFile(f"expected the file {path.name} in {path.parent}, got none")
    if path.stat().st_size > LARGEST_FILE:
        raise FormatError(
            f"{path}: expected a pickle of at most {LARGEST_FILE:,} bytes, got a larger one"
        )
    data = path.read_bytes()
    try:
        _check(data)
        return _Unpickler(BytesIO(data)).load()
    except FormatError as error:
        raise FormatError(f"{path}: {error}") from None
    # What a damaged pickle raises is not bounded: every kind of error that Python has.
    except Exception as error:  # noqa: BLE001
        reason = " ".join(str(error).split())[:80]
        raise FormatError(
            f"{path}: expected a whole pickle, got {type(error).__name__}: {reason}"
        ) from None


def _admitted(module: str, name: str) -> type:
    # Older protocols write the name that the module had in Python 2.
    known = ADMITTED.get(("builtins" if module == "__builtin__" else module, name))
    if known is None:
        wanted = f"{module}.{name}"[:80]
        raise FormatError(f"expected built-in containers and defaultdict only, got {wanted!r}")
    return known


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        return _admitted(module, name)


TUPLE = object()
"""On the stack: something that is a tuple, or holds one."""
MARK = object()


def _check(data: bytes) -> None:
    """Read the pickle's instructions through and refuse what would run away.

    Lengths must lie within the file, places in the memory below its size (memory is allotted
    up to them), and no tuple may hold another: the hash of tuples nested a million times ends
    the process, that of tuples which hold one another twice takes for ever. Names are looked
    at here too, for they tell more than what comes after them.
    """
    stack: list[object] = []  # TUPLE, MARK, a text, or None for all else
    memory: dict[int, object] = {}
    for code, argument, _ in pickletools.genops(data):
        left = _left(code, argument, _taken(stack, code), memory)
        stack += [MARK if kind is markobject else left for kind in code.stack_after]
        if code.name == "MEMOIZE" or code.name.endswith("PUT"):
            place = len(memory) if code.name == "MEMOIZE" else int(argument or 0)
            if place > len(data):
                raise FormatError("expected a whole pickle, got one that asks for too much memory")
            memory[place] = stack[-1]


def _left(
    code: pickletools.OpcodeInfo, argument: object, taken: list[object], memory: dict[int, object]
) -> object:
    """What an instruction leaves on the stack in the place of what it took off."""
    if code.name == "STACK_GLOBAL":
        name, module = taken
        _admitted(str(module), str(name))
    elif code.name in {"GLOBAL", "INST"}:
        _admitted(*str(argument).split(" ", maxsplit=1))
    elif code.name in {"GET", "BINGET", "LONG_BINGET"}:
        return memory[int(str(argument))]
    elif code.name == "MEMOIZE":
        return taken[0]
    elif isinstance(argument, str):
        return argument
    if TUPLE in taken and code.name.startswith("TUPLE"):
        raise FormatError("expected tuples of numbers and texts, got one within another")
    return TUPLE if TUPLE in taken or code.name.startswith("TUPLE") else None


def _taken(stack: list[object], code: pickletools.OpcodeInfo) -> list[object]:
    """Take off the stack what an instruction takes off, and tell it, the topmost first."""
    taken: list[object] = []
    count = len(code.stack_before)
    if markobject in code.stack_before:
        count = code.stack_before.index(markobject)
        while (top := stack.pop()) is not MARK:
            taken.append(top)
    return taken + [stack.pop() for _ in range(count)]
