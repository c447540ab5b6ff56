"""Automata written out: finite worlds, and worlds as tables."""
