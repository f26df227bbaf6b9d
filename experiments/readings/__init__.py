"""What is read of a run: outcomes, stories, series."""
