"""Baselines: models without a network, whose scores put those of others into perspective."""
