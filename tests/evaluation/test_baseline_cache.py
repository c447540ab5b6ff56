"""Baselines from the cache: equal to those measured afresh, and never those of another setting."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nerode.cache import CachedFiles
from nerode.errors import MissingExtra
from nerode.evaluation import baseline_cache
from nerode.evaluation.baseline_cache import (
    BaselineCache,
    CacheKeys,
    digest_of_map,
    digest_of_sources,
    sequences_key,
)
from nerode.evaluation.evaluation import Evaluation, evaluate
from nerode.metrics.acceptance import Acceptance
from nerode.metrics.compression import COMPRESSION
from nerode.metrics.distinction import DISTINCTION
from nerode.metrics.metric import AnyMetric, Metric
from nerode.metrics.next_symbol import NEXT_SYMBOL
from nerode.metrics.result import PlainResult
from nerode.metrics.setting import Setting
from nerode.models.baselines.simple import NoisyOracle, Oracle
from nerode.runs import TRIALS
from nerode.sequences.batch import SequenceBatch
from nerode.sequences.corpus import Corpus, folder_corpus
from nerode.sequences.dataset import write_sequences
from nerode.sequences.histories import near_end_histories, uniform_histories
from nerode.stats.estimate import Estimate
from nerode.worlds.automata.table import table
from nerode.worlds.registry import comes_with_library, open_world
from nerode.worlds.streets.street_map import StreetMap
from nerode.worlds.world import AnyWorld, World
from tests.run_folders import lines, measured, result
from tests.terminal import runner

BASELINES = ("oracle", "ngram:2", "noisy-oracle:0.20")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache that is on and empty; the folder of its entries."""
    monkeypatch.setenv("NERODE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "baselines"


def run(town: World[Any], out: Path, **given: Any) -> Evaluation:
    """A short evaluation; its model is one that the cache has nothing of."""
    terms: dict[str, Any] = {"trials": 4, "baselines": BASELINES}
    return measured(town, out, **(terms | given))


def entries(cache: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(cache.iterdir())}


def no_model(*_: Any, **__: Any) -> Any:
    pytest.fail("a baseline was opened")


@pytest.mark.slow
def test_from_the_cache_a_run_is_the_same_to_the_byte(
    town: World[Any], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = run(town, tmp_path / "first")
    assert first.from_cache == ()
    assert len(entries(cache)) == 3 * 6  # five metrics, and that reconstruction measures none
    monkeypatch.setattr("nerode.evaluation.subject.open_model", no_model)
    second = run(town, tmp_path / "second")
    assert second.from_cache == ("oracle", "ngram:2", "noisy-oracle:0.2")
    monkeypatch.undo()
    monkeypatch.setenv("NERODE_CACHE", "")
    off = run(town, tmp_path / "off")
    assert off.from_cache == ()
    for folder in ("second", "off"):
        assert lines(tmp_path / folder) == lines(tmp_path / "first")
        assert result(tmp_path / folder) == result(tmp_path / "first")
    assert json.dumps(second.record) == json.dumps(off.record) == json.dumps(first.record)


@pytest.mark.slow
def test_without_a_run_folder_too(town: World[Any], cache: Path) -> None:
    model = NoisyOracle(town, 0.1)
    terms: dict[str, Any] = {"trials": 4, "samples": 2, "baselines": ["oracle"]}
    first = evaluate(town, model, ["compression"], **terms)
    second = evaluate(town, model, ["compression"], **terms)
    assert (first.from_cache, second.from_cache) == ((), ("oracle",))
    assert json.dumps(first.record) == json.dumps(second.record)
    assert len(entries(cache)) == 1


@pytest.mark.slow
def test_the_model_itself_is_no_baseline_however_its_name_is_written(
    town: World[Any], cache: Path, tmp_path: Path
) -> None:
    terms: dict[str, Any] = {"metrics": ["compression"], "baselines": ["noisy-oracle:0.10"]}
    assert run(town, tmp_path / "a", **terms).record["baselines"] == {}
    run(town, tmp_path / "b", **terms, model="oracle")
    assert len(entries(cache)) == 1
    again = run(town, tmp_path / "c", **terms)
    assert (again.record["baselines"], again.from_cache) == ({}, ())


@pytest.mark.slow
def test_entries_serve_other_models(town: World[Any], cache: Path) -> None:
    terms: dict[str, Any] = {"trials": 4, "samples": 2, "baselines": ["uniform"]}
    evaluate(town, NoisyOracle(town, 0.1), ["compression"], **terms)
    assert evaluate(town, Oracle(town), ["compression"], **terms).from_cache == ("uniform",)
    assert len(entries(cache)) == 1


@pytest.mark.slow
def test_further_metrics_are_measured_beside_those_from_the_cache(
    town: World[Any], cache: Path, tmp_path: Path
) -> None:
    run(town, tmp_path / "a", metrics=["compression"], baselines=["ngram:2"])
    more = run(town, tmp_path / "b", metrics=["compression", "distinction"], baselines=["ngram:2"])
    assert more.from_cache == ("ngram:2",)
    assert len(entries(cache)) == 2
    fresh = run(
        town,
        tmp_path / "c",
        metrics=["compression", "distinction"],
        baselines=["ngram:2"],
        fresh=True,
    )
    assert json.dumps(fresh.record) == json.dumps(more.record)
    assert lines(tmp_path / "b") == lines(tmp_path / "c")


@pytest.mark.slow
def test_fresh_measures_again_and_writes_the_entries_anew(
    town: World[Any], cache: Path, tmp_path: Path
) -> None:
    run(town, tmp_path / "a", metrics=["compression"], baselines=["oracle"])
    (path,) = cache.iterdir()
    before = path.read_bytes()
    path.write_bytes(b"damaged")
    again = run(town, tmp_path / "b", metrics=["compression"], baselines=["oracle"], fresh=True)
    assert again.from_cache == ()
    assert path.read_bytes() == before


@pytest.mark.slow
@pytest.mark.usefixtures("cache")
def test_fresh_reads_no_entry(
    town: World[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms: dict[str, Any] = {"metrics": ["compression"], "baselines": ["uniform"]}
    run(town, tmp_path / "a", **terms)
    opened: list[str] = []
    ours = CachedFiles.read

    def read(files: CachedFiles, name: str) -> bytes | None:
        opened.append(name)
        return ours(files, name)

    monkeypatch.setattr("nerode.cache.CachedFiles.read", read)
    run(town, tmp_path / "b", **terms, fresh=True)
    assert opened == []
    run(town, tmp_path / "c", **terms)
    assert len(opened) == 2  # when baselines are chosen, and when the trials are needed


def cut(content: bytes) -> bytes:
    return content[:-1]


def without_last_line(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1])


def other_digit(content: bytes) -> bytes:
    last = content.rindex(b"true")
    return content[:last] + b"null" + content[last + 4 :]


def other_format(content: bytes) -> bytes:
    return content.replace(b'{"format": 1', b'{"format": 2', 1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda _: b"\n\n\n",
        lambda _: b"\xff\xfe\x00",
        lambda _: b"[" * 100_000 + b"\n{}\n",
        lambda _: b"{}\n{}\n",
        cut,
        without_last_line,
        other_digit,
        other_format,
    ],
)
def test_a_damaged_entry_is_measured_again_and_replaced(
    town: World[Any], cache: Path, tmp_path: Path, damage: Callable[[bytes], bytes]
) -> None:
    terms: dict[str, Any] = {"metrics": ["compression"], "baselines": ["oracle"]}
    first = run(town, tmp_path / "a", **terms)
    (path,) = cache.iterdir()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))
    again = run(town, tmp_path / "b", **terms)
    assert again.from_cache == ()
    assert json.dumps(again.record) == json.dumps(first.record)
    assert path.read_bytes() == whole


