"""Readers of knowledge files: each checks the file's head at once and yields records as it reads.

`open_knowledge` is the way in; a bad file raises InvalidInput with its place.
"""

from beacon_node.ingest.knowledge.opening import OpenedFile, Reading, open_knowledge

__all__ = ["OpenedFile", "Reading", "open_knowledge"]
