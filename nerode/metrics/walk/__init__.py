"""The paired walk: what two histories allow, for many pairs in one batch."""
