"""How people are told that something waits for them: by mail, or not at all."""
