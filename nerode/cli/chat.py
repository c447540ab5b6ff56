"""The command that asks chat models."""

from __future__ import annotations

import re
import shlex
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nerode.cli.command import command
from nerode.cli.options import AsJson, Quiet, Seed, names_of, print_json, print_record
from nerode.errors import InvalidParameter

if TYPE_CHECKING:
    from nerode.chat.cost import Cost
    from nerode.chat.options import GenerationOptions
    from nerode.chat.run import ChatConfig, ChatResult


@dataclass(frozen=True)
class ChatOptions:
    """Options of `nerode chat`; nerode/chat/run.py and nerode/chat/options.py explain them."""

    world: Annotated[
        str, typer.Argument(help="seating, cups, one with its size (cups:n=4), or FILE.py:CLASS.")
    ]
    model: Annotated[
        str | None,
        typer.Option(
            help="PROVIDER/NAME, as Inspect knows it (openai/gpt-4o). Servers of one's own (vLLM, "
            "llama.cpp, Ollama): openai-api/LOCAL/NAME, with LOCAL_API_KEY and LOCAL_BASE_URL set."
        ),
    ] = None
    seats: Annotated[
        str | None, typer.Option(help="Sizes (3 to 6) with commas between; one run each.")
    ] = None
    language: Annotated[str, typer.Option(help="en or ru.")] = "en"
    trials: Annotated[int, typer.Option(help="Trials per metric.")] = 100
    metrics: Annotated[
        str | None, typer.Option(help="capability, compression, distinction: some of them only.")
    ] = None
    protocol: Annotated[
        str,
        typer.Option(
            help="exact, or paper: seating puzzles as published, asked about single statements."
        ),
    ] = "exact"
    seed: Seed = 0
    obfuscate: Annotated[
        bool, typer.Option("--obfuscate", help="Made-up words for people and things.")
    ] = False
    list_up_to: Annotated[
        int | None,
        typer.Option(
            help="Precision of distinction is measured in worlds of at most so many statements "
            "(3 seats: 15, 4: 34, 5: 65): all are asked about. Default: 20; none under paper."
        ),
    ] = None
    out: Annotated[
        Path | None,
        typer.Option(
            help="Run folder, with --seats one in it for each size; a stopped run goes on. "
            "Default: nerode-chat/MODEL-..."
        ),
    ] = None
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Estimate questions and tokens; nobody is asked.")
    ] = False
    reply_tokens: Annotated[int, typer.Option(help="Tokens of a reply that --dry-run assumes.")] = (
        300
    )
    max_tokens: Annotated[
        str, typer.Option(help="Longest reply, in tokens; `none` leaves it to the provider.")
    ] = "2048"
    temperature: Annotated[
        str, typer.Option(help="0: greedy; `none` for models that take no temperature.")
    ] = "0"
    reasoning_effort: Annotated[
        str | None,
        typer.Option(help="none to max, for models that think; raise --max-tokens for them."),
    ] = None
    max_connections: Annotated[
        int | None, typer.Option(help="Questions under way at once. Default: found out.")
    ] = None
    timeout: Annotated[int, typer.Option(help="Seconds until one attempt is given up.")] = 300
    retries: Annotated[
        int,
        typer.Option(
            help="More attempts after 429, 5xx, time-outs and lost connections; "
            "a provider's own client may repeat each of them."
        ),
    ] = 6
    model_base_url: Annotated[
        str | None, typer.Option(help="Where the provider is, if not where it usually is.")
    ] = None
    json_: AsJson = False
    quiet: Quiet = False


@command(ChatOptions)
def chat(options: ChatOptions) -> None:
    """Ask a chat model about situations told in words: does it hold one picture of them?

    Exit code 1: some questions failed; the same command asks them again.
    """
    config = _config(options)
    worlds = _worlds(options.world, options.seats)
    generation = _generation(options)
    if options.dry_run:
        longest = generation.max_tokens
        reply = options.reply_tokens if longest is None else min(options.reply_tokens, longest)
        _print_estimate(worlds, config, reply, json_=options.json_)
        return
    runs = _run_all(worlds, config, generation, options)
    if options.json_:
        print_json({"runs": [_summary(run) for run in runs]})
    if any(run.failed for run in runs):
        raise typer.Exit(1)  # what is measured is there, and is not all


def _config(options: ChatOptions) -> ChatConfig:
    """What is measured, and in which words."""
    from nerode.chat.run import ChatConfig

    return ChatConfig(
        options.language,
        options.obfuscate,
        options.trials,
        names_of(options.metrics),
        options.seed,
        options.list_up_to,
        options.protocol,
    )


def _generation(options: ChatOptions) -> GenerationOptions:
    """How the provider is called."""
    from nerode.chat.options import GenerationOptions

    return GenerationOptions(
        temperature=_temperature(options.temperature),
        max_tokens=_tokens(options.max_tokens),
        reasoning_effort=options.reasoning_effort,
        max_connections=options.max_connections,
        timeout=options.timeout,
        retries=options.retries,
        base_url=options.model_base_url,
    )


