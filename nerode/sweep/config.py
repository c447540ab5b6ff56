"""What a sweep is asked: its arms, how long each is trained, what every model is measured by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from nerode.errors import InvalidParameter
from nerode.metrics.registry import METRICS, GivenMetric, metrics_of
from nerode.schema.sweep import SweepArm, SweepTerms
from nerode.sequences.mixed import mixed_name, random_among
from nerode.sequences.policies import check_policy, policies_of
from nerode.sequences.split import check_seed
from nerode.sweep.arms import Arm
from nerode.training.objectives.registry import ObjectiveSpec
from nerode.worlds.fingerprint import plan_of
from nerode.worlds.world import AnyWorld

SWEEP_TRIALS = 200
SWEEP_MINUTES = 20.0
"""Length of each training where nobody says it."""
_PREFERRED = "shortest"
_NOT_ASKED = ("traversal", "probe")
"""Metrics that are left out unless they are named: the first is half of detours, the second takes
minutes."""


@dataclass(frozen=True)
class SweepConfig:
    """A sweep: every arm is trained once for each seed, and every model is asked the same.

    Attributes
    ----------
    arms
        What is compared; the first is what others are held against unless a report is told
        otherwise.
    seeds
        Trainings of each arm, of seeds 0 to `seeds` - 1: initial weights and the order of batches.
    minutes, epochs
        Length of each training, one of the two.
    clock
        What minutes are (`Settings`). None for processor time, which makes trainings comparable
        that share a machine with other work, or wall time where they use a GPU.
    measure
        Share of each training's time for its series; None for no series.
    metrics
        Names of metrics that every model is asked at its end; None for those that the world can
        have but `traversal` and `probe`.
    trials, samples, length, histories
        As `evaluate` takes them.
    seed
        Of sequences and trials.
    threads
        Of each training.

    Raises InvalidParameter for numbers outside their range.
    """

    arms: Sequence[Arm]
    seeds: int = 3
    minutes: float | None = None
    epochs: float | None = None
    clock: str | None = None
    measure: float | None = 0.05
    metrics: Sequence[GivenMetric] | None = None
    trials: int = SWEEP_TRIALS
    samples: int = 30
    length: int = 100
    histories: str | None = None
    seed: int = 0
    threads: int = 1

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.epochs is None):
            raise InvalidParameter("expected --minutes or --epochs, one of them, for each training")
        for name in ("seeds", "trials", "threads"):
            if getattr(self, name) < 1:
                raise InvalidParameter(f"expected {name} of at least 1, got {getattr(self, name)}")
        if self.measure is not None and not 0 < self.measure < 1:
            message = f"expected a share to measure in from 0 to 1, got {self.measure:g}"
            raise InvalidParameter(message)
        check_seed(self.seed)
        for arm in self.arms:
            arm.settings.training(
                minutes=self.minutes, epochs=self.epochs, clock=self.what_minutes_are
            )

    @property
    def what_minutes_are(self) -> str:
        """The clock, or the one that fits this machine."""
        return self.clock or ("wall" if has_gpu() else "cpu")

    def metric_names(self, world: AnyWorld) -> list[str]:
        """What every model is asked, by name.

        Raises UnknownName and InvalidParameter as `evaluate` does, and for a metric that has no
        name on a command line: trainings have processes of their own.
        """
        if self.metrics is None:
            return [
                name
                for name, metric in METRICS.items()
                if not metric.on_policy and name not in _NOT_ASKED and metric.needs(world) is None
            ]
        for given in self.metrics:
            if not isinstance(given, str):
                raise InvalidParameter(
                    f"expected metrics by their names (module:NAME for one's own), got {given!r}"
                )
        for metric in metrics_of(self.metrics):
            lacking = metric.needs(world)
            if lacking is not None:
                message = f"expected {lacking} to measure {metric.name}, got {world.name}"
                raise InvalidParameter(message)
        return [str(given) for given in self.metrics]

    def terms(self, world: AnyWorld) -> SweepTerms:
        """What must be equal for a sweep to go on, but for more arms and seeds.

        Raises UnknownName and InvalidParameter for a policy that the world does not have.
        """
        return SweepTerms(
            world=world.name,
            plan=plan_of(world),
            arms=[_arm(arm, world, self.seed) for arm in self.arms],
            seeds=self.seeds,
            minutes=self.minutes,
            epochs=self.epochs,
            clock=self.what_minutes_are,
            sequences_seed=self.seed,
            measure=self.measure,
            metrics=self.metric_names(world),
            trials=self.trials,
            samples=self.samples,
            length=self.length,
            histories=self.histories,
            seed=self.seed,
            threads=self.threads,
        )


def has_gpu() -> bool:
    """Whether trainings use a GPU."""
    try:
        import torch  # noqa: PLC0415  takes long to load
    except ImportError:
        return False
    return bool(torch.cuda.is_available())


def _arm(arm: Arm, world: AnyWorld, seed: int) -> SweepArm:
    settings = arm.settings
    names = policies_of(world)
    policy = settings.policy or (_PREFERRED if _PREFERRED in names else names[0])
    check_policy(world, policy)
    drawn = mixed_name(policy, random_among(settings.count, settings.synthetic), settings.count)
    ObjectiveSpec.parse(settings.objective).check(world, drawn, seed)
    return SweepArm(name=arm.name, **(asdict(settings) | {"policy": policy}))
