"""Rides on a street map, with compiled inner loops."""
