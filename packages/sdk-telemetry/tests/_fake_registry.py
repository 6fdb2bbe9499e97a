"""A schema registry on loopback: as much of Confluent's REST interface as clients of it use."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import unquote, urlsplit

MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"


class FakeRegistry:
    """
    Keep schemas by subject, and number them from 1, the same text once.

    Attributes:
        calls: What was asked, as ``POST /subjects/x/versions``.
        seen: The headers of the last request.
        failures: Answers to give before its own: a status and a body each.
        frozen: Register nothing that is not there.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.seen: dict[str, str] = {}
        self.failures: list[tuple[int, Any]] = []
        self.frozen = False
        self._schemas: dict[int, dict[str, str]] = {}
        self._subjects: dict[str, list[int]] = {}
        registry = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                registry.seen = {name.lower(): value for name, value in self.headers.items()}
                status, answer = registry.answer(self.command, urlsplit(self.path).path, body)
                payload = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", MEDIA_TYPE)
                self.send_header("content-length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            do_GET = do_POST = answer  # noqa: N815  # what http.server calls them

            def log_message(self, *_: Any) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, Any]:
        self.calls.append(f"{method} {path}")
        if self.failures:
            return self.failures.pop(0)
        match [method, *(unquote(part) for part in path.strip("/").split("/"))]:
            case ["POST", "subjects", subject, "versions"]:
                return self._register(subject, json.loads(body))
            case ["POST", "subjects", subject]:
                number = self._find(json.loads(body))
                if subject not in self._subjects:
                    return 404, {"error_code": 40401, "message": f"Subject '{subject}' not found."}
                if number not in self._subjects[subject]:
                    return 404, {"error_code": 40403, "message": "Schema not found"}
                return 200, {"subject": subject, "id": number, "version": 1}
            case ["GET", "schemas", "ids", number]:
                if int(number) in self._schemas:
                    return 200, self._schemas[int(number)]
                return 404, {"error_code": 40403, "message": "Schema not found"}
        return 404, {"error_code": 404, "message": "HTTP 404 Not Found"}

    def add(self, subject: str, schema: dict[str, str]) -> int:
        """Register a schema as somebody else would."""
        number = self._find(schema)
        if number is None:
            number = len(self._schemas) + 1
            self._schemas[number] = schema
        self._subjects.setdefault(subject, []).append(number)
        return number

    def _register(self, subject: str, schema: dict[str, str]) -> tuple[int, Any]:
        if self.frozen:
            return 409, {"error_code": 409, "message": "Schema being registered is incompatible"}
        return 200, {"id": self.add(subject, schema)}

    def _find(self, schema: dict[str, str]) -> int | None:
        return next((number for number, it in self._schemas.items() if it == schema), None)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
