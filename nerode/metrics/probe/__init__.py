"""Probe: what a linear map reads off a model's hidden states."""
