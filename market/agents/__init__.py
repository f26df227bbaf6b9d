"""Agents: rows of the columns as Mesa agents, one file per kind, and how a decision is overridden in Python."""
