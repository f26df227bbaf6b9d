"""Which worlds are run: designs of overrides that more than one line describes."""
