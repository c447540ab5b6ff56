"""How often the intervals of a page hold the truth: see benchmarks/interval_coverage.py."""
