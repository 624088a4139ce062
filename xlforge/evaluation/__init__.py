"""The statistics of an evaluation: win rates, the influence of length, differences between models, and language pass rates."""
