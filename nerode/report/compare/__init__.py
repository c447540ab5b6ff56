"""Runs beside the first of them: differences, corrections, tables, sentences."""
