"""What a broker remembers: requests to join, how its members did, what they left with it.

All in one SQLite file that several processes use at once. It holds nothing about people, no
question and no answer; a broker that loses it goes on and knows less of the past.
"""

from beacon_node.broker.state.state import State

__all__ = ["State"]
