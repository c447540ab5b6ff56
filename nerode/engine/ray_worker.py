"""What a Ray worker is sent and runs: nothing but Python is known to be there.

This module is sent as it stands (`register_pickle_by_value`), so that a machine without nerode, or
with another version of it, can say so.
"""

from __future__ import annotations

import importlib
import socket
from typing import Any

LACKS, DIFFERS, REPLY = "lacks", "differs", "reply"
"""What a worker answers: nerode is not there, it is of another version, or a reply of its own."""


def do(version: str, kind: str, recipe: bytes, item: bytes) -> tuple[str, str, Any]:
    """Do one item of a recipe: what kind of answer it is, the machine, and the answer."""
    host = socket.gethostname()
    try:
        package = importlib.import_module("nerode")
        worker = importlib.import_module("nerode.engine.remote")
    except ImportError as error:
        return "lacks", host, str(error)
    if package.__version__ != version:
        return "differs", host, package.__version__
    return "reply", host, worker.answer(kind, recipe, item, host)
