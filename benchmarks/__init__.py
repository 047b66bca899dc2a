"""One command per measurement; each prints a ratio to a floor measured in the same run."""
