"""Reading a run's record: every part is checked before it is shown."""
