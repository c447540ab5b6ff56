"""Objectives: each loss beside one that is written out place by place; and in trainings."""

from __future__ import annotations

import json
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn.functional import smooth_l1_loss

from nerode.errors import InvalidParameter, ModelMismatch, UnknownName
from nerode.models.baselines.habits import habit_of
from nerode.models.hf.random_network import random_network
from nerode.models.hf.shape import Shape
from nerode.sequences.dataset import open_sequences
from nerode.training.batches import IGNORED, NUMBER, Batches
from nerode.training.objectives.objective import ObjectiveContext, Read
from nerode.training.objectives.registry import OBJECTIVES, ObjectiveSpec
from nerode.training.run import train
from nerode.worlds.habits import Habit
from nerode.worlds.registry import open_world
from nerode.worlds.world import first_labelled
from tests.training.test_train import SMALL, interrupted_after

WIDTH = 16


class Case:
    """A batch of walks through the town, read by a network with random weights."""

    def __init__(self, town: Path) -> None:
        opened = open_sequences(town)
        self.world: Any = open_world(opened.manifest.world)
        self.walks = opened.read("train").take(np.arange(6))
        symbols = len(self.world.alphabet)
        self.context = ObjectiveContext(
            world=self.world,
            policy="random",
            sequences_seed=opened.manifest.seed,
            width=WIDTH,
            first=symbols + 1,
            positions=128,
            seed=4,
        )
        network: Any = random_network("gpt2", self.world.alphabet, Shape(1, WIDTH, 2), 128, 0)
        self.network = network
        batch = next(iter(Batches(self.walks, symbols + 1, 6, 0)))
        self.read = Read(self.network, batch["input_ids"], batch["labels"], int(batch[NUMBER]))

    def loss(self, name: str) -> torch.Tensor:
        """One objective's loss on the batch."""
        return ObjectiveSpec.parse(name).open(self.context)(self.read)  # type: ignore[no-any-return]

    @property
    def places(self) -> list[tuple[int, int]]:
        """(row, column) of every symbol."""
        return [(r, c) for r, c in self.read.inside.nonzero().tolist()]


@pytest.fixture(scope="module")
def case(town: Path) -> Case:
    return Case(town)


def test_next_token_is_the_networks_own_loss(case: Case) -> None:
    own = case.network(input_ids=case.read.ids, labels=case.read.labels).loss
    assert case.loss("next-token").item() == pytest.approx(own.item(), rel=1e-6)


@pytest.mark.parametrize("kind", ["policy", "legal"])
def test_a_teacher_tells_the_whole_distribution(case: Case, kind: str) -> None:
    habit = habit_of(case.world, "random", 5)
    logs = case.read.logits.log_softmax(dim=-1)
    losses = []
    for row, sequence in enumerate(case.read.sequences()):
        memory: Any = habit.begin()
        for place, symbol in enumerate(sequence.tolist()):
            if kind == "policy":
                wanted = habit.expects(memory)
            else:
                legal = case.world.legal(case.world.run(sequence[:place].tolist()))
                wanted = np.zeros(len(case.world.alphabet))
                wanted[list(legal)] = 1 / len(legal)
            losses.append(
                -sum(
                    share * logs[row, place, at].item() for at, share in enumerate(wanted.tolist())
                )
            )
            memory = habit.after(memory, symbol)
    assert len(losses) == len(case.places)
    told = case.loss(f"legal-set:{kind}").item()
    assert told == pytest.approx(np.mean(losses), rel=1e-5)


def test_what_knows_the_policy_has_nothing_to_learn_from_its_teacher(case: Case) -> None:
    habit = habit_of(case.world, "random", 5)
    logits = torch.full((*case.read.ids.shape, len(case.world.alphabet) + 2), -1e9)
    for row, sequence in enumerate(case.read.sequences()):
        along = torch.from_numpy(habit.along(sequence))
        logits[row, : len(along), : along.shape[1]] = along.log().clamp(min=-1e9)
    logits.requires_grad_()
    known = Read(case.network, case.read.ids, case.read.labels, 0)
    known.__dict__["output"] = SimpleNamespace(logits=logits)
    ObjectiveSpec.parse("legal-set:policy").open(case.context)(known).backward()
    assert logits.grad is not None
    assert logits.grad.abs().max() < 1e-6


def test_a_teacher_of_a_policy_that_is_not_known(case: Case) -> None:
    other = ObjectiveContext(**{**vars(case.context), "policy": "strong"})
    with pytest.raises(ModelMismatch, match="strong"):
        ObjectiveSpec.parse("legal-set:policy").open(other)


