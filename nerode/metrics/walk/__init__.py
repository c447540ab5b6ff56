"""The paired walk: what a model accepts after each of two histories, for many pairs at once."""
