"""Reports on finished runs, read from their `evaluation.json`; runs are compared by their trials.

- `table`: the terminal table
- `verdict`: a record in two sentences
- `page`: the self-contained HTML report (`write_report`)
- `compare`: runs beside the first of them (`compare`), in numbers and in words
- `differences`: two runs, trial by trial where they were asked the same
- `family`: all scores that are compared at once, corrected for how many
- `record`: reading and checking a record
"""
