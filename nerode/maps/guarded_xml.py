"""XML from anywhere: read piece by piece, without the document types that hide bombs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

# Python's expat is the parser beneath all others; entities, which is where XML hides bombs and
# reads other files, can only be declared in a document type, and that is refused.
from xml.parsers import expat

from nerode.errors import FormatError, MissingFile

Attributes = dict[str, str]


def parse_xml(
    path: Path,
    root: str,
    start: Callable[[str, Attributes], None] | None = None,
    end: Callable[[str], None] | None = None,
) -> None:
    """Read a file through, telling `start` and `end` of every element.

    A ValueError that these raise becomes a FormatError with file and line. Raises
    MissingFile, and FormatError for what is not well-formed or whole, for a root element
    other than `root`, and for a document type.
    """
    if not path.is_file():
        raise MissingFile(f"expected a file of <{root}>, got no file {path}")
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise ValueError("expected no document type, got one")

    def first(name: str, attributes: Attributes) -> None:
        if name != root:
            raise ValueError(f"expected the element <{root}>, got <{name[:40]}>")
        parser.StartElementHandler = start
        if start is not None:
            start(name, attributes)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = first
    parser.EndElementHandler = end
    try:
        with path.open("rb") as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        raise FormatError(f"{path}:{error.lineno}: expected XML, got {said}") from None
    except ValueError as error:
        raise FormatError(f"{path}:{parser.CurrentLineNumber}: {error}") from None
