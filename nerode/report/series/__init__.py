"""Series of measurements over the steps of a training: tables, files and a page.

- `steps`: a series as reports read it, and which scores are told first
- `saturation`: from which step on a score no longer improves; differences between any two steps
- `table`, `sparkline`: the terminal table
- `export`: Markdown, LaTeX, CSV and Parquet
- `page`, `curves`, `cost`, `verdict`: the page
"""
