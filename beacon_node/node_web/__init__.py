"""A node's HTTP side: the Beacon v2 API and what operators need."""
