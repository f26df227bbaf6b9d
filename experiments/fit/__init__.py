"""Targets, priors and the steps by which parameters are fitted to them."""
