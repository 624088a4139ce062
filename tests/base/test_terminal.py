"""Whatever a process of xlforge writes to standard error, the terminal shows it and does not obey it, and it holds no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
KEY = "sk-Q7r2Xw9Zt4Lm8Vb3Nc6Jd1"
HOSTILE = "\x1b]0;own\x07\x1b[31m\u202eevil\u2066\x9b2J\r\x08"
SAFE = ("\\x1b]0;own\\x07", "\\u202eevil\\u2066\\x9b2J")


def run(code: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    code = f"import sys\nfrom xlforge.base import terminal\nterminal.prepare()\nterminal.prepare()\nHOSTILE = {HOSTILE!r}\n{code}"
    environment = {**os.environ, "XLFORGE_API_KEY": KEY, "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, cwd=ROOT, env=environment)


@pytest.mark.parametrize(
    "code",
    [
        "print(HOSTILE, file=sys.stderr)",
        "sys.exit(HOSTILE)",
        "raise ValueError(HOSTILE)",
        "import warnings; warnings.warn(HOSTILE)",
        "import click; click.echo(HOSTILE, err=True)",
        "import threading; t = threading.Thread(target=lambda: [][HOSTILE]); t.start(); t.join(); print(HOSTILE, file=sys.stderr)",
        "from xlforge.base.progress import Line\nline = Line(HOSTILE, 'rows', 2)\nline._said -= 9\nline.add(1, HOSTILE)",
    ],
)
def test_control_characters_are_escaped_on_every_way_to_standard_error(code: str) -> None:
    printed = run(code).stderr.decode()
    assert all(part in printed for part in SAFE)
    assert not {"\x1b", "\x07", "\u202e", "\u2066", "\x9b", "\r", "\x08"} & {*printed}


@pytest.mark.parametrize("code", [f"sys.exit('the key {KEY[:12]} is wrong')", f"raise ValueError('{KEY}')"])
def test_a_secret_is_hidden_in_messages_and_tracebacks(code: str) -> None:
    printed = run(code).stderr.decode()
    assert KEY[3:9] not in printed.replace(code, "") and "…" in printed


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8", "cp1252", "latin-1:strict", "shift_jis"])
def test_what_an_encoding_lacks_is_replaced(encoding: str) -> None:
    for stream in ("stdout", "stderr"):
        done = run(rf"print('a \u6f22 \u0152 \U0001f600 \udc80 b', file=sys.{stream})", PYTHONIOENCODING=encoding)
        assert done.returncode == 0, done.stderr
        shown = done.stdout or done.stderr
        assert shown.startswith(b"a ") and shown.endswith(b" b\n")


def test_the_c_locale_works() -> None:
    done = run(r"print('\u6f22')", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0", PYTHONIOENCODING="")
    assert (done.returncode, done.stdout) == (0, b"?\n")
