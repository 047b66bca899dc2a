"""How the programs of a network talk to each other: signed messages, and what carries them."""
