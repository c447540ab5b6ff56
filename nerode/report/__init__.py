"""Reports on finished runs, read from nothing but their `evaluation.json`.

- `table`: the terminal table
- `verdict`: a record in two sentences
- `page`: the self-contained HTML report (`write_report`)
- `record`: reading and checking a record
"""
