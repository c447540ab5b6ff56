"""Formal languages and small machines, as they are used to study what sequence models can learn."""
