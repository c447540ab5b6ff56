"""The command line: a thin layer whose options are the functions' parameters.

Nothing heavy is imported before a command needs it: `nerode --help` is for people.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, cast

import typer

from nerode.errors import InvalidParameter, NerodeError

if TYPE_CHECKING:
    from nerode.evaluation import Progress
    from nerode.maps.save import Imported
    from nerode.progress import Bar

app = typer.Typer(
    help="Measures the world model implicit in a generative sequence model.",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

UsageError = cast(type[Exception], typer.BadParameter.__base__)
"""What typer raises where the words of a command make no sense; it has no public name there."""

INTERRUPTED = 130
"""Exit code that typer gives to whoever pressed Ctrl-C."""

maps = typer.Typer(help="Street maps: folders that the world street-map:FOLDER opens.")
imports = typer.Typer(help="Make a street map from a real city's data.")
app.add_typer(maps, name="map")
maps.add_typer(imports, name="import")

WorldName = Annotated[str, typer.Argument(help="A world, as `nerode worlds` lists them.")]
Seed = Annotated[int, typer.Option(help="Seed: the same seed gives the same numbers.")]
MapFolder = Annotated[Path, typer.Option(help="Folder for the map (nodes.csv, edges.csv).")]
Connected = Annotated[
    bool,
    typer.Option(
        "--strongly-connected", help="Only the largest part in which all can be reached from all."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, nothing else.")]


def main() -> None:
    """Entry point: a user's mistake ends in one clear line and exit code 2."""
    # Threads that spin while they wait slow each other down tenfold where cores are shared.
    # It must be said before torch is loaded; whoever has set it knows better.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        code = app(prog_name="nerode", standalone_mode=False) or 0
    except UsageError as error:
        _fail(_usage(error))
    except typer.Abort:  # how older versions of typer tell of Ctrl-C
        code = INTERRUPTED
    except NerodeError as error:
        _fail(str(error))
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        kept = error.errno == errno.ENOSPC and Path(error.filename or "").exists()
        hint = "; what was measured so far is kept" if kept else ""
        _fail(f"{where}{error.strerror or error}{hint}")
    if code == INTERRUPTED:
        sys.stderr.write("stopped; what was measured so far is kept\n")
    sys.exit(code)


def _usage(error: Any) -> str:
    """What is wrong with the words of a command, and where they are explained."""
    command = error.ctx.command_path if error.ctx else "nerode"
    return f"{error.format_message()} (`{command} --help` explains)"


def _fail(message: str) -> NoReturn:
    sys.stderr.write("error: " + " ".join(message.split()) + "\n")
    sys.exit(2)


@app.command()
def demo(
    out: Annotated[Path, typer.Option(help="Folder for the runs and the report.")] = Path(
        "nerode-demo"
    ),
) -> None:
    """Evaluate the two bundled models of Midtown and write the report."""
    from nerode.demo import run_demo
    from nerode.progress import Bar

    with Bar("trials") as bar:
        run_demo(out, _heard(bar))


@app.command()
def worlds() -> None:
    """List the worlds and their parameters."""
    from rich.console import Console
    from rich.table import Table

    from nerode.worlds.registry import worlds as entries

    table = Table("world", "parameters", "what it is", box=None, pad_edge=False)
    for entry in entries():
        table.add_row(entry.name, entry.parameters or "-", entry.summary)
    Console().print(table)


