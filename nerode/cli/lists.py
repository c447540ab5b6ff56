"""Commands that list what there is: models, worlds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nerode.worlds.world import AnyWorld

COUNTED_TURNS = (5, 10, 20, 40)
"""Turns after which the baseline `counter` is asked where it is."""


def models() -> None:
    """List the bundled models, which `nerode evaluate WORLD NAME` opens by name."""
    from rich.console import Console
    from rich.table import Table

    from nerode.models.bundled import bundled, described

    table = Table("model", "world", "trained on", box=None, pad_edge=False)
    for each in map(described, bundled()):
        table.add_row(each.name, each.world, f"{each.sequences:,} sequences of {each.policy}")
    console = Console()
    console.print(table)
    console.print(
        "A folder of the same name in the working directory comes first. Any Hugging Face folder "
        "is opened by its path; baselines: oracle, uniform, ngram:N, ... (nerode evaluate --help).",
        highlight=False,
    )


def worlds(
    world: Annotated[
        str | None, typer.Argument(help="Check the promises of this one (docs/extend.md).")
    ] = None,
    suite: Annotated[
        str | None, typer.Option(help="List the worlds of a suite, as `suite:NAME` means them.")
    ] = None,
) -> None:
    """List the worlds and their parameters, or check one: which promises does it break?"""
    if suite is not None:
        _list_suite(suite)
        return
    if world is not None:
        from nerode.worlds.check.check import check_world
        from nerode.worlds.registry import open_world

        opened = open_world(world)
        print(check_world(opened))  # noqa: T201 - the answer
        for line in _counted(opened):
            print(line)  # noqa: T201
        return
    from rich.console import Console
    from rich.table import Table

    from nerode.worlds.outside import announced
    from nerode.worlds.registry import MAPS, open_world
    from nerode.worlds.registry import worlds as entries
    from nerode.worlds.suites import SUITES

    table = Table("world", "parameters", "what it is", box=None, pad_edge=False)
    for entry in entries():
        table.add_row(entry.name, entry.parameters or "-", entry.summary)
    for own in announced():
        table.add_row(own.name, "?NAME=VALUE&...", f"installed: {own.value}")
    table.add_row("FILE.py:CLASS", "?NAME=VALUE&...", "a world of your own (docs/extend.md)")
    table.add_row("PACKAGE.MODULE:CLASS", "?NAME=VALUE&...", "the same, in an installed package")
    Console().print(table)
    for name in MAPS:
        for line in _counted(open_world(name)):
            Console().print(line, highlight=False)
    Console().print(
        f"Suites, for `nerode evaluate suite:NAME`: {', '.join(SUITES)}; --suite lists one.",
        highlight=False,
    )


def _counted(world: AnyWorld) -> Iterator[str]:
    """How far counting turns goes, where a world is a map."""
    from nerode.worlds.streets.counting import counted_share, counts_turns

    if counts_turns(world):
        shares = ", ".join(f"{counted_share(world, turns):.2f}" for turns in COUNTED_TURNS)
        after = ", ".join(map(str, COUNTED_TURNS))
        yield (
            f"{world.name}: counting turns tells the crossing on a share of {shares} of random "
            f"walks of {after} turns (baseline counter)."
        )


def _list_suite(name: str) -> None:
    """The worlds of a suite, with their sizes."""
    from rich.console import Console
    from rich.table import Table

    from nerode.sequences.policies import policies_of
    from nerode.worlds.automata.finite import write_out
    from nerode.worlds.registry import open_world
    from nerode.worlds.suites import suite

    table = Table("world", "states", "symbols", "policies", box=None, pad_edge=False)
    for world in map(open_world, suite(name)):
        sizes = len(write_out(world).states), len(world.alphabet)
        table.add_row(world.name, *map(str, sizes), ", ".join(policies_of(world)))
    Console().print(table)
