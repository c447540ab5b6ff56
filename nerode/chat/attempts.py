"""Count the questions that wait for another attempt, and note why the last one failed.

Inspect retries by itself, with pauses that grow to minutes; without this count a run would look
frozen until all attempts have failed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import anyio
from inspect_ai.model import Model

from nerode.chat.failures import words_of
from nerode.chat.secrets import Secrets


class Attempts:
    """Attempts that failed and will be made again, by the task of the question."""

    def __init__(self, secrets: Secrets, changed: Callable[[], object]) -> None:
        self.last_error = ""
        """What the provider said last, in its own words."""
        self._secrets = secrets
        self._changed = changed
        self._waiting: set[int] = set()

    @property
    def waiting(self) -> int:
        """How many questions wait to be asked again, or are asked again right now."""
        return len(self._waiting)

    def ended(self) -> None:
        """The question of this task is answered, or given up."""
        self._waiting.discard(anyio.get_current_task().id)

    @contextmanager
    def watching(self, model: Model) -> Iterator[None]:
        """Note each attempt of a model's that failed and will be made again."""
        before = model.before_retry

        async def noted(error: BaseException) -> None:
            self._waiting.add(anyio.get_current_task().id)
            self.last_error = self._secrets.hide(words_of(error))
            self._changed()
            await before(error)

        vars(model).update(before_retry=noted)
        try:
            yield
        finally:
            del vars(model)["before_retry"]
