"""Worlds described in words, and evaluations of chat models by questions about them."""
