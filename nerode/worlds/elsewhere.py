"""A world as other machines get it: its name, and what it must be there as well."""

from __future__ import annotations

from dataclasses import dataclass

from nerode.engine.engine import Engine, check_same
from nerode.schema.part import Part
from nerode.worlds.fingerprint import plan_of
from nerode.worlds.registry import open_world, whole_world_name
from nerode.worlds.world import AnyWorld


class WorldByName(Part, frozen=True, kw_only=True):
    """A world that a worker opens for itself; files of the same name may differ there."""

    name: str
    plan: str
    """SHA-256 of alphabet and streets."""

    @classmethod
    def of(cls, name: str, world: AnyWorld) -> WorldByName:
        """A world that was opened by a name here; paths in the name are made whole."""
        return cls(name=whole_world_name(name), plan=plan_of(world))

    def open(self) -> AnyWorld:
        """Open it: the user named it in the call that sent it here.

        Raises WorkerUnfit where it is another one here, and what opening it raises.
        """
        world = open_world(self.name)
        check_same("streets or symbols of the world", plan_of(world), self.plan)
        return world


@dataclass(frozen=True)
class Workers:
    """An engine, and the world as its workers open it."""

    engine: Engine
    world: WorldByName
