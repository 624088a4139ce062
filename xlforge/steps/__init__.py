"""What pipelines are made of: steps, who answers their requests, and the loop that runs them."""

import sys

import distilabel  # noqa: F401

# distilabel installs tracebacks that print local variables, keys among them.
sys.excepthook = sys.__excepthook__
