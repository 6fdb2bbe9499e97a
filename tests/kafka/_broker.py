"""One broker of Apache Kafka, controller included, as a process of its own on the loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import trustme
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from sdk_telemetry.testing import Message

USER, PASSWORD = "ada", "a password; with = in it"
ISSUER, AUDIENCE = "https://issuer.test", "kafka"

_LISTENERS = ("PLAINTEXT", "SSL", "SASL_SSL", "SASL_PLAINTEXT", "CONTROLLER")
_MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")
_CODECS = ("none", "gzip", "snappy", "lz4", "zstd")  # by their numbers in a batch
_READS = 30.0  # seconds
_STARTS = 90.0  # seconds, on a machine that does other things too
_JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
_SECURITY = "org.apache.kafka.common.security"


class Broker:
    """
    A broker that takes what each listener and mechanism of Kafka's is for.

    Args:
        jars: What it is made of.
        folder: Where it keeps its log, its settings and the certificates.

    Attributes:
        ca: A file with the certificate of who signed the broker's.
        certificate: A file with a client's certificate, signed by the same.
        key: A file with the private key of that.
    """

    def __init__(self, jars: Path, folder: Path) -> None:
        self._folder = folder
        quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
        self._java = ["java", *_JVM, quiet, "-cp", f"{jars}/*"]
        self._ports = dict(zip(_LISTENERS, _free_ports(len(_LISTENERS)), strict=True))
        self._process: subprocess.Popen[bytes] | None = None
        self.ca = folder / "ca.pem"
        self.certificate = folder / "client.pem"
        self.key = folder / "client.key"
        self._signs = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._settings = folder / "server.properties"
        self._write_certificates()
        self._write_settings()
        self._format()

    def address(self, listener: str = "PLAINTEXT") -> str:
        """Return the host and port of a listener: PLAINTEXT, SSL (asks for a certificate), SASL_SSL, SASL_PLAINTEXT."""
        return f"127.0.0.1:{self._ports[listener]}"

    def token(self, *, lives: float = 600, **claims: Any) -> str:
        """Return a signed JWT that the broker takes for *lives* seconds."""
        now = int(time.time())
        told = {"iss": ISSUER, "aud": AUDIENCE, "sub": USER, "iat": now, "exp": now + int(lives)}
        return jwt.encode({**told, **claims}, self._signs, "RS256", {"kid": "1"})

    def start(self) -> None:
        """
        Start it, unless it runs, and return when it answers.

        Raises:
            RuntimeError: It ended instead, or did not answer in time; the message has what it logged.
        """
        if self._process is not None:
            return
        options = [
            f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self._jwks.as_uri()}",
            f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.files={self._jwks}",
        ]
        with (self._folder / "broker.log").open("ab") as log:
            command = [*self._java, *options, "kafka.Kafka", str(self._settings)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self._folder)
        deadline = time.monotonic() + _STARTS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                msg = "the broker did not start:\n" + self.log()[-4000:]
                raise RuntimeError(msg)

    def kill(self) -> None:
        """End it as a power cut would: kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """End it in peace, and with force after that."""
        self._end(signal.SIGTERM)

    def topic(self, name: str, *, partitions: int = 4, **settings: str) -> str:
        """Make a topic, and return its name; *settings* have underscores where Kafka has dots."""
        told = {key.replace("_", "."): value for key, value in settings.items()}
        new = NewTopic(name, partitions, 1, config=told)
        admin = self._admin()  # its handle must outlive the answer
        admin.create_topics([new], operation_timeout=30)[name].result(30)
        return name

    def read(self, topic: str, count: int = 0) -> list[Message]:
        """
        Return every message that a topic has: in order, for each partition.

        Args:
            topic: Its name.
            count: Wait until there are so many; a message that nobody confirmed may be on its way.
        """
        settings = {"group.id": "reader", "enable.auto.commit": False, "log_level": 0}
        consumer = Consumer({"bootstrap.servers": self.address(), **settings})
        try:
            found = consumer.list_topics(topic, timeout=30).topics[topic].partitions
            consumer.assign([TopicPartition(topic, n, OFFSET_BEGINNING) for n in found])
            places = [consumer.get_watermark_offsets(TopicPartition(topic, n), 30) for n in found]
            count = max(count, sum(high - low for low, high in places))
            messages: list[Message] = []
            deadline = time.monotonic() + _READS
            while len(messages) < count:
                messages += map(_read, consumer.consume(count - len(messages), timeout=1))
                if time.monotonic() > deadline:
                    msg = f"{len(messages)} of {count} messages of {topic} came"
                    raise RuntimeError(msg)
        finally:
            consumer.close()
        return messages

    def codecs(self, topic: str) -> set[str]:
        """Return what the batches of a topic are compressed with on the broker's disk."""
        found = set()
        for segment in (self._folder / "log").glob(f"{topic}-*/*.log"):
            data, at = segment.read_bytes(), 0
            while at < len(data):
                length, attributes = struct.unpack_from(">8xi9xh", data, at)
                found.add(_CODECS[attributes & 7])
                at += 12 + length
        return found

    def log(self) -> str:
        """Return what it logged."""
        return (self._folder / "broker.log").read_text(errors="replace")

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _answers(self) -> bool:
        try:
            found = self._admin().list_topics(timeout=1)
        except KafkaException:
            return False
        return bool(found.brokers)

    def _admin(self) -> AdminClient:
        return AdminClient({"bootstrap.servers": self.address(), "log_level": 0})

    @property
    def _jwks(self) -> Path:
        return self._folder / "jwks.json"

    def _write_certificates(self) -> None:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.ca)
        served = authority.issue_cert("127.0.0.1", "localhost")
        chain = b"".join(each.bytes() for each in served.cert_chain_pems)
        (self._folder / "server.pem").write_bytes(_pkcs8(served.private_key_pem.bytes()) + chain)
        known = authority.issue_cert("ada@client.test")
        self.certificate.write_bytes(b"".join(each.bytes() for each in known.cert_chain_pems))
        known.private_key_pem.write_to_path(self.key)
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._signs.public_key()))
        keys = {"keys": [{**public, "kid": "1", "alg": "RS256", "use": "sig"}]}
        self._jwks.write_text(json.dumps(keys))

    def _write_settings(self) -> None:
        at = [f"{name}://{self.address(name)}" for name in _LISTENERS]
        settings = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{self.address('CONTROLLER')}",
            "controller.listener.names": "CONTROLLER",
            "listeners": ",".join(at),
            "advertised.listeners": ",".join(at[:-1]),
            "inter.broker.listener.name": "PLAINTEXT",
            "listener.security.protocol.map": ",".join(
                f"{name}:{'PLAINTEXT' if name == 'CONTROLLER' else name}" for name in _LISTENERS
            ),
            "log.dirs": self._folder / "log",
            "num.partitions": 4,
            "num.network.threads": 2,
            "num.io.threads": 2,
            "log.cleaner.dedupe.buffer.size": 2_097_152,  # bytes, of its heap; 128 MiB otherwise
            "offsets.topic.num.partitions": 1,
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.num.partitions": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "group.initial.rebalance.delay.ms": 0,
            # A broker that was killed may register again when its last session is over.
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
            **self._security(),
        }
        self._settings.write_text("".join(f"{k}={_escaped(v)}\n" for k, v in settings.items()))

    def _security(self) -> Mapping[str, object]:
        modules = {
            "plain": f'{_SECURITY}.plain.PlainLoginModule required user_{USER}="{PASSWORD}";',
            "scram-sha-256": f"{_SECURITY}.scram.ScramLoginModule required;",
            "scram-sha-512": f"{_SECURITY}.scram.ScramLoginModule required;",
            "oauthbearer": f"{_SECURITY}.oauthbearer.OAuthBearerLoginModule required;",
        }
        settings: dict[str, object] = {
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self._folder / "server.pem",
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.ca,
            "listener.name.ssl.ssl.client.auth": "required",
            "sasl.enabled.mechanisms": ",".join(_MECHANISMS),
            "sasl.oauthbearer.jwks.endpoint.url": self._jwks.as_uri(),
            "sasl.oauthbearer.expected.issuer": ISSUER,
            "sasl.oauthbearer.expected.audience": AUDIENCE,
        }
        for listener in ("sasl_ssl", "sasl_plaintext"):
            for mechanism, module in modules.items():
                settings[f"listener.name.{listener}.{mechanism}.sasl.jaas.config"] = module
            handler = f"{_SECURITY}.oauthbearer.OAuthBearerValidatorCallbackHandler"
            name = f"listener.name.{listener}.oauthbearer.sasl.server.callback.handler.class"
            settings[name] = handler
        return settings

    def _format(self) -> None:
        command = [*self._java, "kafka.tools.StorageTool", "format"]
        command += ["--config", str(self._settings)]
        command += ["--cluster-id", "AAAAAAAAAAAAAAAAAAAAAQ"]
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            command += ["--add-scram", f'{mechanism}=[name="{USER}",password="{PASSWORD}"]']
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            msg = f"the broker's storage could not be formatted:\n{done.stdout}{done.stderr}"
            raise RuntimeError(msg)


def _read(message: Any) -> Message:
    """Return what confluent-kafka read, whose types allow for what a message cannot be."""
    if (error := message.error()) is not None:
        raise KafkaException(error)
    value, headers = message.value() or b"", dict(message.headers() or ())
    place = message.topic(), message.partition(), message.offset()
    return Message(*place, message.key(), value, headers)


def _free_ports(count: int) -> list[int]:
    """
    Find ports that nothing listens on, below those that the system gives to clients.

    Among these a client that asks again and again for a broker that is away would one day be given
    the broker's own port, and be connected with itself.
    """
    found: list[int] = []
    port = 12_000 + os.getpid() % 15_000
    while len(found) < count:
        port += 1
        with socket.socket() as tried:
            try:
                tried.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
    return found


def _pkcs8(pem: bytes) -> bytes:
    key = serialization.load_pem_private_key(pem, None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _escaped(value: object) -> str:
    return str(value).replace("\\", "\\\\")
