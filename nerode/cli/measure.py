"""Commands that measure, and those that show what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nerode.cli.options import AsJson, Seed, WorldName, heard, names_of, print_json, print_record
from nerode.errors import InvalidParameter


def demo(
    name: Annotated[str, typer.Argument(help="midtown or othello.")] = "midtown",
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the runs and the report (nerode-demo, or nerode-demo-NAME)."),
    ] = None,
) -> None:
    """Evaluate two bundled models of Midtown, or of Othello, and write the report."""
    from nerode.demo import run_demo
    from nerode.progress import Bar

    folder = Path("nerode-demo" if name == "midtown" else f"nerode-demo-{name}")
    with Bar("trials") as bar:
        run_demo(folder if out is None else out, name, heard(bar))


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
            names_of(metrics),
            trials=trials,
            samples=samples,
            epsilon=epsilon,
            protocol=protocol,
            histories=histories,
            sequences=sequences,
            baselines=evaluation.BASELINES if baselines is None else names_of(baselines) or (),
            depth=depth,
            dtype=dtype,
            seed=seed,
            out=out,
            progress=heard(bar),
        )
    if json_:
        print_json(result.summary())
    else:
        print_record(result.record)


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
        print_json(counts)
    else:
        for name, value in counts.items():
            typer.echo(f"{name.replace('_', ' '):>18}  {value}")


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
        print_json(summary(record))
        return
    from rich.console import Console

    from nerode.report.reconstructed import print_reconstruction

    print_reconstruction(record, Console())
    if out is not None:
        typer.echo(f"{out}: draw it with `nerode report {out}`")


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run folders that `nerode evaluate`, `reconstruct` or `chat` wrote."),
    ],
    out: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
) -> None:
    """Write one self-contained page about one run or several."""
    from nerode.report.page import write_report

    write_report(runs, out)
    typer.echo(f"{out}: open it in a browser; it needs no network")


def _shares(text: str) -> list[float]:
    try:
        return [float(share) for share in text.split(",")]
    except ValueError:
        raise InvalidParameter(f"expected shares of noise like 0,0.01, got {text!r}") from None
