"""The Beacon v2 wire format: requests become queries, answers become documents. Pure."""
