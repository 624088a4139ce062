"""Steps that ask, on the workers of a Ray."""
