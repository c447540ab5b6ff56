"""Evaluations of networks with other people's tokenizers: what is said, counted and refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, pre_tokenizers
from tokenizers import models as kinds
from transformers import AutoTokenizer, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from nerode import evaluate
from nerode.errors import InvalidParameter, ModelMismatch, RunMismatch
from nerode.metrics.probe import probe as probe_metric
from nerode.models.bundled import folder_of
from nerode.models.hf.first_token import NO_FIRST
from nerode.models.hf.tokenizer import FIRST, tokenizer
from nerode.models.registry import open_model
from nerode.sequences.dataset import draw_sequences, open_sequences, write_sequences
from nerode.worlds.registry import open_world
from nerode.worlds.streets.street_map import StreetMap
from tests.models.tokenizers_of import BEGIN, UNKNOWN, in_front, saved, texts_of, wordlevel
from tests.sequences.maps import grid
from tests.terminal import Nerode, runner

FOUR = open_world("connect-four:rows=2")
TOWN = grid(4, 5)
FEW: dict[str, Any] = {"trials": 6, "samples": 2, "length": 6, "baselines": ()}


@pytest.fixture
def nerode(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nerode:
    return runner(monkeypatch, capsys)


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("four")
    saved(wordlevel(texts_of(FOUR, 50)), folder, bos_token=BEGIN)
    return folder


@pytest.mark.slow
def test_the_first_token_is_in_the_record_on_the_terminal_and_on_the_page(
    four: Path, tmp_path: Path, nerode: Nerode
) -> None:
    out, page = tmp_path / "run", tmp_path / "page.html"
    words = ("evaluate", FOUR.name, four, "--metrics", "next_symbol", "--trials", 4, "--out", out)
    said = nerode(*words, "--baselines", "none", "--first-token", "none")
    assert said.code == 0, said.err
    assert "First token: none (as told)." in " ".join(said.out.split())
    record = json.loads((out / "evaluation.json").read_text())
    assert record["parameters"]["first_token"] == NO_FIRST
    assert record["tokens"]["first"] is None
    assert nerode("report", out, "--out", page).code == 0
    html = page.read_text()
    assert "<dt>first_token</dt><dd>none</dd>" in html
    assert "<p>First token: none (as told).</p>" in html
    again = nerode(*words, "--baselines", "none")
    assert again.code == 2
    assert "expected the first-token this run was begun with (none), got <s>" in again.err


@pytest.mark.slow
def test_the_first_token_makes_the_numbers(four: Path, tmp_path: Path) -> None:
    terms = FEW | {"metrics": ["next_symbol"], "out": tmp_path / "run"}
    usual = evaluate(FOUR, str(four), **terms).record
    assert usual["parameters"]["first_token"] == BEGIN
    with pytest.raises(RunMismatch, match=r"first-token this run was begun with \(<s>\), got none"):
        evaluate(FOUR, str(four), first_token=NO_FIRST, **terms)
    assert (
        evaluate(FOUR, str(four), first_token=BEGIN, **terms).record["metrics"]
        == (usual["metrics"])
    )
    other = evaluate(FOUR, str(four), first_token=NO_FIRST, **(terms | {"out": None})).record
    assert (
        other["metrics"]["next_symbol"]["legal"]["n"]
        < usual["metrics"]["next_symbol"]["legal"]["n"]
    )


@pytest.mark.slow
def test_a_model_that_has_no_first_token_to_choose(four: Path) -> None:
    with pytest.raises(InvalidParameter, match="which has none to choose"):
        evaluate(FOUR, "uniform", first_token=NO_FIRST, **FEW)
    with pytest.raises(InvalidParameter, match="expected a first token with a Hugging Face folder"):
        evaluate(FOUR, open_model(str(four), FOUR), first_token=NO_FIRST, **FEW)
    record = evaluate(FOUR, "uniform", metrics=["next_symbol"], **FEW).record
    assert "first_token" not in record["parameters"]
    assert "notes" not in record


def lacking(folder: Path, *names: str) -> Path:
    """A network whose vocabulary has all symbols of the town but these."""
    words = [UNKNOWN, BEGIN, *(name for name in TOWN.alphabet if name not in names)]
    inner = Tokenizer(kinds.WordLevel({word: i for i, word in enumerate(words)}, unk_token=UNKNOWN))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    saved(in_front(inner, BEGIN), folder, unk_token=UNKNOWN)
    return folder


@pytest.mark.slow
def test_histories_with_a_symbol_that_is_lacking_are_skipped_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A corner that few rides begin or end at: every metric goes round it."""
    monkeypatch.setattr(probe_metric, "STEPS", 5)
    monkeypatch.setattr("nerode.models.hf.token_check.MOST_UNREADABLE", 0.3)
    write_sequences(TOWN, "shortest", 300, 1, tmp_path / "rides", held_out=0.3)
    held_out = open_sequences(tmp_path / "rides").read("held_out")
    corner = TOWN.index["c7"]
    using = sum(corner in row for row in held_out)
    assert 0 < using < 0.3 * len(held_out)
    metrics = ["next_symbol", "traversal", "compression", "distinction", "detours"]
    record = evaluate(
        TOWN,
        str(lacking(tmp_path / "model", "c7")),
        [*metrics, "reconstruction", "probe"],
        **(FEW | {"trials": len(held_out), "sequences": tmp_path / "rides"}),
    ).record
    reason = "with a symbol that the model's vocabulary lacks"
    skipped = record["skipped"]
    assert skipped["next_symbol"] == {f"sequence {reason}": using}
    assert skipped["probe"] == {f"sequence {reason}": using}
    for metric in ("traversal", "detours", "reconstruction"):
        assert skipped[metric] == {f"prompt {reason}": using}
    for metric in ("compression", "distinction"):
        assert skipped[metric][f"history {reason}"] > 0
    assert record["tokens"]["absent"] == ["c7"]
    assert record["tokens"]["unreadable"] == using
    assert f"{using} of {len(held_out)} held-out sequences use them" in " ".join(record["notes"])


