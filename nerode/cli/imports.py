"""Commands that bring in what others made: real cities, published models."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nerode.cli.command import command
from nerode.cli.options import AsJson, print_json

if TYPE_CHECKING:
    from nerode.maps.save import Imported

maps = typer.Typer(help="Street maps: folders that the world street-map:FOLDER opens.")
map_imports = typer.Typer(help="Make a street map from a real city's data.")
maps.add_typer(map_imports, name="import")
models = typer.Typer(help="Models: folders that Hugging Face and `nerode evaluate` open.")
model_imports = typer.Typer(help="Make such a folder from a published checkpoint.")
models.add_typer(model_imports, name="import")

MapFolder = Annotated[Path, typer.Option(help="Folder for the map (nodes.csv, edges.csv).")]
Connected = Annotated[
    bool,
    typer.Option(
        "--strongly-connected", help="Only the largest part in which all can be reached from all."
    ),
]


@dataclass(frozen=True)
class PlaceOptions:
    """Options of `nerode map import place`."""

    name: Annotated[str, typer.Argument(help="A city or quarter, as 'Midtown, New York'.")]
    out: MapFolder
    strongly_connected: Connected = False
    nominatim: Annotated[
        str | None, typer.Option(help="Another server that finds places, by its address.")
    ] = None
    overpass: Annotated[
        str | None, typer.Option(help="Another server that has the streets, by its address.")
    ] = None
    json_: AsJson = False


@map_imports.command("place")
@command(PlaceOptions)
def import_place(options: PlaceOptions) -> None:
    """Ask OpenStreetMap for the streets of a place (needs a network)."""
    from nerode.maps.openstreetmap import import_place as run

    imported = run(
        options.name,
        options.out,
        strongly_connected=options.strongly_connected,
        nominatim=options.nominatim,
        overpass=options.overpass,
    )
    _print_map(imported, options)


@dataclass(frozen=True)
class OsmOptions:
    """Options of `nerode map import osm`."""

    file: Annotated[Path, typer.Argument(help="OpenStreetMap XML, as map.osm or map.osm.gz.")]
    out: MapFolder
    strongly_connected: Connected = False
    json_: AsJson = False


@map_imports.command("osm")
@command(OsmOptions)
def import_osm(options: OsmOptions) -> None:
    """Read the streets for cars in an .osm file."""
    from nerode.maps.openstreetmap import import_osm as run

    imported = run(options.file, options.out, strongly_connected=options.strongly_connected)
    _print_map(imported, options)


@dataclass(frozen=True)
class GraphmlOptions:
    """Options of `nerode map import graphml`."""

    file: Annotated[Path, typer.Argument(help="GraphML that OSMnx saved.")]
    out: MapFolder
    strongly_connected: Connected = False
    json_: AsJson = False


@map_imports.command("graphml")
@command(GraphmlOptions)
def import_graphml(options: GraphmlOptions) -> None:
    """Read a street graph that OSMnx saved as GraphML."""
    from nerode.maps.graphml import import_graphml as run

    imported = run(options.file, options.out, strongly_connected=options.strongly_connected)
    _print_map(imported, options)


@dataclass(frozen=True)
class PaperOptions:
    """Options of `nerode map import paper`."""

    folder: Annotated[Path, typer.Argument(help="Folder with the paper's two .pkl files.")]
    out: MapFolder
    nodes: Annotated[
        Path | None,
        typer.Option(help="Where intersections lie (osmid,lat,lon); default FOLDER/nodes.csv."),
    ] = None
    strongly_connected: Connected = False
    json_: AsJson = False


@map_imports.command("paper")
@command(PaperOptions)
def import_paper(options: PaperOptions) -> None:
    """Read the street tables that the paper's authors published."""
    from nerode.maps.paper import import_paper as run

    imported = run(
        options.folder,
        options.out,
        nodes=options.nodes,
        strongly_connected=options.strongly_connected,
    )
    _print_map(imported, options)


MapOptions = PlaceOptions | OsmOptions | GraphmlOptions | PaperOptions


def _print_map(imported: Imported, options: MapOptions) -> None:
    """What an import wrote, and what it left out."""
    if options.json_:
        print_json(imported.as_dict())
        return
    typer.echo(
        f"{imported.world}: {imported.intersections:,} intersections, {imported.streets:,} "
        f"streets, {imported.attribution}"
    )
    for count, what in imported.left_out():
        typer.echo(f"{count:>9,}  {what}")


@dataclass(frozen=True)
class OthelloGptOptions:
    """Options of `nerode model import othello-gpt`."""

    file: Annotated[
        Path, typer.Argument(help="A checkpoint of minGPT, nanoGPT or TransformerLens.")
    ]
    out: Annotated[Path, typer.Option(help="Folder for the model (Hugging Face format).")]
    heads: Annotated[
        int | None, typer.Option(min=1, help="Attention heads, where the file does not say: 8.")
    ] = None


@model_imports.command("othello-gpt")
@command(OthelloGptOptions)
def import_othello_gpt(options: OthelloGptOptions) -> None:
    """Read a checkpoint of Othello-GPT (Li et al. 2023) as a GPT-2."""
    from nerode.models.registry import no_torch

    try:
        from nerode.models.hf.othello_gpt import import_othello_gpt as run
    except ImportError as error:
        raise no_torch(error) from error
    out = options.out
    imported = run(options.file, out, heads=options.heads)
    typer.echo(
        f"{out}: {imported.layout}, {imported.layers} layers, {imported.heads} heads, width "
        f"{imported.width}, {imported.parameters:,} parameters"
    )
    for each in imported.assumed:
        typer.echo(f"assumed: {each}")
    words = shlex.join(["nerode", "evaluate", "othello", str(out)])
    typer.echo(f"measure it with `{words}`")
