"""A step that works on one row at a time and calls no model."""

from collections.abc import Iterator

from distilabel.steps import Step
from distilabel.steps.base import StepInput

from xlforge.base import workers
from xlforge.base.escape import line
from xlforge.base.rows import Row
from xlforge.steps.llm_step import WHOLE_STAGE

_MAX_SHOWN = 200
"""Characters of each text in a message about a row."""


class MapStep(Step):  # type: ignore[misc]
    """A step of row-wise work, on all cores: `work` returns what becomes of a row, and has no other effect.

    Args:
        reads: the columns it needs.
        adds: the columns it gives.
    """

    reads: list[str] = []
    adds: list[str] = []
    input_batch_size: int = WHOLE_STAGE

    @property
    def inputs(self) -> list[str]:
        return self.reads

    @property
    def outputs(self) -> list[str]:
        return self.adds

    def work(self, row: Row) -> Row | list[Row]:
        """The row with its new columns, or several rows; a `reject` mark ends its way."""
        raise NotImplementedError

    def process(self, inputs: StepInput) -> Iterator[list[Row]]:
        yield self.map_all(inputs)

    def map_all(self, inputs: list[Row]) -> list[Row]:
        """`work` on every row that is not rejected."""
        worker = self.model_copy(update={"pipeline": None})
        made = workers.each(worker._work_unless_rejected, inputs, type(self).__name__.lower())
        return [row for each in made for row in (each if isinstance(each, list) else [each])]

    def _work_unless_rejected(self, row: Row) -> Row | list[Row]:
        if row["reject"]:
            return row
        try:
            return self.work(row)
        except Exception as error:
            error.add_note(f"in step {self.name}, row {line(str(row.get('id')))}: {self._shown(row)}")
            raise

    def _shown(self, row: Row) -> str:
        """The texts that the step read, shortened and on one line."""
        texts = {name: text for name in self.reads if name != "id" and isinstance(text := row.get(name), str)}
        return "; ".join(f'{name}: "{line(text[:_MAX_SHOWN])}"' for name, text in texts.items())
