"""What decides an adapter: which rows a student learns from, how they are counted and ordered, and how it is trained."""