@pytest.mark.slow
def test_an_entry_under_the_name_of_another_is_not_used(
    town: World[Any], cache: Path, tmp_path: Path
) -> None:
    terms: dict[str, Any] = {"metrics": ["compression"]}
    run(town, tmp_path / "a", baselines=["oracle"], **terms)
    (oracle,) = cache.iterdir()
    run(town, tmp_path / "b", baselines=["uniform"], **terms)
    (uniform,) = set(cache.iterdir()) - {oracle}
    before = oracle.read_bytes()
    oracle.write_bytes(uniform.read_bytes())
    assert run(town, tmp_path / "c", baselines=["oracle"], **terms).from_cache == ()
    assert oracle.read_bytes() == before


@pytest.mark.slow
def test_an_entry_that_goes_while_the_model_is_measured_is_measured_again(
    town: World[Any], cache: Path, tmp_path: Path
) -> None:
    terms: dict[str, Any] = {"metrics": ["compression"], "baselines": ["ngram:2"]}
    first = run(town, tmp_path / "a", **terms)
    (path,) = cache.iterdir()

    def remove(*_: Any) -> None:
        path.unlink(missing_ok=True)

    again = run(town, tmp_path / "b", **terms, progress=remove)
    assert again.from_cache == ()
    assert json.dumps(again.record) == json.dumps(first.record)