@app.command()
def sequences(
    world: WorldName,
    policy: Annotated[str, typer.Option(help="shortest, noisy, random or championship.")],
    out: Annotated[Path, typer.Option(help="Folder to write (Parquet and manifest.json).")],
    count: Annotated[
        int | None,
        typer.Option(help="Sequences in all, held-out ones included (championship: all games)."),
    ] = None,
    seed: Seed = 0,
    wthor: Annotated[
        Path | None, typer.Option(help="championship: a folder of WTHOR files (.wtb).")
    ] = None,
    synthetic: Annotated[
        float, typer.Option(help="championship: share of random games among them.")
    ] = 0.0,
    text: Annotated[
        Path | None, typer.Option(help="Also write the training sequences as text, one a line.")
    ] = None,
) -> None:
    """Draw sequences from a world: training and held-out ones, split by origin and destination."""
    from nerode.progress import Bar
    from nerode.sequences.dataset import open_sequences, write_sequences
    from nerode.sequences.text import write_text
    from nerode.worlds.registry import open_world

    opened = open_world(world)
    if policy == "championship":
        from nerode.sequences.championship import write_championship

        written = write_championship(opened, wthor, out, count, seed, synthetic=synthetic)
        manifest = written.manifest
        for line in written.told():
            typer.echo(f"{wthor}: {line}", err=True)
    else:
        with Bar("sequences") as bar:

            def show(done: int) -> None:
                bar.show(f"{policy}: {done:,}/{count:,}", done, count or 0)

            total = _given(count, "--count", f"policy {policy}")
            manifest = write_sequences(opened, policy, total, seed, out, progress=show)
    if text is not None:
        write_text(open_sequences(out).read("train"), opened, text)
    typer.echo(f"{out}: {manifest.train} training and {manifest.held_out_count} held-out sequences")


@app.command()
def train(
    sequences: Annotated[Path, typer.Argument(help="A folder that `nerode sequences` wrote.")],
    out: Annotated[Path, typer.Option(help="Folder for the model (Hugging Face format).")],
    layers: Annotated[int, typer.Option(help="Transformer layers.")] = 4,
    width: Annotated[int, typer.Option(help="Width of the residual stream.")] = 128,
    heads: Annotated[int, typer.Option(help="Attention heads.")] = 4,
    minutes: Annotated[
        float | None,
        typer.Option(help="Stop after so many minutes (30 where --epochs is not given either)."),
    ] = None,
    epochs: Annotated[
        float | None, typer.Option(help="Stop after so many passes over the sequences.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Sequences per step.")] = 256,
    learning_rate: Annotated[float, typer.Option(help="Highest learning rate.")] = 1e-3,
    seed: Seed = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it stopped.")] = False,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Log for TensorBoard.")
    ] = False,
) -> None:
    """Train a GPT-2 on sequences; ends in a folder that Hugging Face opens."""
    from nerode.training import train as run

    record = run(
        sequences,
        out,
        layers=layers,
        width=width,
        heads=heads,
        minutes=minutes,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        resume=resume,
        tensorboard=tensorboard,
    )
    done = record["training"]
    told = f"{done['steps']:,} steps in {done['seconds']:,.0f} s"
    for name, way in {"loss": ".4f", "held_out_loss": ".4f", "legal": ".2%"}.items():
        if done.get(name) is not None:
            told += f", {name.replace('_', '-')} {done[name]:{way}}"
    typer.echo(f"{out}: {told}")
    typer.echo(f"{out}: measure it with `nerode evaluate WORLD {out} --sequences {sequences}`")


