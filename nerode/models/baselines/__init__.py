"""Models that need no network: what a score is read beside."""
