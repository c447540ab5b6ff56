"""Ray with two nodes on this machine: the same results, whatever is killed meanwhile."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from nerode import __version__
from nerode.engine.processes import ForkedProcesses
from nerode.engine.ray_engine import RETRIES, RayEngine, ray_cluster
from nerode.errors import (
    InvalidParameter,
    MissingFile,
    ModelMismatch,
    WorkerLost,
    WorkerUnfit,
)
from nerode.evaluation.command import command_of
from nerode.evaluation.evaluation import evaluate
from nerode.evaluation.plan import EvaluationOptions, choose_metrics, plan_of_evaluation
from nerode.evaluation.recipe import EvaluationRecipe
from nerode.metrics.next_symbol import NEXT_SYMBOL
from nerode.models.bundled import folder_of
from nerode.sequences.dataset import open_sequences, write_sequences
from nerode.series.series import Series
from nerode.sweep.arms import arms_of
from nerode.sweep.config import SweepConfig
from nerode.sweep.folder import SweepFolder
from nerode.sweep.process import CellCommand, SweepRecipe
from nerode.sweep.run import run_sweep
from nerode.worlds.registry import open_world
from tests.engine.recipes import KilledOnce, Squares, Wrong
from tests.run_folders import lines, result
from tests.sweep.test_run import table
from tests.towns import rough_town

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[2]
NUMBERS = list(range(40))
SQUARES = {number: str(number * number).encode() for number in NUMBERS}


def run_command(words: list[str]) -> None:
    """Run a command of nerode, in a process of its own."""
    code = [sys.executable, "-c", "from nerode.cli import main; main()", *words, "--quiet"]
    subprocess.run(code, check=True, stdout=subprocess.DEVNULL, timeout=200)


class TwoNodes:
    """A head without processors, and two nodes that work."""

    def __init__(self) -> None:
        from ray.cluster_utils import Cluster  # noqa: PLC0415 - takes a second

        self.cluster: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
        self.nodes = [self.add(), self.add()]

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def add(self, path: Path = ROOT) -> Any:
        """One more node with one processor, whose Python looks for modules in `path` first."""
        environment = {"PYTHONPATH": str(path), "OMP_NUM_THREADS": "1", "RAY_worker_niceness": "0"}
        return self.cluster.add_node(num_cpus=1, env_vars=environment)

    def remove(self, node: Any) -> None:
        """End a node as a power cut would."""
        self.cluster.remove_node(node, allow_graceful=False)


@pytest.fixture
def nodes(monkeypatch: pytest.MonkeyPatch) -> Iterator[TwoNodes]:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    made = TwoNodes()
    try:
        yield made
    finally:
        made.cluster.shutdown()


@pytest.fixture
def engine(nodes: TwoNodes) -> Iterator[RayEngine]:
    with ray_cluster(nodes.address, __version__) as engine:
        yield engine


def test_results_are_those_of_processes_and_a_recipe_is_opened_once_a_worker(
    engine: RayEngine, tmp_path: Path
) -> None:
    assert engine.processors == 2
    opened = tmp_path / "opened"
    found = dict(engine.map(Squares(opened=str(opened)), NUMBERS))
    assert found == SQUARES == dict(ForkedProcesses(2).map(Squares(), NUMBERS))
    workers = opened.read_text().split()
    assert len(workers) == len(set(workers)) <= 2
    assert dict(engine.map(Squares(), [])) == {}


def test_errors_come_back_as_they_are(engine: RayEngine) -> None:
    where = socket.gethostname()
    with pytest.raises(ModelMismatch, match=f"^on {where}: expected this, got "):
        list(engine.map(Wrong(ours=True), NUMBERS))
    with pytest.raises(ZeroDivisionError, match="a mistake of ours"):
        list(engine.map(Wrong(ours=False), NUMBERS))
    with pytest.raises(InvalidParameter, match="expected a recipe that other machines can open"):
        list(engine.map(lambda _: b"", NUMBERS))
    assert dict(engine.map(Squares(), NUMBERS)) == SQUARES, "the cluster is as it was"


def test_a_worker_that_is_killed_is_replaced(engine: RayEngine, tmp_path: Path) -> None:
    flag = tmp_path / "killed"
    assert dict(engine.map(KilledOnce(flag=str(flag)), NUMBERS)) == SQUARES
    assert flag.exists()


def test_a_node_that_is_lost_is_done_without(nodes: TwoNodes, engine: RayEngine) -> None:
    found = {}
    for count, (place, value) in enumerate(engine.map(Squares(seconds=0.1), NUMBERS)):
        found[place] = value
        if count == 4:
            nodes.remove(nodes.nodes[0])
    assert found == SQUARES


OPTIONS: dict[str, Any] = {
    "trials": 200,
    "samples": 5,
    "length": 20,
    "metrics": ["next_symbol", "compression", "distinction"],
    "baselines": ["ngram:2", "noisy-oracle:0.05"],
    "fresh": True,
}


def test_a_record_is_the_same_as_that_of_this_machine(engine: RayEngine, tmp_path: Path) -> None:
    """Of a network too: batches are the same, so that rounding is."""
    here, there = tmp_path / "here", tmp_path / "there"
    evaluate("midtown", "midtown-shortest", out=here, **OPTIONS)
    evaluate("midtown", "midtown-shortest", out=there, engine=engine, **OPTIONS)
    assert sorted(lines(here)) == sorted(lines(there))
    assert result(here) == result(there)


def test_killed_and_begun_again_it_is_the_same(nodes: TwoNodes, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    evaluate("cayley:n=5", "ngram:3", out=here, **OPTIONS)
    words = ["evaluate", "cayley:n=5", "ngram:3", "--trials", "200", "--samples", "5", "--length"]
    words += ["20", "--metrics", ",".join(OPTIONS["metrics"]), "--baselines"]
    words += [",".join(OPTIONS["baselines"]), "--out", str(there), "--cluster", nodes.address]
    command = [sys.executable, "-c", "from nerode.cli import main; main()", *words, "-q"]
    driver = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    trials = there / "trials.jsonl"
    while not (trials.exists() and trials.stat().st_size):
        assert driver.poll() is None, "it ended before a trial was written"
        time.sleep(0.02)
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert set(lines(here)) == set(lines(there))
    assert result(here) == result(there)


def recipe_of(model: str) -> EvaluationRecipe:
    fields: dict[str, Any] = dict.fromkeys(EvaluationOptions.__annotations__)
    fields |= OPTIONS | {"epsilon": 0.01, "curve": True, "protocol": "exact", "depth": 5, "seed": 0}
    options = EvaluationOptions(**fields | {"dtype": "float32"})
    world = open_world("cayley:n=5")
    plan = plan_of_evaluation(world, model, options, choose_metrics(world, options), cached=False)
    return EvaluationRecipe.of(command_of("cayley:n=5", model, options), plan)


def test_what_a_worker_does_not_have_is_said(engine: RayEngine) -> None:
    recipe = recipe_of("oracle")
    items = [(None, "next_symbol", (0, 1))]
    assert [place for place, _ in engine.map(recipe, items)] == [0]
    gone = structs.replace(recipe, command=structs.replace(recipe.command, model="/no/model"))
    with pytest.raises((MissingFile, ModelMismatch, LookupError), match=r"^on .*/no/model"):
        list(engine.map(gone, items))
    another = "0123456789abcdef"
    for other in (
        structs.replace(recipe, world=structs.replace(recipe.world, plan=another)),
        structs.replace(recipe, weights=another),
    ):
        with pytest.raises(WorkerUnfit, match=r"expected the .* 0123456789ab, got "):
            list(engine.map(other, items))


NONE = "raise ImportError('No module named nerode')"
OLD = "module = types.ModuleType(name); module.__version__ = '0.0.1'; module.__path__ = []"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (NONE, r"expected nerode .* got No module named"),
        (OLD, r"expected nerode .*, as here, got 0\.0\.1"),
    ],
    ids=["without nerode", "another version"],
)
def test_a_machine_that_lacks_nerode_says_so(
    content: str, said: str, nodes: TwoNodes, tmp_path: Path
) -> None:
    # Python runs this file when it starts; all workers of the machine find such a nerode first.
    (tmp_path / "sitecustomize.py").write_text(f"""
