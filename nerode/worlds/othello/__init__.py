"""Othello: rules on bitboards, labels for probes, notation."""
