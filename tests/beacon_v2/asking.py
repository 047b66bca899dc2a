"""Small ways to write requests in tests."""

from urllib.parse import parse_qsl

from beacon_node.beacon_v2.parse import parse_get, parse_post
from beacon_node.beacon_v2.received import Parsed, Rules, Target
from beacon_node.model.entries import EntryType

VARIANTS = Target(EntryType.GENOMIC_VARIANT)


def get(url: str, target: Target = VARIANTS, rules: Rules = Rules()) -> Parsed:
    """Parse what stands after the `?` of a URL."""
    return parse_get(target, parse_qsl(url, keep_blank_values=True), rules)


def post(query: dict, target: Target = VARIANTS, rules: Rules = Rules()) -> Parsed:
    """Parse a body with this `query`."""
    return parse_post(target, {"meta": {"apiVersion": "v2.1.1"}, "query": query}, rules)


def variant(**parameters) -> Parsed:
    """Parse a POST with nested request parameters."""
    return post({"requestParameters": {"g_variant": parameters}})
