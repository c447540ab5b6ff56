"""Street maps on disk: what is written is read again, and whose data it is stays with it."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError, InvalidParameter
from nerode.worlds.streets.files import LABELS, MapData, read_streets, write_streets
from nerode.worlds.streets.street_map import StreetMap

PLAN = MapData(["a", "b"], [40.1, 0.1 + 0.2], [-74.0, 180.0], [(0, "N", 1), (1, "SW", 1)])


def test_a_map_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_streets(tmp_path / "new" / "map", PLAN)
    assert read_streets(tmp_path / "new" / "map") == PLAN
    assert (tmp_path / "new" / "map" / "edges.csv").read_bytes() == (
        b"node,direction,neighbor\na,N,b\nb,SW,b\n"
    )
    assert not (tmp_path / "new" / "map" / "attribution.txt").exists()


def written_otherwise(nodes: str, edges: str) -> dict[str, list[bytes]]:
    """The tables as other tools write them: quoted, marked, with other line ends, packed."""
    quoted = "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in nodes.splitlines()
    )
    return {
        "quoted and marked": [f"\ufeff{quoted}".encode(), f"\ufeff{edges}".encode()],
        "CR alone": [text.replace("\n", "\r").encode() for text in (nodes, edges)],
        "CR LF": [text.replace("\n", "\r\n").encode() for text in (nodes, edges)],
        "UTF-16": [text.encode("utf-16") for text in (nodes, edges)],
        "packed": [gzip.compress(text.encode(), mtime=0) for text in (nodes, edges)],
        "rows of commas": [f"{text},,\n , ,\n\n,,,,\n".encode() for text in (nodes, edges)],
        "rows of commas first": [f",,\n{text}".encode() for text in (nodes, edges)],
    }


@pytest.mark.parametrize("way", list(written_otherwise("", "")))
def test_tables_of_other_tools_are_read(tmp_path: Path, way: str) -> None:
    write_streets(tmp_path, PLAN)
    names = ("nodes.csv", "edges.csv")
    plain = [(tmp_path / name).read_text() for name in names]
    for name, content in zip(names, written_otherwise(*plain)[way], strict=True):
        (tmp_path / name).write_bytes(content)
    assert read_streets(tmp_path) == PLAN


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"osmid,lat,lon\na,1,2\n\xff,1,2\n", ":3: expected UTF-8 text, got the byte 0xff"),
        (b"osmid,lat,lon\na,1,2\n,1,2\n", ":3: expected a name"),
        (b"osmid,lat,lon\r\ra,1,2\rb,91,2\r", ":4: expected a latitude"),
        (b"osmid,lat,lon\n,,\n", ":1: expected at least one row"),
        (b"PK\x03\x04", ":1: expected text, got a zip archive"),
    ],
)
def test_the_line_of_a_mistake_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    write_streets(tmp_path, PLAN)
    (tmp_path / "nodes.csv").write_bytes(content)
    with pytest.raises(FormatError, match=f"nodes.csv{told}"):
        read_streets(tmp_path)


@pytest.mark.slow
@given(st.lists(st.text("ab,\"'<é\u0000\ufeff", min_size=1), min_size=1, unique=True), st.data())
@settings(max_examples=50)
def test_names_of_any_kind_are_read_again(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], data: st.DataObject
) -> None:
    places = st.integers(0, len(names) - 1)
    streets = [(0, label, data.draw(places)) for label in LABELS[: data.draw(st.integers(1, 8))]]
    count = len(names)
    plan = MapData(names, [1.5] * count, [2.5] * count, streets, "©")
    folder = tmp_path_factory.mktemp("map")
    write_streets(folder, plan)
    assert read_streets(folder) == plan


def test_whose_data_it_is_stays_with_the_map(tmp_path: Path) -> None:
    write_streets(tmp_path, PLAN._replace(attribution="© everybody, ODbL 1.0"))
    assert (tmp_path / "attribution.txt").read_bytes() == "© everybody, ODbL 1.0\n".encode()
    assert StreetMap.from_folder(tmp_path).attribution == "© everybody, ODbL 1.0"
    (tmp_path / "attribution.txt").write_bytes("\ufeff© all".encode())
    assert read_streets(tmp_path).attribution == "© all"
    (tmp_path / "attribution.txt").write_text(" two \r\n lines \n")
    assert read_streets(tmp_path).attribution == "two lines"
    (tmp_path / "attribution.txt").write_text("\n")
    assert read_streets(tmp_path).attribution is None
    (tmp_path / "attribution.txt").unlink()
    assert StreetMap.from_folder(tmp_path).attribution is None


@pytest.mark.parametrize("text", [b"\xff", b"x" * 501, b"x " * 10_000, b"\x1b[31mred", b"a\x00b"])
def test_an_attribution_that_is_no_short_text_is_refused(tmp_path: Path, text: bytes) -> None:
    write_streets(tmp_path, PLAN)
    (tmp_path / "attribution.txt").write_bytes(text)
    with pytest.raises(FormatError, match=r"attribution\.txt: expected .* at most 500"):
        read_streets(tmp_path)


@pytest.mark.parametrize("name", ["nodes.csv", "edges.csv", "attribution.txt"])
def test_no_map_is_written_over_another(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("kept")
    with pytest.raises(InvalidParameter, match=name):
        write_streets(tmp_path, PLAN)
    assert [file.read_text() for file in tmp_path.iterdir()] == ["kept"]
    with pytest.raises(InvalidParameter, match="got the file"):
        write_streets(tmp_path / name, PLAN)


def test_where_writing_fails_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_streets(tmp_path, PLAN._replace(attribution="\ud800"))
    assert not list(tmp_path.iterdir())
