"""How a row remembers what made it: one entry a model call, oldest first."""

from __future__ import annotations

import polars as pl

PROVENANCE = pl.List(pl.Struct({"stage": pl.String, "version": pl.String, "model": pl.String, "prompt": pl.String}))
"""stage and version of the pipeline, `model@revision`, and `prompt file@fingerprint`."""
