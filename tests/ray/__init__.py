"""`runtime: ray`."""
