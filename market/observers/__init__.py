"""Pure readers: what a run shows, measured from its tables; nothing here changes a run."""
