"""How fast nerode is, beside a naive version and what the machine could do at best."""
