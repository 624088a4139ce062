"""The statistics of an evaluation: win rates, what length explains of them, differences, and language pass rates."""
