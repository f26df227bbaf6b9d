"""The registered forecast: ensembles, rivals, the register and the scores."""
