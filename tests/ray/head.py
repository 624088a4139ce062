"""A Ray that runs already: on loopback, with a token. `python -m tests.ray.head FOLDER` prints its address and ends with its input."""

from __future__ import annotations

import os
import sys
from typing import Any

TOKEN = "t" * 64
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_memory_monitor_refresh_ms": "0",
    "RAY_AUTH_MODE": "token",
    "RAY_AUTH_TOKEN": TOKEN,
}


def main(folder: str) -> None:
    os.environ.update(ENVIRONMENT)
    import ray

    context: Any = ray.init(address="local", num_cpus=4, include_dashboard=False, log_to_driver=False, _temp_dir=folder)
    print(context.address_info["gcs_address"], flush=True)
    sys.stdin.read()
    ray.shutdown()


if __name__ == "__main__":
    main(sys.argv[1])
