"""What every Flask application of the project shares."""
