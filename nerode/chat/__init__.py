"""Worlds told in words, and chat models asked about them."""
