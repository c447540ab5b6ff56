"""Reports on sweeps: arms beside each other.

- `arms`: what was measured of each arm, and how arms differ from one of them
- `table`: on the terminal and for papers
- `ranking`: whether scores agree on which models are better
- `page`: the page, with `figures`, `curves` and `verdict`
"""
