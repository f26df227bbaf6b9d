"""Decisions: one file per kind of agent, what it decides: scalar rules and the compiled loops that apply them."""
