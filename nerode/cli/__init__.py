"""The command line: `nerode`."""

from nerode.cli.app import main

__all__ = ["main"]
