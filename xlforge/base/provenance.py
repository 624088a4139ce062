"""How a row remembers the model calls behind it: one entry a call, oldest first, retries among them."""

import polars as pl

CALL = pl.Struct(dict.fromkeys(("stage", "version", "step", "model", "served", "prompt", "key", "fault"), pl.String))
PROVENANCE = pl.List(CALL)
"""stage, version: of the pipeline. step: the class of its step. model: `model@revision`. served: the name that the server
gave the model, where that is another, as behind a router. prompt: `file@fingerprint`.

key: of the request in the response cache; null for a text that no model wrote. fault: why the response could not be used, so that the
next entry is a retry; null for a response that was used.
"""
