"""Judging answers: against a known truth, by an LLM in both orders, and against answers that speak to their judge."""
