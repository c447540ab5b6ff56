"""Engines without a cluster: order, errors, addresses, and names that are sent."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from nerode import __version__
from nerode.engine.processes import ForkedProcesses
from nerode.engine.ray_engine import ray_cluster
from nerode.engine.remote import answer, kind_of
from nerode.engine.reply import reply_of, value_of
from nerode.errors import InvalidParameter, ModelMismatch, NoTrial, Unreachable
from nerode.evaluation.recipe import with_whole_paths
from nerode.schema.shard import EvaluateCommand
from nerode.user_code import whole_name
from tests.engine.recipes import Squares, Wrong

pytestmark = pytest.mark.timeout(120)


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@pytest.mark.slow
def test_an_address_that_does_not_answer_is_told_within_seconds() -> None:
    begun = time.monotonic()
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(Unreachable, match="got no answer"), ray_cluster(address, __version__):
        pass
    assert time.monotonic() - begun < 30  # Ray itself waits for minutes


@pytest.mark.slow
@pytest.mark.parametrize("address", ["here", "ray://", "127.0.0.1:port", ":6379", "h:99999"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidParameter, match="expected a cluster as local, HOST:6379"):
        ray_cluster(address, __version__).__enter__()


def test_processes_give_results_in_order() -> None:
    def slower_at_first(item: int) -> bytes:
        time.sleep(0.02 / (1 + item))
        return str(item).encode()

    found = list(ForkedProcesses(3).map(slower_at_first, range(10)))
    assert found == [(item, str(item).encode()) for item in range(10)]


def test_an_error_is_raised_where_it_was_asked_for() -> None:
    with pytest.raises(ModelMismatch, match=r"^expected this, got 0$"):
        list(ForkedProcesses(2).map(Wrong(ours=True), range(4)))


def test_a_reply_holds_a_result_or_an_error() -> None:
    def no_trial() -> bytes:
        raise NoTrial("expected more, got none")

    def no_memory() -> bytes:
        raise MemoryError

    assert value_of(reply_of(lambda: b"1")) == b"1"
    with pytest.raises(NoTrial, match=r"^on there: expected more, got none$"):
        value_of(reply_of(no_trial, where="on there: "))
    with pytest.raises(MemoryError, match="out of memory"):
        value_of(reply_of(no_memory))


def test_a_worker_opens_a_recipe_once(tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    recipe = msgspec.msgpack.encode(Squares(opened=str(opened)))
    for item in (2, 3):
        reply = answer(kind_of(Squares()), recipe, msgspec.msgpack.encode(item), "here")
        assert value_of(reply) == str(item * item).encode()
    assert opened.read_text() == f"{os.getpid()}\n"


def test_names_do_not_depend_on_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lift.py").touch()
    (tmp_path / "model").mkdir()
    monkeypatch.chdir(tmp_path)
    for name, whole in {
        "lift.py:Lift?floors=9": f"{tmp_path}/lift.py:Lift?floors=9",
        "model": "model",
        "street-map:model": f"street-map:{tmp_path}/model",
        "midtown": "midtown",
        "ngram:3": "ngram:3",
        "package.module:Class?a=1": "package.module:Class?a=1",
        "noisy-oracle:0.1": "noisy-oracle:0.1",
    }.items():
        assert whole_name(name) == whole


def test_a_model_s_folder_is_sent_whole_and_a_world_s_name_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("midtown", "mine"):
        (tmp_path / name).mkdir()
    given: dict[str, Any] = dict.fromkeys(EvaluateCommand.__struct_fields__) | {"world": "midtown"}
    command = EvaluateCommand(**given | {"model": "mine", "baselines": ["ngram:2", "mine"]})
    sent = with_whole_paths(command)
    assert (sent.world, sent.model) == ("midtown", f"{tmp_path}/mine")
    assert sent.baselines == ["ngram:2", f"{tmp_path}/mine"]
