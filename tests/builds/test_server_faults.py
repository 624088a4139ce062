"""The server fails under a build in every way a server can: what was answered is not asked again, and the rows are the same."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.builds.asked import Clean, asked, held, outs
from tests.builds.test_endpoint_builds import at
from tests.project import Project
from tests.server import Fault, Server

pytestmark = pytest.mark.slow

SLOTS = 4
"""Requests in flight."""
REFUSALS = [Fault("429", share=0.16, each_try=True), Fault("503", share=0.16, each_try=True)]
CUTS = [Fault("cut", share=0.3, tries=2)]
AWAY = 4.0


@pytest.mark.parametrize(
    ("faults", "retries"), [(REFUSALS, 1), (CUTS, 2)], ids=["30 % are 429 or 503", "30 % are cut in mid-body"]
)
def test_replies_that_fail_are_asked_for_again_and_no_others(
    clean: Clean, tmp_path: Path, faults: list[Fault], retries: int
) -> None:
    project = clean.project.copy(tmp_path / "project")
    with Server(faults=faults) as server:
        project.repro(env=at(server, XLFORGE_MAX_RETRIES=str(retries)))
        counts = server.counts()
    failed = sum(counts["statuses"].values())
    print(
        f"{counts['received']} asked, {counts['answered']} answered, {counts['statuses']}, {counts['repeated']} repeated"
    )
    assert 0.25 < failed / counts["received"] < 0.4
    assert counts["received"] == counts["answered"] + failed
    assert counts["repeated"] == 0
    assert counts["answered"] == len(held(project))
    assert outs(project) == clean.outs


def wait_until_busy(project: Project, stored: int, server: Server) -> None:
    """Until so many answers are stored, and all slots are in use."""
    end = time.monotonic() + 300
    while len(held(project)) < stored or server.counts()["now"] < SLOTS:
        assert time.monotonic() < end, "the build did not get that far in time"
        time.sleep(0.05)


def test_a_server_that_is_killed_and_restarted_twice_is_waited_for(
    clean: Clean, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REPLIES", str(tmp_path / "replies"))
    project = clean.project.copy(tmp_path / "project")
    before, again, port = set[bytes](), 0, 0
    build = None
    for stored in (4, 60, None):  # of sixteen questions; of 48 translations
        with Server(latency=0.4, answer="tests.builds.asked:Remembering", port=port) as server:
            port, kept = server.port, held(project)
            env = at(server, XLFORGE_CONCURRENCY=str(SLOTS), XLFORGE_MAX_RETRIES="1")
            build = build or project.start("dvc", "repro", "dataset", env=env)
            if stored is None:
                said = build.communicate(timeout=600)[0]
                assert build.returncode == 0, said
            else:
                wait_until_busy(project, stored, server)
            sent = asked(server)
            server.process.kill()
            server.process.wait()
        assert not kept & set(sent), "what was stored was asked again"
        assert len(sent) == len(set(sent))
        assert len(before & set(sent)) <= SLOTS, "more was asked again than was in flight"
        again += len(before & set(sent))
        before |= set(sent)
        time.sleep(AWAY if stored else 0)
    print(f"server killed twice: 0 stored answers asked again, {again} in flight asked twice")
    assert before == held(project)
    assert outs(project) == clean.outs
