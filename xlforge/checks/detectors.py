"""fastText models that identify languages in place of py3langid: GlotLID's, or one of the same kind."""

import difflib
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from xlforge.base.errors import BuildError
from xlforge.languages.registry import FastText

_LABEL = "__label__"
_RANKED = 20
"""Languages that a text is given a probability for; the others have next to none."""


class DetectorError(BuildError):
    """A detector cannot be used; the message gives the remedy."""


class Detector:
    """A fastText model, as py3langid is used."""

    def __init__(self, model: Any) -> None:
        self._model = model

    @property
    def labels(self) -> list[str]:
        """Every label that it knows."""
        return [label for label, _ in self._predicted("a", -1)]

    def rank(self, text: str) -> list[tuple[str, float]]:
        """The likeliest labels of a text with their probabilities, the likeliest first."""
        return self._predicted(" ".join(text.split()), _RANKED)

    def _predicted(self, line: str, count: int) -> list[tuple[str, float]]:
        labels, probabilities = self._model.predict(line, count)
        return [(label.removeprefix(_LABEL), float(each)) for label, each in zip(labels, probabilities, strict=True)]


@cache
def detector(spec: FastText) -> Detector:
    """The detector of a language, loaded at the first use in a process. Raises DetectorError."""
    try:
        import fasttext
    except ImportError as error:
        raise DetectorError("the package fasttext-predict is missing: pip install 'xlforge[fasttext]'") from error
    path = Path(spec.model)
    if not path.is_file():
        raise DetectorError(
            f"{spec.model} is missing, which a file in xlforge/languages names as its detector: put it there"
        )
    with path.open("rb") as file:
        found = f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
    if found != spec.revision:
        raise DetectorError(f"{spec.model} has the revision {found}, and the language's file names {spec.revision}")
    try:
        made = Detector(fasttext.load_model(str(path)))
    except ValueError as error:
        raise DetectorError(f"{spec.model} is no fastText model: {error}") from error
    if spec.label not in (labels := made.labels):
        near = ", ".join(difflib.get_close_matches(spec.label, labels, n=3, cutoff=0.3))
        raise DetectorError(f"{spec.model} has no label {spec.label!r}; the nearest of its {len(labels)} are {near}")
    return made
