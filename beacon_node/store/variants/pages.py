"""Which records a page holds."""

from beacon_node.model.query import Page

MAX_RECORDS = 1_000  # what a page without a limit holds; whoever asks may have set a lower one


def page_bounds(page: Page) -> tuple[int, int]:
    """Return the positions of a page's first record and of the one behind its last."""
    limit = page.limit or MAX_RECORDS
    return page.skip * limit, (page.skip + 1) * limit


def page_slice(page: Page) -> slice:
    return slice(*page_bounds(page))
