"""Compiled algorithms on arrays: draw luck, ration, clear, tender, drip, choose.

A kernel takes arrays, integer random keys and an array to fill. It neither validates nor allocates nor holds
a generator, and computes with ``+ - * /``, ``sqrt`` and integers only, so that its bytes are the same on
every machine, compiled or not. Import the module you need; this one imports nothing.
"""
