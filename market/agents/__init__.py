"""Agents: one file per kind, with what it decides (scalar rules and compiled loops) and its Mesa class."""
