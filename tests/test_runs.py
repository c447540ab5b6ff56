"""Runs on disk: nothing measured is lost, and a run that was stopped ends as if it was not."""

from __future__ import annotations

import errno
import io
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.errors import FormatError, NerodeError, RunMismatch
from nerode.evaluation import Evaluation, evaluate
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.setting import BLOCK, Metric, Record, Setting
from nerode.models.baselines import NoisyOracle
from nerode.models.model import Contexts, Probabilities, Rows
from nerode.models.registry import open_model
from nerode.runs import RESULT, TERMS, TRIALS, Run, read_json, write_json
from nerode.worlds.registry import open_world
from nerode.worlds.world import World
from tests.towns import write_map

MODEL, BASELINES = "noisy-oracle:0.1", ("ngram:2",)
KEY = ("model", "metric")


def measured(world: World[Any], out: Path, trials: int = 40, **terms: Any) -> Evaluation:
    given: dict[str, Any] = {"samples": 3, "length": 8, "baselines": BASELINES}
    model = open_model(terms.pop("model", MODEL), world)
    return evaluate(world, model, trials=trials, out=out, **(given | terms))


def result(folder: Path) -> bytes:
    return (folder / RESULT).read_bytes()


def lines(folder: Path) -> list[bytes]:
    return (folder / TRIALS).read_bytes().splitlines(keepends=True)


