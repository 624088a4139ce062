"""Speed, measured side by side with what else there is; run by `make bench`, never by the tests."""
