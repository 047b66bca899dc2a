"""A second program: it asks every member of a network at once and holds no data of its own."""
