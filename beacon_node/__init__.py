"""A federated, privacy-preserving data-sharing node for human genomics."""

__version__ = "0.1.0"
