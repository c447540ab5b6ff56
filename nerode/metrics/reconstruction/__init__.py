"""Reconstruction: the map that sequences speak of, its score, and mere noise beside it."""
