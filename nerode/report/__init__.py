"""Reports on finished runs, read from their `evaluation.json`; runs are compared by their trials.

- `table`: the terminal table
- `verdict`: a record in two sentences
- `page`: the self-contained HTML report (`write_report`)
- `differences`: two runs, trial by trial where they were asked the same
- `record`: reading and checking a record
"""
