"""The built-in street plan of Manhattan, from public facts."""