import sys, types
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

class Other(MetaPathFinder, Loader):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "nerode":
            return ModuleSpec(name, self, is_package=True)
    def create_module(self, spec):
        name = spec.name
        {content}
        return module
    def exec_module(self, module):
        pass

sys.meta_path.insert(0, Other())
""")
    for node in nodes.nodes:
        nodes.remove(node)
    nodes.add(tmp_path)
    with (
        ray_cluster(nodes.address, __version__) as engine,
        pytest.raises(WorkerUnfit, match=said),
    ):
        list(engine.map(Squares(), NUMBERS))


def test_what_is_lost_again_and_again_is_told(engine: RayEngine, tmp_path: Path) -> None:
    always = KilledOnce(flag=str(tmp_path / "killed"), always=True)
    with pytest.raises(WorkerLost, match=rf"after {RETRIES} retries, got .*(died|crashed)"):
        list(engine.map(always, NUMBERS[5:6]))


def test_sequences_and_noise_are_the_same(
    nodes: TwoNodes, engine: RayEngine, tmp_path: Path
) -> None:
    assert engine.processors == 2
    game, games = "othello:size=6", tmp_path / "games"
    words = ["sequences", game, "--policy", "strong", "--count", "5000", "--out", str(games)]
    run_command([*words, "--cluster", nodes.address])
    expected = write_sequences(open_world(game), "strong", 5000, 0, tmp_path / "here")
    assert open_sequences(games).manifest == expected
    for split in ("train", "held_out"):
        one, other = (open_sequences(each).read(split) for each in (games, tmp_path / "here"))
        assert (one.symbols == other.symbols).all()
        assert (one.offsets == other.offsets).all()
    town = rough_town(tmp_path / "town")
    write_sequences(open_world(town), "random", 200, 1, tmp_path / "walks")
    words = ["reconstruct", town, str(tmp_path / "walks"), "--noise", "0.05", "--out"]
    run_command([*words, str(tmp_path / "alone")])
    run_command([*words, str(tmp_path / "shared"), "--cluster", nodes.address])
    assert result(tmp_path / "alone") == result(tmp_path / "shared")


def test_world_and_model_must_be_named(engine: RayEngine) -> None:
    with pytest.raises(InvalidParameter, match="expected the world by its name"):
        evaluate(open_world("cayley:n=5"), "oracle", engine=engine)
    with pytest.raises(InvalidParameter, match="expected metrics by their names"):
        evaluate("cayley:n=5", "oracle", [NEXT_SYMBOL], engine=engine)


def test_a_sweep_survives_the_loss_of_a_node(
    nodes: TwoNodes, engine: RayEngine, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    config = SweepConfig(
        arms=arms_of(["layers=1", "width=16", "count=1000"], ["heads=2"]),
        seeds=1,
        epochs=1.0,
        metrics=["next_symbol"],
        trials=10,
        measure=None,
    )
    assert not any(each.failed for each in run_sweep("cups", config, here, jobs=1))

    def lose_one() -> None:
        while len(list(there.glob("logs/*.log"))) < 2:
            time.sleep(0.05)
        nodes.remove(nodes.nodes[0])

    losing = threading.Thread(target=lose_one)
    losing.start()
    ended = list(run_sweep("cups", config, there, engine=engine))
    losing.join()
    assert [each.failed for each in ended] == [None, None]
    assert table(there) == table(here)


def test_a_sweep_s_folder_must_be_there(engine: RayEngine, tmp_path: Path) -> None:
    command = CellCommand(SweepFolder(tmp_path / "none"), "cups", ["next_symbol"], 1)
    with pytest.raises(MissingFile, match=r"^on .*expected a sweep, got no file"):
        list(engine.map(SweepRecipe.of(command), [("next-token", 0)]))


def test_a_series_over_checkpoints_is_the_same(engine: RayEngine, tmp_path: Path) -> None:
    checkpoint = folder_of("midtown-shortest")
    found = []
    for name, who in (("here", None), ("there", engine)):
        series = Series(
            "midtown",
            ["next_symbol", "compression"],
            trials=40,
            out=tmp_path / name,
            baselines=["noisy-oracle:0.1"],
            engine=who,
        )
        found.append(series(checkpoint, 10).record)
        assert series.steps == [10]
    assert found[0] == found[1]
