"""Tasks that Inspect finds by the entry point in pyproject.toml."""

from nerode.chat.tasks import (
    cups_capability,
    cups_compression,
    cups_distinction,
    seating_capability,
    seating_compression,
    seating_distinction,
)

__all__ = [
    "cups_capability",
    "cups_compression",
    "cups_distinction",
    "seating_capability",
    "seating_compression",
    "seating_distinction",
]