@pytest.mark.parametrize("policy", ["shortest", "noisy", "random", "wandering"])
def test_a_habit_along_a_walk_is_that_of_every_place(case: Case, policy: str) -> None:
    habit = habit_of(case.world, policy, 5)
    for sequence in case.read.sequences():
        assert np.array_equal(habit.along(sequence), Habit.along(habit, sequence))
        rows = habit.along(sequence)
        assert np.allclose(rows.sum(axis=1), 1)
    assert habit.along(np.zeros(0, dtype=np.int64)).shape[0] == 0


@pytest.mark.slow
def test_next_latent_follows_its_own_predictions(case: Case) -> None:
    objective: Any = ObjectiveSpec.parse("next-latent:steps=3,weight=0.5,agreement=0.2").open(
        case.context
    )
    hidden = case.read.hidden
    embedding = case.network.get_input_embeddings()
    head = case.network.get_output_embeddings()
    per_step = []
    for steps in (1, 2, 3):
        found = []
        for row, column in case.places:
            if column < steps:
                continue
            latent = hidden[row, column - steps]
            for further in range(steps):
                token = case.read.ids[row, column - steps + further + 1]
                latent = latent + objective.dynamics(torch.cat((latent, embedding(token))))
            wanted = hidden[row, column]
            before, after = head(wanted).softmax(-1), head(latent).log_softmax(-1)
            apart = (before * (before.log() - after)).sum()
            found.append((smooth_l1_loss(latent, wanted) + 0.2 * apart).item())
        per_step.append(np.mean(found))
    expected = case.loss("next-token").item() + 0.5 * np.mean(per_step)
    assert objective(case.read).item() == pytest.approx(expected, rel=1e-5)


def test_multi_token_predicts_what_is_further_on(case: Case) -> None:
    objective: Any = ObjectiveSpec.parse("multi-token:ahead=3").open(case.context)
    head = case.network.get_output_embeddings()
    total = case.loss("next-token").item()
    for ahead in (2, 3):
        found = []
        for row, column in case.places:
            if column < ahead:
                continue
            hidden = case.read.hidden[row, column - ahead]
            logs = head(hidden + objective.heads[ahead - 2](hidden)).log_softmax(-1)
            found.append(-logs[case.read.labels[row, column]].item())
        total += float(np.mean(found))
    assert objective(case.read).item() == pytest.approx(total / 3, rel=1e-5)


def test_state_predicts_the_crossing(case: Case) -> None:
    objective: Any = ObjectiveSpec.parse("state:weight=2").open(case.context)
    begins = first_labelled(case.world.prompt_length)
    found = []
    for row, sequence in enumerate(case.read.sequences()):
        for place, known in enumerate(case.world.labels(sequence.tolist())):
            logs = objective.head(case.read.hidden[row, begins + place]).log_softmax(-1)
            found.append(-logs[int(known[0])].item())
    expected = case.loss("next-token").item() + 2 * np.mean(found)
    assert objective(case.read).item() == pytest.approx(expected, rel=1e-5)
    last = case.world.run(sequence[: begins + len(case.world.labels(sequence.tolist())) - 1])
    assert case.world.legal(last), "states are told up to the last symbol"


def test_state_needs_features() -> None:
    world: Any = open_world("cayley:n=4")
    context = ObjectiveContext(world, "random", 0, WIDTH, 9, 64, 0)
    if hasattr(world, "features"):
        pytest.fail("this test needs a world without features")
    with pytest.raises(InvalidParameter, match="features"):
        ObjectiveSpec.parse("state").open(context)


def test_consistency_is_zero_where_the_history_says_nothing(case: Case) -> None:
    plain = case.loss("next-token").item()
    assert case.loss("consistency:pairs=8").item() > plain + 1e-4
    forgetful = Case.__new__(Case)
    forgetful.__dict__ |= vars(case)
    network: Any = random_network("gpt2", case.world.alphabet, Shape(1, WIDTH, 2), 128, 0)
    with torch.no_grad():
        for name, weight in network.named_parameters():
            if "ln_f" in name:
                weight.zero_()
    forgetful.read = Read(network, case.read.ids, case.read.labels, 0)
    even = forgetful.loss("next-token").item()
    assert even == pytest.approx(math.log(len(case.world.alphabet) + 2))
    assert forgetful.loss("consistency:pairs=8").item() == pytest.approx(even, abs=1e-6)


