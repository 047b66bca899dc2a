"""Applications to a data access committee: who may do what when, and what follows from it.

fold       events ─▶ the application they amount to
decide     an application and a wish ─▶ the event to record, or why not
grants_of  applications ─▶ what somebody may ask at a moment; stored nowhere
"""

from beacon_node.policy.applications.history import fold
from beacon_node.policy.applications.machine import allowed, decide, roles_of
from beacon_node.policy.applications.rights import blocks_of, grants_of

__all__ = ["allowed", "blocks_of", "decide", "fold", "grants_of", "roles_of"]
