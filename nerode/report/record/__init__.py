"""Reading a run's record: decoded to its types, then checked for what types cannot say."""