def test_consistency_draws_other_pairs_in_every_batch_and_the_same_in_the_same(case: Case) -> None:
    objective = ObjectiveSpec.parse("consistency:pairs=2").open(case.context)
    found = [
        objective(Read(case.network, case.read.ids, case.read.labels, number)).item()
        for number in (0, 1, 0)
    ]
    assert found[0] == found[2] != found[1]


@pytest.mark.parametrize("main", ["next-token", "legal-set:policy", "legal-set:legal"])
def test_additions_are_added_to_any_objective(case: Case, main: str) -> None:
    """What is added is the same whatever it is added to: its loss alone less the next token's."""
    alone = case.loss("next-token").item()
    state = case.loss("state").item() - alone
    latent = case.loss("next-latent:weight=0.5").item() - alone
    both = case.loss(f"{main}+state:weight=2+next-latent:weight=0.5").item()
    assert both == pytest.approx(case.loss(main).item() + 2 * state + latent, rel=1e-5)


def test_what_is_added_trains_its_heads(case: Case) -> None:
    objective = ObjectiveSpec.parse("legal-set:policy+state").open(case.context)
    assert len(list(objective.parameters())) == 2
    objective(case.read).backward()
    assert all(part.grad is not None and part.grad.any() for part in objective.parameters())


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name in OBJECTIVES if name != "next-token"])
def test_a_training_by_it_learns_the_next_symbol(town: Path, tmp_path: Path, name: str) -> None:
    begun = train(town, tmp_path / "short", epochs=0.1, objective=name, seed=3, **SMALL)
    done = train(town, tmp_path / "long", epochs=2, objective=name, seed=3, **SMALL)
    assert done["training"]["settings"]["objective"] == name
    assert done["training"]["held_out_loss"] < begun["training"]["held_out_loss"] - 0.3


@pytest.mark.long
@pytest.mark.parametrize(
    "name", ["next-latent", "consistency:pairs=2", "legal-set:policy+state:weight=0.5"]
)
def test_a_stopped_training_goes_on_with_its_heads(
    town: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    terms: Any = {"epochs": 1, "seed": 3, "objective": name, **SMALL}
    train(town, tmp_path / "whole", **terms)
    with monkeypatch.context() as patched:
        interrupted_after(tmp_path / "parts", patched, step=5)
        with pytest.raises(KeyboardInterrupt):
            train(town, tmp_path / "parts", **terms)
    train(town, tmp_path / "parts", resume=True, **terms)
    weights = [(tmp_path / part / "model.safetensors").read_bytes() for part in ("whole", "parts")]
    assert weights[0] == weights[1]
    assert not (tmp_path / "whole" / "objective.safetensors").exists()
    record = json.loads((tmp_path / "whole" / "nerode.json").read_text())
    assert record["training"]["settings"]["objective"] == name


@pytest.mark.parametrize(
    ("text", "error", "words"),
    [
        ("next-latnt", UnknownName, "did you mean next-latent"),
        ("legal-set", UnknownName, "legal-set:policy"),
        ("next-latent:stepz=4", InvalidParameter, r"parameters of next-latent \(steps, weight"),
        ("next-latent:steps=4,steps=5", InvalidParameter, "once each"),
        ("next-latent:steps=two", InvalidParameter, "a whole number, got 'two'"),
        ("state:weight=nan", InvalidParameter, "finite"),
        ("next-token:weight=1", InvalidParameter, "none"),
        ("state+next-token", InvalidParameter, r"behind \+ what can be added"),
        ("state+multi-token", InvalidParameter, r"\(next-latent, state, consistency\)"),
        ("state+state", InvalidParameter, "every objective once"),
        ("state+", UnknownName, "expected an objective"),
    ],
)
def test_what_is_no_objective_is_named(text: str, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        ObjectiveSpec.parse(text)


@pytest.mark.parametrize(
    "text", ["next-latent:steps=0", "multi-token:ahead=1", "consistency:pairs=0"]
)
def test_values_out_of_range(case: Case, text: str) -> None:
    with pytest.raises(InvalidParameter, match="at least"):
        case.loss(text)


def test_names_are_written_one_way() -> None:
    spec = ObjectiveSpec.parse("next-latent:weight=0.50,steps=2")
    assert str(spec) == "next-latent:steps=2,weight=0.5"
    assert ObjectiveSpec.parse(str(spec)) == spec
    assert IGNORED < 0