@pytest.fixture(scope="module")
def whole(town: World[Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that nobody stopped."""
    folder = tmp_path_factory.mktemp("runs") / "whole"
    measured(town, folder)
    return folder


def test_every_trial_stands_on_a_line_of_its_own(whole: Path) -> None:
    found = [json.loads(line) for line in lines(whole)]
    keys = {(record["model"], record["metric"], record["trial"]) for record in found}
    metrics = ("next_symbol", "traversal", "compression", "distinction", "detours")
    assert len(found) == len(keys) == 2 * 5 * 40
    assert {(model, metric) for model, metric, _ in keys} == {
        (model, metric) for model in (MODEL, *BASELINES) for metric in metrics
    }
    assert json.loads(result(whole)) == json.loads((whole / RESULT).read_text())


def test_a_finished_run_is_not_measured_again(
    town: World[Any], whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = result(whole), lines(whole)
    monkeypatch.setattr("nerode.evaluation.METRICS", {})
    monkeypatch.setattr(
        "nerode.evaluation.METRICS",
        {"compression": Metric("compression", _never, COMPRESSION.summarise)},
    )
    measured(town, whole, metrics=["compression"])
    assert lines(whole) == before[1]
    monkeypatch.undo()
    measured(town, whole)
    assert (result(whole), lines(whole)) == before


def _never(*_: Any) -> Any:
    pytest.fail("these trials are on disk")


@pytest.mark.parametrize("calls", [7, 38])
def test_a_run_stopped_between_trials_goes_on(
    town: World[Any], whole: Path, tmp_path: Path, calls: int
) -> None:
    heard = 0

    def stop(*_: Any) -> None:
        nonlocal heard
        heard += 1
        if heard == calls:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measured(town, tmp_path / "it", progress=stop)
    assert not (tmp_path / "it" / RESULT).exists()
    kept = lines(tmp_path / "it")
    assert kept == lines(whole)[: len(kept)]
    measured(town, tmp_path / "it")
    assert result(tmp_path / "it") == result(whole)
    assert sorted(lines(tmp_path / "it")) == sorted(lines(whole))


@pytest.mark.parametrize("share", [0.1, 0.62, 0.999])
def test_a_run_killed_while_it_wrote_a_line_goes_on(
    town: World[Any], whole: Path, tmp_path: Path, share: float
) -> None:
    folder = tmp_path / "it"
    folder.mkdir()
    written = (whole / TRIALS).read_bytes()
    (folder / TERMS).write_bytes((whole / TERMS).read_bytes())
    (folder / TRIALS).write_bytes(written[: int(share * len(written))])
    measured(town, folder)
    assert result(folder) == result(whole)
    assert sorted(lines(folder)) == sorted(lines(whole))


def test_more_trials_later_are_those_of_a_longer_run(town: World[Any], tmp_path: Path) -> None:
    measured(town, tmp_path / "longer", trials=75)
    measured(town, tmp_path / "grown", trials=10)
    first = lines(tmp_path / "grown")
    measured(town, tmp_path / "grown", trials=75)
    assert result(tmp_path / "grown") == result(tmp_path / "longer")
    assert lines(tmp_path / "grown")[: len(first)] == first
    assert len(lines(tmp_path / "grown")) == len(lines(tmp_path / "longer"))


def test_fewer_trials_later_are_the_first_ones(town: World[Any], whole: Path) -> None:
    before = lines(whole)
    assert measured(town, whole, trials=15).record == measured(town, whole.parent / "15", 15).record
    assert lines(whole) == before
    measured(town, whole)


@dataclass(frozen=True)
class Rounding:
    """Contexts of a model that rounds as networks do: by what else is in the batch."""

    inner: Contexts

    @property
    def probabilities(self) -> Probabilities:
        plain = self.inner.probabilities
        return plain * np.float32(1 - 1e-5 * len(plain))

    def extend(self, rows: Rows, symbols: Rows) -> Rounding:
        return Rounding(self.inner.extend(rows, symbols))


class Rounded(NoisyOracle):
    """The noisy oracle, rounded."""

    def read(self, histories: Sequence[Sequence[int]]) -> Any:
        return Rounding(super().read(histories))


@pytest.mark.parametrize("cut", [0.2, 0.9])
def test_a_model_that_rounds_goes_on_with_the_very_same_numbers(
    town: World[Any], tmp_path: Path, cut: float
) -> None:
    model = Rounded(town, 0.1, 3)
    terms: dict[str, Any] = {"trials": BLOCK + 14, "samples": 2, "length": 4, "baselines": ()}
    terms |= {"metrics": ["compression", "distinction"]}
    evaluate(town, model, out=tmp_path / "whole", **terms)
    (tmp_path / "cut").mkdir()
    written = (tmp_path / "whole" / TRIALS).read_bytes()
    (tmp_path / "cut" / TERMS).write_bytes((tmp_path / "whole" / TERMS).read_bytes())
    (tmp_path / "cut" / TRIALS).write_bytes(written[: int(len(written) * cut)])
    evaluate(town, model, out=tmp_path / "cut", **terms)
    assert result(tmp_path / "cut") == result(tmp_path / "whole")


def test_whole_blocks_are_measured_in_one_call(
    town: World[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[int]] = []

    def backwards(_: Setting, __: Any, trials: Iterable[int]) -> Iterator[Record]:
        calls.append(list(trials))
        for trial in reversed(calls[-1]):
            yield {"trial": trial, "skipped": f"in call {len(calls)}"}

    stub = Metric("compression", backwards, COMPRESSION.summarise)
    monkeypatch.setattr("nerode.evaluation.METRICS", {"compression": stub})
    trials = 3 * BLOCK + 10
    first = measured(town, tmp_path, trials, baselines=()).record
    assert calls == [list(range(trials))]
    assert first["skipped"]["compression"] == {"in call 1": trials}
    kept = [line for line in lines(tmp_path) if json.loads(line)["trial"] not in (7, 3 * BLOCK)]
    (tmp_path / TRIALS).write_bytes(b"".join(kept))
    again = measured(town, tmp_path, trials, baselines=()).record
    assert calls[1:] == [[*range(BLOCK), *range(3 * BLOCK, trials)]]
    assert again["skipped"]["compression"] == {"in call 1": trials - 2, "in call 2": 2}
    assert lines(tmp_path)[:-2] == kept


@pytest.mark.slow
def test_a_network_goes_on_with_the_very_same_numbers(town: World[Any], tmp_path: Path) -> None:
    terms: dict[str, Any] = {"model": "untrained:layers=1,width=8,heads=2", "baselines": ()}
    terms |= {"epsilon": 0.03, "trials": 40}
    measured(town, tmp_path / "whole", **terms)
    measured(town, tmp_path / "cut", **terms)
    written = (tmp_path / "cut" / TRIALS).read_bytes()
    (tmp_path / "cut" / TRIALS).write_bytes(written[: len(written) * 2 // 3])
    measured(town, tmp_path / "cut", **terms)
    assert result(tmp_path / "cut") == result(tmp_path / "whole")


@pytest.mark.parametrize(
    ("terms", "named"),
    [
        ({"seed": 1}, "seed"),
        ({"model": "noisy-oracle:0.2"}, "model"),
        ({"epsilon": 0.02}, "epsilon"),
        ({"samples": 5}, "samples"),
        ({"length": 13}, "length"),
        ({"depth": 4}, "depth"),
        ({"protocol": "paper"}, "protocol"),
        ({"histories": "on-policy"}, "histories"),
    ],
)
def test_a_run_goes_on_under_the_same_terms_only(
    town: World[Any], whole: Path, terms: dict[str, Any], named: str
) -> None:
    before = lines(whole), result(whole)
    with pytest.raises(RunMismatch, match=f"expected the {named} this run was begun with") as info:
        measured(town, whole, **terms)
    assert str(whole) in str(info.value)
    assert "\n" not in str(info.value)
    assert (lines(whole), result(whole)) == before


def test_a_run_goes_on_in_the_same_world_only(tmp_path: Path) -> None:
    places = [(40 + row / 1000, -74 + column / 1000) for row in range(4) for column in range(4)]
    streets = [(a, "E", a + 1) for a in range(15)] + [(a + 1, "W", a) for a in range(15)]
    name = f"street-map:{tmp_path / 'map'}"
    write_map(tmp_path / "map", places, streets)
    measured(open_world(name), tmp_path / "run", trials=3)
    write_map(tmp_path / "map", places, [*streets, (0, "N", 4)])
    with pytest.raises(RunMismatch, match="expected the plan"):
        measured(open_world(name), tmp_path / "run", trials=3)
    with pytest.raises(RunMismatch, match="expected the world"):
        measured(open_world("cayley:n=3"), tmp_path / "run", trials=3)


@pytest.mark.parametrize(
    "line",
    [
        b"nonsense\n",
        b"\x00\x01\xff\n",
        b"\n",
        b"[1, 2]\n",
        b"3\n",
        b"null\n",
        b"{}\n",
        b'{"model": "oracle", "metric": "compression"}\n',
        b'{"model": 3, "metric": "compression", "trial": 1}\n',
        b'{"model": "oracle", "metric": "compression", "trial": [1]}\n',
        b'{"model": "oracle", "metric": "compression", "trial": true}\n',
        b'{"model": "oracle", "metric": "compression", "trial": -1}\n',
        b'{"model": "oracle", "metric": "compression", "trial": 1' + 30 * b"0" + b"}\n",
        b"[" * 100_000 + b"\n",
    ],
)
def test_a_damaged_line_is_told(tmp_path: Path, line: bytes) -> None:
    with Run(tmp_path, {"seed": 0}) as run:
        run.append(KEY, [{"trial": 0}, {"trial": 1}])
    with (tmp_path / TRIALS).open("ab") as file:
        file.write(line + b'{"model": "a", "metric": "b", "trial": 7}\n')
    with pytest.raises(FormatError, match=r"trials\.jsonl:3: expected a trial") as info:
        Run(tmp_path, {"seed": 0})
    assert "\n" not in str(info.value)


@pytest.mark.parametrize("model", [MODEL, *BASELINES])
@pytest.mark.parametrize(
    ("metric", "name"),
    [
        ("next_symbol", "positions"),
        ("traversal", "cost"),
        ("compression", "agree"),
        ("distinction", "recall"),
        ("detours", "random"),
    ],
)
def test_a_trial_that_lacks_what_its_metric_needs_is_told(
    town: World[Any], whole: Path, tmp_path: Path, model: str, metric: str, name: str
) -> None:
    copy = tmp_path / "it"
    shutil.copytree(whole, copy)
    records = [json.loads(line) for line in lines(copy)]
    number, record = next(
        (number, record)
        for number, record in enumerate(records, start=1)
        if (record["model"], record["metric"]) == (model, metric) and name in record
    )
    del record[name]
    text = "".join(json.dumps(record) + "\n" for record in records)
    (copy / TRIALS).write_text(text)
    with pytest.raises(FormatError) as info:
        measured(town, copy)
    told = str(info.value)
    assert told.startswith(f"{copy / TRIALS}:{number}: expected a trial of {metric}; expected its ")
    assert name in told
    assert "\n" not in told
    assert (copy / TRIALS).read_text() == text


def test_trials_of_a_metric_that_there_is_not_are_let_be(
    town: World[Any], whole: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "it"
    shutil.copytree(whole, copy)
    with (copy / TRIALS).open("a") as file:
        file.write('{"model": "oracle", "metric": "compression", "trial": 0}\n')
        file.write(f'{{"model": "{MODEL}", "metric": "probe", "trial": 0}}\n')
    measured(town, copy)
    assert result(copy) == result(whole)


@pytest.mark.parametrize("terms", ["", "[]", "{", "nonsense"])
def test_damaged_terms_are_told(tmp_path: Path, terms: str) -> None:
    (tmp_path / TERMS).write_text(terms)
    with pytest.raises(FormatError, match=r"run\.json: expected"):
        Run(tmp_path, {"seed": 0})


def test_a_trial_is_on_disk_as_soon_as_it_is_measured(tmp_path: Path) -> None:
    with Run(tmp_path, {"seed": 0}) as run:
        for trial in range(3):
            run.append(KEY, [{"trial": trial}])
            assert len(lines(tmp_path)) == trial + 1


def test_trials_without_terms_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / TRIALS).write_text("")
    with pytest.raises(FormatError, match=r"expected a run \(run\.json\) or an empty folder"):
        Run(tmp_path, {"seed": 0})


@pytest.mark.parametrize("kept", [True, False])
def test_trials_are_read_back_in_order_and_by_key(tmp_path: Path, kept: bool) -> None:
    with Run(tmp_path if kept else None, {"seed": 0}) as run:
        run.append(KEY, [{"trial": trial, "value": trial * "x"} for trial in (2, 0)])
        run.append(("other", "metric"), [{"trial": 1, "value": "another's"}])
        assert run.missing(KEY, 4).tolist() == [False, True, False, True]
        first = run.records(KEY, 1)
        assert next(first) == {"trial": 0, "value": ""}
        run.append(KEY, [{"trial": 1, "value": "x"}])
        assert list(run.records(KEY, 3)) == [{"trial": t, "value": t * "x"} for t in range(3)]
        with pytest.raises(LookupError, match="expected 4 trials of model metric, got fewer"):
            list(run.records(KEY, 4))


def test_a_run_without_a_folder_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Run(None, {"seed": 0}) as run:
        run.append(KEY, [{"trial": 0}])
        assert not run.missing(KEY, 1).any()
    assert not list(tmp_path.iterdir())


def test_of_two_lines_for_a_trial_the_later_one_counts(tmp_path: Path) -> None:
    with Run(tmp_path, {"seed": 0}) as run:
        run.append(KEY, [{"trial": 0, "value": 1}, {"trial": 0, "value": 2}])
    with Run(tmp_path, {"seed": 0}) as run:
        assert list(run.records(KEY, 1)) == [{"trial": 0, "value": 2}]


class TinyDisk(io.FileIO):
    """A file on a disk with room for so many more bytes."""

    room = 0

    def write(self, data: Any) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = super().write(bytes(data)[: self.room]) or 0
        self.room -= written
        return written


@pytest.fixture
def fill_up(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Call it to leave room for so many bytes of trials."""
    plain: Any = Path.open

    def leave(room: int) -> None:
        def small(path: Path, mode: str = "r", **terms: Any) -> Any:
            if mode != "a+b":
                return plain(path, mode, **terms)
            disk = TinyDisk(str(path), "a+")
            disk.room = room
            return io.BufferedRandom(disk)

        monkeypatch.setattr(Path, "open", small)

    return leave


@pytest.mark.parametrize("room", [0, 20_011])
def test_a_full_disk_keeps_what_was_measured(
    town: World[Any],
    whole: Path,
    tmp_path: Path,
    fill_up: Callable[[int], None],
    monkeypatch: pytest.MonkeyPatch,
    room: int,
) -> None:
    folder = tmp_path / "it"
    fill_up(room)
    with pytest.raises(OSError, match="No space left") as info:
        measured(town, folder)
    assert info.value.errno == errno.ENOSPC
    assert str(info.value.filename) == str(folder / TRIALS)
    assert (folder / TRIALS).read_bytes() == (whole / TRIALS).read_bytes()[:room]
    monkeypatch.undo()
    measured(town, folder)
    assert result(folder) == result(whole)


def test_a_result_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / RESULT
    write_json(path, {"value": 1})

    def full(self: Path, *_: Any, **__: Any) -> int:
        self.write_bytes(b'{"val')
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write_json(path, {"value": 2})
    assert read_json(path) == {"value": 1}
    assert [file.name for file in tmp_path.iterdir()] == [RESULT]


def test_what_is_no_number_in_json_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / RESULT, {"value": float("nan")})
    assert not list(tmp_path.iterdir())


def test_every_refusal_is_one_of_ours() -> None:
    assert issubclass(RunMismatch, NerodeError)
    assert issubclass(FormatError, ValueError)
