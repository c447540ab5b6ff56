"""A forward pass of GPT-2 for CPUs."""