@pytest.mark.slow
def test_a_run_that_has_some_trials_already_is_measured(
    town: World[Any], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms: dict[str, Any] = {"metrics": ["compression"], "baselines": ["ngram:2"]}
    run(town, tmp_path / "a", **terms)
    before = entries(cache)
    found = lines(tmp_path / "a")
    (tmp_path / "a" / TRIALS).write_bytes(b"".join(found[:-1]))
    assert run(town, tmp_path / "a", **terms).from_cache == ()
    assert lines(tmp_path / "a") == found
    assert entries(cache) == before
    monkeypatch.setattr("nerode.evaluation.subject.open_model", no_model)
    whole = run(town, tmp_path / "a", **terms)  # all are there: nothing is opened or measured
    assert whole.from_cache == ()
    assert lines(tmp_path / "a") == found


@pytest.mark.slow
def test_trials_of_a_run_that_was_stopped_do_not_go_to_the_cache(
    town: World[Any], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms: dict[str, Any] = {"metrics": ["compression"], "baselines": ["ngram:2"]}
    monkeypatch.setenv("NERODE_CACHE", "")
    run(town, tmp_path / "a", **terms)
    found = lines(tmp_path / "a")
    (tmp_path / "a" / TRIALS).write_bytes(b"".join(found[:-1]))
    monkeypatch.setenv("NERODE_CACHE", str(cache.parent))
    run(town, tmp_path / "a", **terms)
    assert not cache.exists()


@pytest.mark.slow
def test_baselines_that_cannot_be_had_are_left_out_every_time(
    town: World[Any], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(name: str, *_: Any, **__: Any) -> Any:
        raise MissingExtra(f"{name} needs more")

    monkeypatch.setattr("nerode.evaluation.subject.open_model", missing)
    for folder in ("a", "b"):
        record = run(town, tmp_path / folder, baselines=["untrained"]).record
        assert record["left_out"] == {"untrained": "untrained needs more"}
    assert not cache.exists()


def plain_metric(name: str) -> AnyMetric:
    """A metric of the user's own."""
    return Metric(
        name=name,
        title="Mine",
        about="Counts trials.",
        scores={},
        measure=lambda _setting, _model, trials: ({"trial": trial} for trial in trials),
        summarise=lambda _setting, trials: PlainResult(
            {"share": Estimate(value=1.0, low=1.0, high=1.0, n=len(list(trials)), skipped=0)}
        ),
    )


@pytest.mark.slow
def test_metrics_of_the_users_own_are_never_cached(
    town: World[Any], cache: Path, tmp_path: Path
) -> None:
    terms: dict[str, Any] = {"metrics": [plain_metric("mine"), "compression"]}
    for folder in ("a", "b"):
        run(town, tmp_path / folder, baselines=["oracle"], **terms)
        assert [json.loads(each)["key"]["metric"] for each in heads(cache)] == ["compression"]


def heads(cache: Path) -> list[bytes]:
    """The second line of every entry."""
    return [content.splitlines()[1] for content in entries(cache).values()]


def test_a_metric_that_was_changed_is_not_cached(
    town: World[Any], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = replace(COMPRESSION, measure=partial(COMPRESSION.measure))
    monkeypatch.setattr("nerode.evaluation.plan.metrics_of", lambda _: [changed])
    run(town, tmp_path / "a", metrics=["compression"], baselines=["oracle"])
    assert not cache.exists()


class OwnMap(StreetMap):
    """A world of the user's own, though it goes by a name that is listed."""


def test_worlds_of_the_users_own_are_never_cached(
    town: World[Any], cache: Path, tmp_path: Path
) -> None:
    assert isinstance(town, StreetMap)
    own = OwnMap(town.names, town.lat, town.lon, town.streets, name=town.name)
    run(own, tmp_path / "a", metrics=["compression"], baselines=["oracle"])
    assert not cache.exists()


def test_which_worlds_come_with_the_library(town: World[Any]) -> None:
    assert isinstance(town, StreetMap)
    assert comes_with_library(town)
    assert comes_with_library(open_world("cups:n=3"))
    assert not comes_with_library(OwnMap(town.names, town.lat, town.lon, town.streets, name="x"))
    ours = StreetMap(town.names, town.lat, town.lon, town.streets, name="my town")
    assert not comes_with_library(ours)  # no name under which it could be opened again
    for name in ("cups:n=3", "cups:n=99", "mine"):
        assert not comes_with_library(table({"s": {"a": "s"}}, start="s", name=name))


def test_models_of_others_are_not_cached(town: World[Any], cache: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from nerode.models.baselines.simple import Oracle\n"
        "def mine(world):\n    return Oracle(world)\n"
        "class Mine:\n"
        "    name, context_length = 'mine', None\n"
        "    def __init__(self, world):\n        self.world = world\n"
        "    @property\n    def alphabet(self):\n        return self.world.alphabet\n"
        "    def read(self, histories):\n        return Oracle(self.world).read(histories)\n"
    )
    run(town, tmp_path / "a", metrics=["compression"], baselines=[f"{tmp_path}/mine.py:Mine"])
    assert not cache.exists()


@pytest.fixture(scope="module")
def setting(town: World[Any]) -> Setting:
    return Setting(
        world=town,
        histories=uniform_histories(town),
        sequences=SequenceBatch.of([]),
        acceptance=Acceptance(0.01, curve=()),
        trials=4,
        samples=3,
        depth=5,
        length=8,
        seed=7,
    )


TRAINED = {"world": "midtown", "policy": "shortest", "sequences_seed": 1, "steps": 100}


def keys_of(setting: Setting) -> CacheKeys:
    return CacheKeys(setting, ["drawn"], TRAINED, "sources")


def moved(town: AnyWorld) -> StreetMap:
    """The same streets between places that lie elsewhere."""
    assert isinstance(town, StreetMap)
    lat = np.array(town.lat)
    lat[0] += 1e-6
    return StreetMap(town.names, lat, town.lon, town.streets, name=town.name)


CHANGES: dict[str, Callable[[CacheKeys], CacheKeys]] = {
    "trials": lambda keys: replace(keys, setting=replace(keys.setting, trials=5)),
    "samples": lambda keys: replace(keys, setting=replace(keys.setting, samples=4)),
    "epsilon": lambda keys: replace(
        keys, setting=replace(keys.setting, acceptance=Acceptance(0.02, curve=()))
    ),
    "depth": lambda keys: replace(keys, setting=replace(keys.setting, depth=6)),
    "length": lambda keys: replace(keys, setting=replace(keys.setting, length=9)),
    "protocol": lambda keys: replace(keys, setting=replace(keys.setting, protocol="paper")),
    "seed": lambda keys: replace(keys, setting=replace(keys.setting, seed=8)),
    "histories": lambda keys: replace(
        keys,
        setting=replace(keys.setting, histories=near_end_histories(keys.setting.world)),
    ),
    "world": lambda keys: replace(
        keys, setting=replace(keys.setting, world=open_world("cups:n=3"))
    ),
    "class": lambda keys: replace(
        keys,
        setting=replace(
            keys.setting,
            world=table({"s": {"a": "s"}}, start="s", name=keys.setting.world.name),
        ),
    ),
    "map": lambda keys: replace(
        keys, setting=replace(keys.setting, world=moved(keys.setting.world))
    ),
    "sequences": lambda keys: replace(keys, sequences=["drawn otherwise"]),
    "sources": lambda keys: replace(keys, sources="others"),
}


@pytest.mark.slow
@pytest.mark.parametrize("part", CHANGES)
def test_each_part_of_the_setting_changes_the_key(part: str, setting: Setting) -> None:
    keys = keys_of(setting)
    before = keys.key("oracle", COMPRESSION)
    after = CHANGES[part](keys).key("oracle", COMPRESSION)
    assert before == keys_of(setting).key("oracle", COMPRESSION)
    assert before[part] != after[part]
    assert name_of(before) != name_of(after)


def name_of(key: dict[str, Any]) -> str:
    return baseline_cache._name_of(key)


def test_baseline_and_metric_change_the_key(setting: Setting) -> None:
    keys = keys_of(setting)
    metrics: list[AnyMetric] = [COMPRESSION, DISTINCTION, COMPRESSION.on_policy_variant()]
    pairs = [(name, metric) for name in ("oracle", "uniform") for metric in metrics]
    assert len({name_of(keys.key(*pair)) for pair in pairs}) == 6


def test_histories_count_where_the_metric_reads_them(setting: Setting) -> None:
    near = CHANGES["histories"](keys_of(setting))
    assert near.key("oracle", NEXT_SYMBOL) == keys_of(setting).key("oracle", NEXT_SYMBOL)
    on_policy = replace(setting, on_policy=near.setting.histories)
    keys = replace(keys_of(setting), setting=on_policy)
    assert keys.key("oracle", COMPRESSION) == keys_of(setting).key("oracle", COMPRESSION)
    variant = COMPRESSION.on_policy_variant()
    assert keys.key("oracle", variant)["histories"] == near.setting.histories.name


@pytest.mark.parametrize(
    ("name", "value"), [("world", "manhattan"), ("policy", "noisy"), ("sequences_seed", 2)]
)
def test_what_the_model_was_trained_on_changes_the_policy_oracle_alone(
    name: str, value: object, setting: Setting
) -> None:
    keys = keys_of(setting)
    other = replace(keys, trained_on=TRAINED | {name: value})
    longer = replace(keys, trained_on=TRAINED | {"steps": 200})
    for oracle in ("policy-oracle", "policy-oracle:shortest"):
        assert keys.key(oracle, COMPRESSION) != other.key(oracle, COMPRESSION)
        assert keys.key(oracle, COMPRESSION) == longer.key(oracle, COMPRESSION)
    assert keys.key("ngram:3", COMPRESSION) == other.key("ngram:3", COMPRESSION)


@pytest.mark.parametrize("library", ["nerode", *baseline_cache.NUMERICAL_LIBRARIES])
def test_versions_change_the_key(
    library: str, setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.0")
    before = keys_of(setting).key("oracle", COMPRESSION)
    monkeypatch.setattr("importlib.metadata.version", lambda name: f"1.{name == library:d}")
    assert keys_of(setting).key("oracle", COMPRESSION) != before


def test_python_and_processor_change_the_key(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = keys_of(setting).key("oracle", COMPRESSION)
    for name, change in (
        ("platform.python_version", lambda: "3.99.0"),
        ("platform.machine", lambda: "abacus"),
        ("nerode.evaluation.baseline_cache._processor", lambda: "Abacus 3"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(name, change)
            assert keys_of(setting).key("oracle", COMPRESSION) != before
    assert keys_of(setting).key("oracle", COMPRESSION) == before


def test_cores_and_device_change_the_key_of_a_network_alone(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = keys_of(setting)
    names = ("untrained", "untrained:layers=1", "oracle")
    before = [keys.key(name, COMPRESSION) for name in names]
    for name, change in (("cores", lambda: 99), ("_device", lambda: "H1000")):
        with monkeypatch.context() as patch:
            patch.setattr(f"nerode.evaluation.baseline_cache.{name}", change)
            after = [keys.key(name, COMPRESSION) for name in names]
        assert [a != b for a, b in zip(before, after, strict=True)] == [True, True, False]


def test_the_name_of_the_processor_is_read(tmp_path: Path) -> None:
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Abacus: 3\nflags\t: a b\n")
    assert baseline_cache._processor(tmp_path / "cpuinfo") == "Abacus: 3"
    assert isinstance(baseline_cache._processor(tmp_path / "none"), str)


def test_maps_of_one_name_are_told_apart(town: World[Any]) -> None:
    assert isinstance(town, StreetMap)
    same = StreetMap(town.names, town.lat, town.lon, town.streets, name=town.name)
    fewer = StreetMap(town.names, town.lat, town.lon, town.streets[1:], name=town.name)
    assert digest_of_map(same) == digest_of_map(town)
    assert len({digest_of_map(each) for each in (town, moved(town), fewer)}) == 3


def test_a_change_of_the_source_changes_the_digest(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "a.py").write_text("1\n")
    (tmp_path / "folder" / "b.py").write_text("2\n")
    for path in tmp_path.rglob("*.py"):
        os.utime(path, (1000, 1000))
    first = digest_of_sources(tmp_path, loaded=2000)
    assert first == digest_of_sources(tmp_path, loaded=2000)
    (tmp_path / "folder" / "b.py").write_text("3\n")
    assert digest_of_sources(tmp_path, loaded=2000) is None  # changed since it was loaded
    os.utime(tmp_path / "folder" / "b.py", (1000, 1000))
    second = digest_of_sources(tmp_path, loaded=2000)
    (tmp_path / "folder" / "b.py").rename(tmp_path / "folder" / "c.py")
    third = digest_of_sources(tmp_path, loaded=2000)
    assert None not in (first, second, third)
    assert len({first, second, third}) == 3


def test_without_source_files_nothing_is_cached(tmp_path: Path) -> None:
    assert digest_of_sources(tmp_path) is None


@pytest.mark.slow
def test_the_files_of_a_folder_of_sequences_change_the_key(tmp_path: Path) -> None:
    world, folder = open_world("cups:n=3"), tmp_path / "sequences"
    write_sequences(world, "random", 60, 0, folder)
    corpus = folder_corpus(folder, world, 0)
    first = sequences_key(corpus, folder)
    assert first == sequences_key(corpus, folder) != sequences_key(corpus, None)
    shard = folder / "held_out-00000.parquet"
    os.utime(shard, (1000, 1000))
    second = sequences_key(corpus, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"seed": 5}))
    third = sequences_key(corpus, folder)
    assert len({json.dumps(each) for each in (first, second, third)}) == 3
    (folder / "manifest.json").unlink()
    assert sequences_key(corpus, folder) is None


def test_drawn_sequences_are_told_by_how_they_were_drawn() -> None:
    def drawn(source: str) -> Corpus:
        return Corpus(SequenceBatch.of([]), source, lambda _: SequenceBatch.of([]))

    keys = [sequences_key(drawn(source), None) for source in ("one way", "another")]
    assert keys[0] != keys[1]


def test_an_empty_variable_turns_the_cache_off(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus(SequenceBatch.of([]), "drawn", lambda _: SequenceBatch.of([]))
    monkeypatch.setenv("NERODE_CACHE", "")
    assert BaselineCache.of(setting, corpus, None, None, fresh=False) is None
    monkeypatch.setenv("NERODE_CACHE", "somewhere")
    assert BaselineCache.of(setting, corpus, None, None, fresh=False) is not None


def test_an_entry_that_is_too_large_is_not_kept(
    town: World[Any], cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nerode.evaluation.baseline_cache.LARGEST_ENTRY", 100)
    run(town, tmp_path / "a", metrics=["compression"], baselines=["oracle"])
    assert not cache.exists()


@pytest.mark.slow
def test_the_command_says_what_comes_from_the_cache(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    nerode = runner(monkeypatch, capsys)
    words = ["evaluate", "cups:n=3", "noisy-oracle:0.1", "--metrics", "compression"]
    words += ["--trials", "4", "--samples", "2", "--baselines", "oracle,uniform"]
    first, second = nerode(*words), nerode(*words)
    quiet, fresh = nerode(*words, "--quiet"), nerode(*words, "--fresh")
    assert (first.code, second.code, quiet.code, fresh.code) == (0, 0, 0, 0)
    assert first.out == second.out == quiet.out == fresh.out
    said = [line for line in second.err.splitlines() if "cache" in line]
    assert said == [
        f"oracle, uniform: from the cache in {cache.parent}; --fresh measures them again"
    ]
    assert quiet.err == ""
    assert not any("cache" in each.err for each in (first, fresh))
