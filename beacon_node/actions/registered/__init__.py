"""Registered counts: from a question to a noisy number that was paid for.

The promise and its proof: docs/guard-registered.md.

prepare ─▶ `Asked`: whom the question is about, what it costs, who is charged
charge  ─▶ in one transaction of the ledger: read what was spent, charge, draw, record the question
"""
