"""Series of measurements over the steps of a training: tables, files and a page.

- `steps`: a series as reports read it, and which scores are told first
- `differences`: any two steps compared, and from which step on a score is saturated
- `table`, `sparkline`: the terminal table
- `export`: Markdown, LaTeX, CSV and Parquet
- `page`, `verdict`, `curves`, `two_steps`, `maps`, `cost`: the page
"""
