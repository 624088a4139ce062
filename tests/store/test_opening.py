"""Several processes may open a store that is not there yet: the steps of one pipeline do."""

from __future__ import annotations

import threading
from pathlib import Path

from xlforge.cache import Cache


def test_a_new_store_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """SQLite does not wait for a lock where the journal is switched, whatever its time-out: some of these would be refused."""
    faults: list[Exception] = []
    for number in range(20):
        together = threading.Barrier(6)

        def open_one(
            url: str = f"sqlite:///{tmp_path}/{number}.sqlite", together: threading.Barrier = together
        ) -> None:
            together.wait()
            try:
                Cache(url).close()
            except Exception as error:
                faults.append(error)

        threads = [threading.Thread(target=open_one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not faults, faults[0]
