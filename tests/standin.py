"""A stand-in for vLLM's server: its addresses and arguments, the responses of the tests' server, and faults on request.

    python -m tests.standin --standin-starts FILE --model FOLDER --served-model-name NAME --host 127.0.0.1 --port N …

Each start adds a line to FILE: process, child, arguments, and the names of the environment's variables. The child lives until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import orjson
from aiohttp import web

from tests.server import Server, _App, _error


class StandIn(_App):
    """What vLLM has besides completions: health, names, adapters."""

    def __init__(self, options: argparse.Namespace) -> None:
        super().__init__(Server(latency=options.standin_latency)._plan)
        self.options, self.names, self.begun = options, {options.served_model_name}, time.monotonic()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/health":
            return web.Response(status=200 if time.monotonic() - self.begun > self.options.standin_slow else 503)
        if request.path == "/v1/load_lora_adapter":
            sent = orjson.loads(await request.read())
            if not (Path(sent["lora_path"]) / "adapter_config.json").exists():
                return _error(404, f"No adapter found for {sent['lora_path']}")
            self.names.add(sent["lora_name"])
            return web.Response(text="Success")
        if request.path == "/v1/chat/completions":
            sent = orjson.loads(await request.read())
            if sent["model"] not in self.names:
                return _error(404, f"The model {sent['model']} does not exist.")
            if "die now" in sent["messages"][0]["content"]:
                noise = "\n".join(f"leaked type {number}" for number in range(40))
                print(
                    f"RuntimeError: CUDA out of memory, with the key {'-'.join(('sk', 'planted', '5ecre7'))}\n{noise}",
                    flush=True,
                )
                os._exit(9)
        return await super().handle(request)


async def serve(options: argparse.Namespace) -> None:
    """Serve until ended."""
    runner = web.ServerRunner(web.Server(StandIn(options).handle, access_log=None))
    await runner.setup()
    await web.TCPSite(runner, options.host, options.port).start()
    print("Application startup complete.", flush=True)
    await asyncio.Event().wait()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--standin-starts", type=Path, required=True)
    parser.add_argument("--standin-fail", default="")
    parser.add_argument("--standin-slow", type=float, default=0.0)
    parser.add_argument("--standin-latency", type=float, default=0.0)
    parser.add_argument("--served-model-name")
    parser.add_argument("--host")
    parser.add_argument("--port", type=int)
    options, _ = parser.parse_known_args()
    child = subprocess.Popen(["sleep", "600"])
    start = {"process": os.getpid(), "child": child.pid, "arguments": sys.argv[1:], "environment": sorted(os.environ)}
    with options.standin_starts.open("ab") as starts:
        starts.write(orjson.dumps(start) + b"\n")
    if options.standin_fail:
        sys.exit(f"loading weights\n{options.standin_fail}")
    asyncio.run(serve(options))


if __name__ == "__main__":
    main()
