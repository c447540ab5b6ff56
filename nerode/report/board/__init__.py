"""Boards and games of a record, as the page draws them."""
