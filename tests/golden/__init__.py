"""Golden runs: the digest and a few numbers of three worlds, as they were when somebody last looked at them.

``python -m tests.golden`` runs them again, prints what changed and asks for the line of the changelog that says why;
with it, the new numbers are kept. Digests are equal on every processor: state is moved by + - * / and square roots, and
by an exponential and a logarithm made of them.
"""
