"""A gate before a broker: it wants TLS, or to know who comes, which the mock of Kafka does not."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ssl
import struct
import threading
from collections.abc import Generator
from typing import Self

from sdk_telemetry.testing import MockKafka

USER, PASSWORD, SALT, ROUNDS = "who", "correct-horse", b"salt", 4096
_HANDSHAKE, _AUTHENTICATE, _VERSIONS = 17, 36, 18


class Gate:
    """
    Stands before the only broker of a mock, as a context manager.

    Args:
        kafka: What is behind it; clients are sent to the gate instead.
        tls: How connections are encrypted; None: not.
        mechanism: How clients sign in, by SASL; None: not at all.
        tokens: What OAUTHBEARER takes.

    Attributes:
        shown: The tokens that clients showed.
    """

    def __init__(
        self,
        kafka: MockKafka,
        *,
        tls: ssl.SSLContext | None = None,
        mechanism: str | None = None,
        tokens: tuple[str, ...] = (),
    ) -> None:
        self._broker = kafka.bootstrap.split(":")
        self._kafka, self._tls, self._mechanism = kafka, tls, mechanism
        self.tokens = tokens
        self.shown: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        begin = asyncio.start_server(self._accept, "localhost", 0, family=2, ssl=self._tls)
        self._server = asyncio.run_coroutine_threadsafe(begin, self._loop).result(10.0)
        self.bootstrap = f"localhost:{self._server.sockets[0].getsockname()[1]}"
        self._kafka.advertise(1, "localhost", int(self.bootstrap.split(":")[1]))
        return self

    def __exit__(self, *exc_info: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10.0)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond = None
        try:
            far_reader, beyond = await asyncio.open_connection(*self._broker)
            if self._mechanism is None or await self._signed_in(reader, writer, far_reader, beyond):
                await asyncio.gather(_pipe(reader, beyond), _pipe(far_reader, writer))
        except (OSError, EOFError):
            pass  # one of the two hung up
        finally:
            writer.close()
            if beyond is not None:
                beyond.close()

    async def _signed_in(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        far_reader: asyncio.StreamReader,
        beyond: asyncio.StreamWriter,
    ) -> bool:
        """Answer requests until the client is known; False: it is not who it says."""
        conversation = self._conversation()
        next(conversation)
        while True:
            request = await _frame(reader)
            api, version, correlation, named = struct.unpack(">hhih", request[:10])
            body = request[10 + max(named, 0) :]
            if api == _VERSIONS:
                beyond.write(struct.pack(">i", len(request)) + request)
                answer = _with_sasl(await _frame(far_reader))
            elif api == _HANDSHAKE:
                wanted = body[2:].decode()
                mine = self._mechanism or ""
                fault = 0 if wanted == mine else 33
                answer = struct.pack(">ihih", correlation, fault, 1, len(mine)) + mine.encode()
            elif api == _AUTHENTICATE:
                said = conversation.send(body[4:])
                fault = 58 if said is None else 0
                data = said or b""
                answer = struct.pack(">ihhi", correlation, fault, -1, len(data)) + data
                answer += struct.pack(">q", 0) if version else b""
            else:
                return False
            writer.write(struct.pack(">i", len(answer)) + answer)
            await writer.drain()
            if api == _AUTHENTICATE and said is None:
                return False
            if api == _AUTHENTICATE and self._through:
                return True

    def _conversation(self) -> Generator[bytes | None, bytes, None]:
        """Take what a client says, give what to answer; None ends it."""
        self._through = False
        first: bytes = yield b""
        if self._mechanism == "PLAIN":
            good = first.split(b"\0")[1:] == [USER.encode(), PASSWORD.encode()]
        elif self._mechanism == "OAUTHBEARER":
            token = first.split(b"auth=Bearer ")[1].split(b"\x01")[0].decode()
            self.shown.append(token)
            good = token in self.tokens
        else:
            algorithm = "sha" + str(self._mechanism)[-3:]
            bare = first.split(b",", 2)[2]
            nonce = bare.split(b"r=")[1] + b"ours"
            offer = b"r=%s,s=%s,i=%d" % (nonce, base64.b64encode(SALT), ROUNDS)
            final: bytes = yield offer
            without, _, proof = final.rpartition(b",p=")
            salted = hashlib.pbkdf2_hmac(algorithm, PASSWORD.encode(), SALT, ROUNDS)
            key = hmac.digest(salted, b"Client Key", algorithm)
            stored = hashlib.new(algorithm, key).digest()
            talk = b",".join([bare, offer, without])
            signature = hmac.digest(stored, talk, algorithm)
            shown = bytes(a ^ b for a, b in zip(base64.b64decode(proof), signature, strict=True))
            good = shown == key and bare.startswith(b"n=" + USER.encode())
            server = hmac.digest(hmac.digest(salted, b"Server Key", algorithm), talk, algorithm)
            self._through = good
            yield b"v=" + base64.b64encode(server) if good else None
        self._through = good
        yield b"" if good else None


async def _frame(reader: asyncio.StreamReader) -> bytes:
    (size,) = struct.unpack(">i", await reader.readexactly(4))
    return await reader.readexactly(size)


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    raise EOFError


def _with_sasl(answer: bytes) -> bytes:
    """Return the broker's answer about what it can do, with what the gate can do added."""
    fault, count = struct.unpack(">hi", answer[4:10])
    if fault:
        return answer
    end = 10 + 6 * count
    added = struct.pack(">hhhhhh", _HANDSHAKE, 0, 1, _AUTHENTICATE, 0, 1)
    return answer[:6] + struct.pack(">i", count + 2) + answer[10:end] + added + answer[end:]
