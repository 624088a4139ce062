"""The report of a build: one HTML page that holds everything it shows."""
