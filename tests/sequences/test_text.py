"""Text in and out, and the score of written sequences."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nerode.errors import FormatError, MissingFile
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.dataset import draw_sequences
from nerode.sequences.score import Score, judge, score
from nerode.sequences.text import read_text, write_text
from nerode.worlds.connect_four import ConnectFour
from nerode.worlds.street_map import StreetMap
from tests.sequences.maps import grid

MANHATTAN = Path(__file__).parents[2].parent / "shared" / "data" / "manhattan"
TOWN = grid(3, 3)

in_a_file = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@in_a_file
@given(
    st.lists(
        st.lists(st.integers(0, len(TOWN.alphabet) - 1), min_size=1, max_size=6),
        min_size=1,
        max_size=5,
    )
)
def test_what_is_written_is_read(tmp_path: Path, rows: list[list[int]]) -> None:
    batch = SequenceBatch.of(rows)
    write_text(batch, TOWN, tmp_path / "a.txt")
    assert read_text(tmp_path / "a.txt", TOWN) == batch


@in_a_file
@given(
    st.binary(max_size=60)
    | st.text(max_size=60).map(str.encode)
    | st.text(alphabet="c12 N\nend\r\t", max_size=60).map(str.encode)
)
def test_any_file_is_read_or_refused_with_a_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "fuzz.txt"
    path.write_bytes(content)
    refusal = ""
    try:
        batch = read_text(path, TOWN)
    except FormatError as error:
        refusal = str(error)
    if refusal:
        assert refusal.startswith(f"{path}:")
        assert "\n" not in refusal
    else:
        names = [TOWN.decode(row.tolist()) for row in batch]
        assert " ".join(names).split() == content.decode().split()
        assert len(batch) > 0


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"", 1),
        (b"c0 c1 N end\nc0 c99 N end\n", 2),
        (b"c0\n\nc1\n", 2),
        (b"c0 \x00\n", 1),
        (b"c0\nc1\n\xff\n", 3),
    ],
)
def test_the_line_of_a_mistake_is_told(tmp_path: Path, content: bytes, line: int) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    for read in (read_text, lambda path, world: score(world, path)):
        with pytest.raises(FormatError, match=rf"a\.txt:{line}: expected"):
            read(path, TOWN)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingFile, match="nothing"):
        read_text(tmp_path / "nothing.txt", TOWN)


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("c0 c1 E end", "valid"),
        ("c0 c1 E W E end", "valid"),
        ("c0 c1 N end", "wrong_destination"),
        ("c0 c1 W end", "illegal_step"),
        ("c0 c1 S N end", "illegal_step"),
        ("c0 c1 E end end", "wrong_destination"),
        ("c0 c1 E end N", "illegal_step"),
        ("c0 c1 N end W", "wrong_destination"),
        ("c0 c0 end", "malformed"),
        ("c0 end", "malformed"),
        ("c0 c1 E", "malformed"),
        ("c0 E c1 end", "illegal_step"),
        ("c0 c1 c2 end", "illegal_step"),
    ],
)
def test_the_first_violation_decides(text: str, verdict: str) -> None:
    assert judge(TOWN, TOWN.encode(text)) == verdict


def test_a_world_without_end_has_nothing_malformed(tmp_path: Path) -> None:
    path = tmp_path / "games.txt"
    path.write_text("1 1 7\n1 1 1\n2\n")
    assert score(ConnectFour(rows=2), path) == Score(3, 2, 1, 0, 0)


def test_drawn_sequences_are_valid(tmp_path: Path) -> None:
    for policy in ("shortest", "noisy", "random"):
        write_text(draw_sequences(TOWN, policy, 50, 1), TOWN, tmp_path / "a.txt")
        assert score(TOWN, tmp_path / "a.txt") == Score(50, 50, 0, 0, 0)


@pytest.mark.skipif(not MANHATTAN.is_dir(), reason="no ../shared/data/manhattan here")
@pytest.mark.parametrize(
    ("streets", "generated", "expected"),
    [
        ("shortest", "shortest", Score(6400, 4651, 1315, 434, 0)),
        ("noisy_random", "noisy", Score(6400, 4077, 1463, 850, 10)),
    ],
)
def test_the_published_sequences(streets: str, generated: str, expected: Score) -> None:
    world = StreetMap.from_folder(MANHATTAN / streets)
    assert score(world, MANHATTAN / "generated" / f"{generated}.txt") == expected
