"""A city of streets: the world, its files, and its compiled tables and searches."""
