"""Every attack on nodes that tell all and on guarded ones, and what the guards leave to answer."""
