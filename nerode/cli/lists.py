"""Commands that list what there is."""

from __future__ import annotations


def models() -> None:
    """List the bundled models, which `nerode evaluate WORLD NAME` opens by name."""
    from rich.console import Console
    from rich.table import Table

    from nerode.models.bundled import bundled, described

    table = Table("model", "world", "trained on", box=None, pad_edge=False)
    for each in map(described, bundled()):
        table.add_row(each.name, each.world, f"{each.sequences:,} sequences of {each.policy}")
    console = Console()
    console.print(table)
    console.print(
        "A folder of the same name in the working directory comes first. Any Hugging Face folder "
        "is opened by its path; baselines: oracle, uniform, ngram:N, ... (nerode evaluate --help).",
        highlight=False,
    )