@app.command()
def evaluate(
    world: WorldName,
    model: Annotated[
        str,
        typer.Argument(
            help="oracle, uniform, noisy-oracle:P, ngram:N, untrained, or a Hugging Face folder."
        ),
    ],
    metrics: Annotated[
        str | None, typer.Option(help="Some metrics only, with commas between.")
    ] = None,
    trials: Annotated[int, typer.Option(help="Trials per metric and model.")] = 1000,
    samples: Annotated[
        int, typer.Option(help="Continuations drawn per history; 0: all, to the depth.")
    ] = 30,
    epsilon: Annotated[
        float, typer.Option(help="A symbol is accepted above this probability.")
    ] = 0.01,
    protocol: Annotated[str, typer.Option(help="exact or paper.")] = "exact",
    histories: Annotated[str, typer.Option(help="uniform or on-policy.")] = "uniform",
    sequences: Annotated[
        Path | None, typer.Option(help="Folder of sequences: held-out ones are measured on.")
    ] = None,
    baselines: Annotated[
        str | None, typer.Option(help="Models to show beside it, with commas between, or `none`.")
    ] = None,
    depth: Annotated[int, typer.Option(help="Longest boundary strings of the world.")] = 5,
    dtype: Annotated[
        str, typer.Option(help="float32 or bfloat16: how a folder's network computes.")
    ] = "float32",
    seed: Seed = 0,
    out: Annotated[Path | None, typer.Option(help="Run folder; a stopped run goes on.")] = None,
    json_: AsJson = False,
) -> None:
    """Measure a model in a world, with baselines beside it."""
    from nerode import evaluation
    from nerode.progress import Bar
    from nerode.worlds.registry import open_world

    opened = open_world(world)
    with Bar("trials") as bar:
        result = evaluation.evaluate(
            opened,
            model,
            _names(metrics),
            trials=trials,
            samples=samples,
            epsilon=epsilon,
            protocol=protocol,
            histories=histories,
            sequences=sequences,
            baselines=evaluation.BASELINES if baselines is None else _names(baselines) or (),
            depth=depth,
            dtype=dtype,
            seed=seed,
            out=out,
            progress=_heard(bar),
        )
    if json_:
        _print_json(result.summary())
    else:
        _print_table(result.record)


@app.command()
def score(
    world: WorldName,
    sequences: Annotated[Path, typer.Argument(help="Text, one sequence a line.")],
    json_: AsJson = False,
) -> None:
    """Count the sequences of a text file that are valid, and how the others fail."""
    from dataclasses import asdict

    from nerode.sequences.score import score as count
    from nerode.worlds.registry import open_world

    counts = asdict(count(open_world(world), sequences))
    if json_:
        _print_json(counts)
    else:
        for name, value in counts.items():
            typer.echo(f"{name.replace('_', ' '):>18}  {value}")


@app.command()
def reconstruct(
    world: WorldName,
    sequences: Annotated[
        Path, typer.Argument(help="Text, one sequence a line, or a folder of sequences.")
    ],
    out: Annotated[
        Path | None, typer.Option(help="Run folder, which `nerode report` draws.")
    ] = None,
    degree: Annotated[int, typer.Option(help="Most used streets out of a crossing.")] = 4,
    miles: Annotated[float, typer.Option(help="Greatest length of a new street.")] = 0.5,
    limit: Annotated[int | None, typer.Option(help="Read so many sequences only.")] = None,
    noise: Annotated[
        str, typer.Option(help="Shares of turns replaced in the noise controls, or `none`.")
    ] = "0,0.01",
    seed: Seed = 0,
    json_: AsJson = False,
) -> None:
    """Reconstruct the map that sequences speak of: which streets would have to exist?"""
    from nerode.progress import Bar
    from nerode.reconstruction_run import run_reconstruction, summary
    from nerode.worlds.registry import open_world

    with Bar("sequences") as bar:

        def show(done: int, total: int) -> None:
            bar.show(f"noise controls: {done:,}/{total:,}", done, total)

        record = run_reconstruction(
            open_world(world),
            sequences,
            degree=degree,
            miles=miles,
            limit=limit,
            noise=None if noise == "none" else _shares(noise),
            seed=seed,
            out=out,
            progress=show,
        )
    if json_:
        _print_json(summary(record))
        return
    from rich.console import Console

    from nerode.report.reconstructed import print_reconstruction

    print_reconstruction(record, Console())
    if out is not None:
        typer.echo(f"{out}: draw it with `nerode report {out}`")


@app.command()
def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders that `nerode evaluate` or `nerode reconstruct` wrote."),
    ],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
) -> None:
    """Write one self-contained page about one run or several."""
    from nerode.report.page import write_report

    write_report(runs, out)
    typer.echo(f"{out}: open it in a browser; it needs no network")


