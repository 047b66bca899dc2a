"""The registered tier: noisy counts of individuals under a likelihood-ratio budget for each person.

docs/guard-registered.md holds the statement, what it assumes and its proofs.
"""