@pytest.mark.slow
def test_a_turn_that_is_lacking_is_never_forced(tmp_path: Path) -> None:
    """Detours are legal turns that the model can read."""
    model = open_model(str(lacking(tmp_path, "NE")), TOWN)
    turn = TOWN.index["NE"]
    state = TOWN.run(TOWN.encode("c0 c19"))
    assert turn in TOWN.legal(state)
    sequences = draw_sequences(TOWN, "shortest", 60, 2)
    sequences = sequences.take([turn not in row for row in sequences])
    from nerode.metrics.detours import measure  # noqa: PLC0415
    from tests.metrics.conftest import setting_of  # noqa: PLC0415

    setting = setting_of(TOWN, sequences=sequences, trials=len(sequences))
    records = list(measure(setting, model, range(len(sequences))))
    assert len(records) == len(sequences)


def test_too_many_sequences_with_symbols_that_are_lacking_are_refused(tmp_path: Path) -> None:
    folder = lacking(tmp_path, "E")
    with pytest.raises(ModelMismatch, match=r"\(E\), which \d+ of 6 held-out sequences use"):
        evaluate(TOWN, str(folder), metrics=["next_symbol"], **FEW)


def test_a_tokenizer_for_the_text_of_sequences(tmp_path: Path, nerode: Nerode) -> None:
    folder, text = tmp_path / "tokenizer", tmp_path / "games.txt"
    said = nerode(
        *("sequences", FOUR.name, "--policy", "random", "--count", 20, "--out", tmp_path / "s"),
        *("--text", text, "--tokenizer", folder),
    )
    assert said.code == 0, said.err
    assert f"{folder}: a tokenizer of 9 tokens" in said.out
    auto: Any = AutoTokenizer
    opened = auto.from_pretrained(folder, local_files_only=True)
    for line in text.read_text().splitlines():
        assert opened(line)["input_ids"] == [opened.bos_token_id, *FOUR.encode(line)]
    again = nerode(
        *("sequences", FOUR.name, "--policy", "random", "--count", 20, "--out", tmp_path / "t"),
        *("--tokenizer", folder),
    )
    assert again.code == 2
    assert again.err.count("\n") == 1
    assert "expected a folder without a tokenizer" in again.err
    assert not (tmp_path / "t").exists(), "said before anything is drawn"