@imports.command("place")
def import_place(
    name: Annotated[str, typer.Argument(help="A city or quarter, as 'Midtown, New York'.")],
    out: MapFolder,
    strongly_connected: Connected = False,
    nominatim: Annotated[
        str | None, typer.Option(help="Another server that finds places, by its address.")
    ] = None,
    overpass: Annotated[
        str | None, typer.Option(help="Another server that has the streets, by its address.")
    ] = None,
    json_: AsJson = False,
) -> None:
    """Ask OpenStreetMap for the streets of a place (needs a network)."""
    from nerode.maps.openstreetmap import import_place as run

    _tell(
        run(
            name,
            out,
            strongly_connected=strongly_connected,
            nominatim=nominatim,
            overpass=overpass,
        ),
        json_,
    )


@imports.command("osm")
def import_osm(
    file: Annotated[Path, typer.Argument(help="OpenStreetMap XML, as map.osm.")],
    out: MapFolder,
    strongly_connected: Connected = False,
    json_: AsJson = False,
) -> None:
    """Read the streets for cars in an .osm file."""
    from nerode.maps.openstreetmap import import_osm as run

    _tell(run(file, out, strongly_connected=strongly_connected), json_)


@imports.command("graphml")
def import_graphml(
    file: Annotated[Path, typer.Argument(help="GraphML that OSMnx saved.")],
    out: MapFolder,
    strongly_connected: Connected = False,
    json_: AsJson = False,
) -> None:
    """Read a street graph that OSMnx saved as GraphML."""
    from nerode.maps.graphml import import_graphml as run

    _tell(run(file, out, strongly_connected=strongly_connected), json_)


@imports.command("paper")
def import_paper(
    folder: Annotated[Path, typer.Argument(help="Folder with the paper's two .pkl files.")],
    out: MapFolder,
    nodes: Annotated[
        Path | None,
        typer.Option(help="Where intersections lie (osmid,lat,lon); default FOLDER/nodes.csv."),
    ] = None,
    strongly_connected: Connected = False,
    json_: AsJson = False,
) -> None:
    """Read the street tables that the paper's authors published."""
    from nerode.maps.paper import import_paper as run

    _tell(run(folder, out, nodes=nodes, strongly_connected=strongly_connected), json_)


@app.callback(invoke_without_command=True)
def _options(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version:
        from nerode import __version__

        typer.echo(__version__)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(2)


def _given(value: int | None, option: str, what: str) -> int:
    """A value that some commands need; one clear line where it is absent."""
    if value is None:
        raise typer.BadParameter(f"expected {option} with {what}, got none")
    return value


def _names(text: str | None) -> list[str] | None:
    if text is None:
        return None
    return [] if text == "none" else [name.strip() for name in text.split(",") if name.strip()]


def _shares(text: str) -> list[float]:
    try:
        return [float(share) for share in _names(text) or ()]
    except ValueError:
        raise InvalidParameter(f"expected shares of noise like 0,0.01, got {text!r}") from None


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, allow_nan=False) + "\n")


def _print_table(record: dict[str, Any]) -> None:
    from rich.console import Console

    from nerode.report.table import print_table
    from nerode.report.verdict import verdict

    console = Console()
    print_table(record, console)
    console.print(verdict(record), markup=False, highlight=False)


def _tell(imported: Imported, json_: bool) -> None:  # noqa: FBT001 (from the option)
    """What an import wrote, and what it left out."""
    from dataclasses import asdict

    if json_:
        _print_json(asdict(imported))
        return
    typer.echo(
        f"{imported.world}: {imported.intersections:,} intersections, {imported.streets:,} "
        f"streets, {imported.attribution}"
    )
    for count, what in imported.left_out():
        typer.echo(f"{count:>9,}  {what}")


def _heard(bar: Bar) -> Progress:
    """Shows on the bar what an evaluation tells of its progress."""

    def hear(model: str, metric: str, done: int, total: int) -> None:
        name = model.rstrip("/").rsplit("/", maxsplit=1)[-1]
        bar.show(f"{name}: {metric} {done:,}/{total:,}", done, total)

    return hear
