"""The application inside of the test, with a clock that the test turns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio.lowlevel
import attrs
import httpx

from sdk_server import Options, Services, create_app, open_services

KEY = "sk-own"


@attrs.define
class Embedded:
    """Hold a client of the application and what stands behind it."""

    client: httpx.AsyncClient
    services: Services
    now: float = 1_800_000_000.0

    async def get(self, path: str) -> Any:
        """Return what a path answers."""
        response = await self.client.get(path)
        assert 200 == response.status_code, response.text
        return response.json()

    async def post(self, path: str, json: Any = None) -> Any:
        """Return what a path answers to a body."""
        response = await self.client.post(path, json=json)
        assert 200 == response.status_code, response.text
        return response.json()

    async def upload(self, text: str, purpose: str = "batch", name: str = "a.jsonl") -> str:
        """Upload a file and return its identifier."""
        files = {"file": (name, text.encode())}
        response = await self.client.post("/v1/files", files=files, data={"purpose": purpose})
        assert 200 == response.status_code, response.text
        return str(response.json()["id"])

    async def idle(self) -> None:
        """Wait until nothing is done in the background."""
        while self.services.jobs.running:
            await anyio.lowlevel.checkpoint()


@asynccontextmanager
async def embedded(data: Path, **options: Any) -> AsyncIterator[Embedded]:
    """Open the application on a data folder."""
    given = Options(data=data, api_key=KEY, admin_password="p", **options)
    async with open_services(given) as services:
        transport = httpx.ASGITransport(create_app(services))
        headers = {"authorization": f"Bearer {KEY}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=headers
        ) as client:
            made = Embedded(client, services)
            services.records.clock = lambda: made.now
            yield made