def small_network(folder: Path, size: int, begin: int) -> None:
    config = GPT2Config(
        vocab_size=size,
        n_positions=128,
        n_embd=16,
        n_layer=1,
        n_head=2,
        bos_token_id=begin,
        eos_token_id=None,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        GPT2LMHeadModel(config).save_pretrained(folder)


@pytest.mark.slow
def test_midtown_takes_a_model_of_its_own_text(tmp_path: Path, nerode: Nerode) -> None:
    """The recipe of the README: a WordLevel tokenizer trained on white space, a GPT-2."""
    rides, text, model = tmp_path / "rides", tmp_path / "rides.txt", tmp_path / "model"
    said = nerode(
        *("sequences", "midtown", "--policy", "shortest", "--count", 20_000),
        *("--out", rides, "--text", text),
    )
    assert said.code == 0, said.err
    inner = wordlevel(text.read_text().splitlines())
    fast: Any = PreTrainedTokenizerFast
    fast(tokenizer_object=inner, unk_token=UNKNOWN, bos_token=BEGIN).save_pretrained(model)
    small_network(model, inner.get_vocab_size(), 1)
    said = nerode(
        *("evaluate", "midtown", model, "--sequences", rides, "--trials", 6, "--samples", 2),
        *("--metrics", "next_symbol,compression,traversal", "--baselines", "none", "--json"),
    )
    assert said.code == 0, said.err
    assert json.loads(said.out)["metrics"]["next_symbol"]["legal"]["n"] > 50


@pytest.mark.slow
@pytest.mark.parametrize("bundled", ["midtown-shortest", "midtown-random"])
def test_the_bundled_models_are_measured_as_ever(bundled: str) -> None:
    """Their vocabularies have E and W, which no street has: what they say of others is the same."""
    folder = folder_of(bundled)
    world = open_world("midtown")
    assert isinstance(world, StreetMap)
    old = world.with_unused_symbols()
    ours, theirs = (open_model(str(folder), each) for each in (world, old))
    row = draw_sequences(world, "shortest", 1, 0)[0].tolist()
    way = world.decode(row[:6])
    numbers = [old.index[name] for name in world.alphabet]
    given = ours.read([world.encode(way)]).probabilities
    whole = theirs.read([old.encode(way)]).probabilities
    assert np.array_equal(given[0], whole[0, numbers])
    record = evaluate(world, str(folder), ["next_symbol"], **FEW).record
    assert record["parameters"]["first_token"] == FIRST
    assert record["tokens"]["losses"] == {}, "training by nerode knows its first token"
    assert record["tokens"]["absent"] == []
    assert "shortest, drawn" in record["parameters"]["sequences"] or "random" in bundled


def test_a_folder_of_our_training_needs_no_text(tmp_path: Path) -> None:
    """Numbers are trained on there, so names that no text could hold apart are no trouble."""
    world = StreetMap(
        ["send", "end-way"], [40, 40.1], [0, 0], [(0, "N", 1), (1, "S", 0)], name="town"
    )
    vocabulary = {name: i for i, name in enumerate((*world.alphabet, "<pad>", "<bos>"))}
    inner = Tokenizer(kinds.WordLevel(vocabulary))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    saved(inner, tmp_path, bos_token="<bos>", eos_token="end")  # noqa: S106
    with pytest.raises(ModelMismatch):
        open_model(str(tmp_path), world)
    record = {"world": "town", "policy": "random", "sequences_seed": 0, "held_out": 0.1}
    (tmp_path / "nerode.json").write_text(
        json.dumps({"format_version": 1, **record, "training": {}})
    )
    model: Any = open_model(str(tmp_path), world)
    assert model.tokens.tolist() == list(range(len(world.alphabet)))
    assert model.first_choice.name == "<bos>"
    assert tokenizer(world.alphabet).eos_token is None
