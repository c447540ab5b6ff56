"""The conformance test of worlds."""
