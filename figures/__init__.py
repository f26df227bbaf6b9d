"""One file per figure; each reads results on disk only, never the model."""
