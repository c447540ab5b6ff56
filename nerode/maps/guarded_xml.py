"""Parse XML of unknown origin as a stream, refusing document types (entity bombs)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

# Python's expat is the parser beneath all others; entities, which is where XML hides bombs and
# reads other files, can only be declared in a document type, and that is refused.
from xml.parsers import expat

from nerode.errors import FormatError, MissingFile
from nerode.text_files import kind_of, open_unpacked

Attributes = dict[str, str]


def parse_xml(
    path: Path,
    root: str,
    start: Callable[[str, Attributes], None] | None = None,
    end: Callable[[str], None] | None = None,
    others: Mapping[str, str] | None = None,
) -> None:
    """Read a file through, telling `start` and `end` of every element.

    `others` says of root elements that users mistake for `root` what they are. A ValueError
    that `start` and `end` raise becomes a FormatError with file and line. Raises
    MissingFile, and FormatError for what is not well-formed or whole, for an encoding that
    there is not, for a root element other than `root`, and for a document type.
    """
    if not path.is_file():
        raise MissingFile(f"expected a file of <{root}>, got no file {path}")
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise ValueError("expected no document type, got one")

    def first(name: str, attributes: Attributes) -> None:
        if name != root:
            hint = f" ({others[name]})" if others and name in others else ""
            raise ValueError(f"expected the element <{root}>, got <{name[:40]}>{hint}")
        parser.StartElementHandler = start
        if start is not None:
            start(name, attributes)

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = first
    parser.EndElementHandler = end
    try:
        with open_unpacked(path) as file:
            parser.ParseFile(file)
    except expat.ExpatError as error:
        said = _kind(path) or expat.ErrorString(error.code)
        raise FormatError(f"{path}:{error.lineno}: expected XML, got {said}") from None
    except FormatError:
        raise
    except LookupError as error:  # Python's word for an encoding that it does not know
        raise FormatError(f"{path}:1: expected XML, got {error}") from None
    except ValueError as error:
        raise FormatError(f"{path}:{parser.CurrentLineNumber}: {error}") from None


def _kind(path: Path) -> str | None:
    """What a file that is no XML looks like, as far as its first bytes tell."""
    with open_unpacked(path) as file:
        start = file.read(64)
    if b"OSMHeader" in start:
        return "OpenStreetMap's PBF (convert it: `osmium cat map.osm.pbf -o map.osm`)"
    if start.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        return "JSON"
    return kind_of(start)
