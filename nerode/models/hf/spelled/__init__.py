"""How the symbols of a world are spelled by a tokenizer's tokens, one or several each."""
