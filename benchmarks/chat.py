"""How fast `nerode chat` asks, beside a bare task of Inspect's, and what memory it takes.

A server on the loopback answers every question after 50 ms. Both sides ask the same questions of
it, in processes of their own and in turn, after a few that nobody counts. Memory is the most that a
whole run (asking, scoring, recording) ever held, at 1,000 questions and at 10,000.

    python benchmarks/chat.py [--questions 400] [--rounds 3] [--memory 1000,10000] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import inspect_ai
from inspect_ai import Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.solver import generate

from nerode.chat.ask import ask, open_model
from nerode.chat.options import GenerationOptions
from nerode.chat.plan import TrialPlan
from nerode.chat.run import ChatConfig, chat
from nerode.chat.store import AnswerStore
from nerode.worlds.registry import open_world

MODEL = "openai-api/loopback/parrot"
WORLD = "seating:seats=5"
CONNECTIONS = 20
WARM = 40
DELAY = 0.05


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    said = {"role": "assistant", "content": "They may. " * 20 + "\nANSWER: yes"}
    usage = {"prompt_tokens": 200, "completion_tokens": 45, "total_tokens": 245}
    choice = {"index": 0, "finish_reason": "stop", "message": said}
    head = {"id": "x", "object": "chat.completion", "created": 1, "model": "parrot"}
    body = json.dumps({**head, "choices": [choice], "usage": usage}).encode()
    sent = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
    sent += f"{len(body)}\r\n\r\n".encode() + body
    try:
        while True:
            lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower().split("\r\n")
            size = next(line for line in lines if line.startswith("content-length:"))
            await reader.readexactly(int(size.partition(":")[2]))
            await asyncio.sleep(DELAY)
            writer.write(sent)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def serve(port: Any) -> None:
    """Answer until the process is ended."""

    async def run() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=1024)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


Spent = tuple[float, float]
"""Seconds by the clock, and of the processor."""


def bare(count: int) -> Spent:
    """What a bare task of Inspect's takes, with its own settings but for the display."""
    prompts = [each.prompt for each in islice(_plan(count).questions(), count + WARM)]

    def timed(some: list[str], folder: str) -> Spent:
        samples = [Sample(input=prompt, id=number) for number, prompt in enumerate(some)]
        task = Task(dataset=MemoryDataset(samples), solver=generate())
        options: dict[str, Any] = {
            "temperature": 0.0,
            "max_tokens": 2048,
            "max_connections": CONNECTIONS,
        }
        begun = _clocks()
        (log,) = inspect_ai.eval(task, model=MODEL, log_dir=folder, display="none", **options)
        assert log.status == "success"
        return _since(begun)

    with tempfile.TemporaryDirectory() as folder:
        timed(prompts[:WARM], folder)
        return timed(prompts[WARM:], folder)


def ours(count: int) -> Spent:
    """What the asking of `nerode chat` takes."""
    plan = _plan(count)
    questions = islice(plan.questions(), count + WARM)
    model = open_model(MODEL, GenerationOptions(max_connections=CONNECTIONS))
    with tempfile.TemporaryDirectory() as folder, AnswerStore(Path(folder) / "run", {}) as answers:
        ask(islice(questions, WARM), answers, plan.narration, model)
        begun = _clocks()
        asked = ask(questions, answers, plan.narration, model)
        took = _since(begun)
    assert asked.answered == count
    return took


def _clocks() -> Spent:
    return time.perf_counter(), time.process_time()


def _since(begun: Spent) -> Spent:
    now = _clocks()
    return now[0] - begun[0], now[1] - begun[1]


def memory(count: int) -> float:
    """The most memory, in MiB, that a run of about so many questions held."""
    telling = ChatConfig(trials=count // 10, metrics=["compression"])
    options = GenerationOptions(max_connections=CONNECTIONS)
    with tempfile.TemporaryDirectory() as folder:
        found = chat(open_world(WORLD), MODEL, telling, out=Path(folder) / "run", options=options)
    print(f"{found.answered} questions", file=sys.stderr)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _plan(count: int) -> TrialPlan:
    return ChatConfig(trials=(count + WARM) // 6, metrics=["compression"]).plan(open_world(WORLD))


def _child(what: str, count: int) -> Any:
    """What one of the measures above comes to, in a process of its own."""
    line = [sys.executable, __file__, "--child", what, "--questions", str(count)]
    done = subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    return json.loads(done.stdout)


def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    count = arguments.questions
    rates: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(arguments.rounds):
        for what, found in rates.items():
            wall, processor = _child(what, count)
            found.append(count / wall)
            told = (
                f"{found[-1]:.1f} questions/s, {1000 * processor / count:.1f} ms of processor time"
            )
            print(f"{what}: {told} each", flush=True)
    result: dict[str, Any] = {"rates": rates, "memory": {}}
    if arguments.rounds:
        mine, theirs = (statistics.median(rates[what]) for what in ("ours", "bare"))
        result["share"] = mine / theirs
        print(f"ours / bare: {result['share']:.0%}", flush=True)
    for size in arguments.memory.split(",") if arguments.memory else ():
        result["memory"][size] = _child("memory", int(size))
        print(f"{size} questions: {result['memory'][size]:.0f} MiB", flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", default="1000,10000")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", choices=["bare", "ours", "memory"])
    arguments = parser.parse_args()
    if arguments.child:
        print(json.dumps(globals()[arguments.child](arguments.questions)))
        return
    port: Any = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(port,), daemon=True)
    server.start()
    os.environ["LOOPBACK_API_KEY"] = "loopback"
    os.environ["LOOPBACK_BASE_URL"] = f"http://127.0.0.1:{port.get()}/v1"
    try:
        result = _measure(arguments)
    finally:
        server.terminate()
    if arguments.json:
        arguments.json.write_text(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
