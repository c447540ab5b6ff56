"""Sweeps: trainings that differ in chosen settings, several seeds of each, measured alike.

- `arms`: the settings that are compared, and how they are written on the command line
- `config`: what a sweep is asked
- `folder`: what stands where on disk, and which trainings are done
- `cell`: one training and its evaluation, in a process of its own
- `run`: all of them, as many at once as cores allow

Tables and the page are in nerode/report/sweep.
"""
