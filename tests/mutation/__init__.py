"""Mutation testing of the kernels, the markets and the ledger."""
