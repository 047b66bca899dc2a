"""Searches the variation indexes of released datasets."""

from beacon_node.store.variants.store import Catalogue, SqliteVariantStore

__all__ = ["Catalogue", "SqliteVariantStore"]
