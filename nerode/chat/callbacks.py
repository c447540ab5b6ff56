"""What a caller may be notified of while a chat model answers questions."""

from __future__ import annotations

from collections.abc import Callable

ProgressCallback = Callable[[int, int], object]
"""Called with the number of questions done, and the number of all questions."""
DoneCallback = Callable[[int], object]
"""Called with the number of questions done."""
RetryCallback = Callable[[int, str], object]
"""Called with the number of questions that wait for another attempt, and the last error's words."""
