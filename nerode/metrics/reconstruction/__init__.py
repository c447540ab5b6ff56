"""Reconstruction: the map implied by sequences, its score, and noise controls."""
