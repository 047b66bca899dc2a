"""What a broker answers over HTTP."""
