"""The tiny model behind a cache, as the tests of engines have it."""

from tests.models.conftest import llm, spec  # noqa: F401
