"""The paper: its text, and the command that builds it from results: ``python -m paper``."""
