"""Where a row came from and where it went, read from what a build left. It decides no data: no stage that makes any depends on it."""