def _run_all(
    worlds: list[str], config: ChatConfig, generation: GenerationOptions, options: ChatOptions
) -> list[ChatResult]:
    """Ask the model about each world and print what came of it."""
    model, out = options.model, options.out
    if model is None:
        raise InvalidParameter("expected --model PROVIDER/NAME, or --dry-run, got neither")
    # One folder for each world where there may be several: a later command finds each again.
    several = out is None or options.seats is not None
    folder = _folder(model, config, options.reasoning_effort) if out is None else out
    runs = []
    for world in worlds:
        place = folder / _plain(world) if several else folder
        runs.append(_run(world, model, config, generation, place, quiet=options.quiet))
        _print_failed(runs[-1])
        if not options.json_:
            _print_run(runs[-1], place)
    return runs


def _worlds(world: str, seats: str | None) -> list[str]:
    """The names of the worlds: of one size, or of each that was asked for."""
    if seats is None:
        return [world]
    name = {"seating": "seats", "cups": "n"}.get(world)
    if name is None:
        raise InvalidParameter(f"expected --seats with seating or cups alone, got {world}")
    sizes = [size.strip() for size in seats.split(",")]
    if not all(size.isdecimal() for size in sizes) or len(set(sizes)) < len(sizes):
        raise InvalidParameter(f"expected different sizes like 3,5, got {seats!r}")
    return [f"{world}:{name}={size}" for size in sizes]


def _temperature(text: str) -> float | None:
    if text == "none":
        return None
    try:
        return float(text)
    except ValueError:
        raise InvalidParameter(f"expected a temperature or `none`, got {text!r}") from None


def _tokens(text: str) -> int | None:
    if text == "none":
        return None
    try:
        return int(text)
    except ValueError:
        raise InvalidParameter(f"expected a number of tokens or `none`, got {text!r}") from None


def _plain(name: str) -> str:
    """A name as that of a folder."""
    return re.sub(r"[^\w.]+", "-", name).strip("-.") or "run"


def _folder(model: str, config: ChatConfig, effort: str | None) -> Path:
    """A folder that the same command finds again: what was answered was paid for."""
    parts = [_plain(model), config.language]
    parts += ["obfuscated"] if config.obfuscate else []
    parts += [config.protocol] if config.protocol != "exact" else []
    parts += [f"seed{config.seed}"] if config.seed else []
    parts += [f"effort-{effort}"] if effort else []
    return Path("nerode-chat") / "-".join(parts)


def _print_estimate(worlds: list[str], config: ChatConfig, reply: int, *, json_: bool) -> None:
    from nerode.chat.cost import Cost
    from nerode.chat.run import cost
    from nerode.worlds.registry import open_world

    parts = [(each, cost(open_world(each), config, reply)) for each in worlds]
    total = sum((part for _, part in parts), Cost())
    if json_:
        print_json(asdict(total))
        return
    for each, part in parts if len(parts) > 1 else ():
        typer.echo(f"{each}: {_expected(part, config.language)}")
    each_reply = f"at {reply} tokens a reply; nobody was asked"
    typer.echo(f"{_expected(total, config.language)} ({each_reply})")


def _expected(part: Cost, language: str) -> str:
    """What is to be paid for; how many tokens a text makes differs between providers."""
    from nerode.chat.cost import SPREAD

    least, most = (round(share * part.input_tokens, -2) for share in SPREAD[language])
    return (
        f"{part.questions:,} questions, about {part.input_tokens:,} tokens in "
        f"({least:,.0f} to {most:,.0f} between tokenizers) and {part.output_tokens:,} out"
    )


def _run(
    world: str,
    model: str,
    config: ChatConfig,
    options: GenerationOptions,
    out: Path,
    *,
    quiet: bool,
) -> ChatResult:
    from nerode.chat.run import chat as ask
    from nerode.cli.chat_progress import ChatProgress
    from nerode.progress import Bar
    from nerode.worlds.registry import open_world

    with Bar("questions", f"chat {world} --model {model}", quiet=quiet) as bar:
        shown = ChatProgress(world, bar)
        return ask(
            open_world(world),
            model,
            config,
            out=out,
            options=options,
            progress=shown.progress,
            on_retry=shown.waiting,
        )


_COUNTS = ("unparsed", "cut_off", "only_reasoning", "cost")


def _summary(run: ChatResult) -> dict[str, Any]:
    scores = ("world", "model", "protocol", "seed", "metrics", "baselines", "bounds")
    return {
        **{name: run.record[name] for name in (*scores, *_COUNTS)},
        "answered": run.answered,
        "failed": dict(run.failed),
    }


def _print_run(run: ChatResult, out: Path) -> None:
    """What a run came to: its table, the verdict, and where it is."""
    from nerode.schema.chat import decoded_record

    print_record(decoded_record(run.record))
    typer.echo(
        f"{run.answered:,} answers are new. Run: {out} (nerode report {shlex.quote(str(out))})"
    )


def _print_failed(run: ChatResult) -> None:
    """How many questions have no answer, by cause, and what the provider said last about each."""
    count = sum(run.failed.values())
    if count:
        causes = "; ".join(
            f"{number:,} {cause}" + (f" ({run.words[cause]})" if cause in run.words else "")
            for cause, number in run.failed.items()
        )
        sys.stderr.write(
            f"{run.record['world']}: {count:,} of the questions failed: {causes}; the same command "
            "asks them again\n"
        )
