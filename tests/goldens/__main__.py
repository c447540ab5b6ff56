"""Writes numbers.json anew."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.goldens.cases import CASES, FILE, PROBE_STEPS, chat_command, numbers

_CODE = (
    "from nerode.cli import main; from nerode.metrics.probe import probe; "
    f"probe.STEPS = {PROBE_STEPS}; main()"
)


def main() -> None:
    kept = {}
    with tempfile.TemporaryDirectory() as temporary:
        for name, words in CASES.items():
            folder = Path(temporary) / name
            filled = [word.format(sequences=Path(temporary) / "sequences") for word in words]
            if words[0] == "chat":
                command, folder = chat_command(words, folder)
                subprocess.run(command, check=True, capture_output=True)
                kept[name] = numbers(name, folder)
                continue
            command = ["-c", _CODE, *filled, "--out", str(folder)]
            subprocess.run([sys.executable, *command, "--quiet"], check=True, capture_output=True)
            kept[name] = numbers(name, folder)
            print(name, file=sys.stderr)  # noqa: T201 - it takes a minute or two
    lines = [f"{json.dumps(name)}: {json.dumps(kept[name], sort_keys=True)}" for name in kept]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")


main()
