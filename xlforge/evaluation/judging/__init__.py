"""Judging answers: against a known truth, and by an LLM in both orders."""
