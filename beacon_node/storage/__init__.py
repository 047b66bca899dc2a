"""What every program that keeps state on this disk shares: private whole files, plain failures."""
