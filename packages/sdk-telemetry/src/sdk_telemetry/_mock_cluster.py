"""The mock cluster of librdkafka, by ctypes: the library comes inside the wheel of confluent-kafka."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_int16, c_size_t, c_void_p
from ctypes.util import find_library
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from .errors import ConfigurationError

__all__ = ["APIS", "MockCluster", "error_code"]

APIS: Final = {
    "Produce": 0,
    "Fetch": 1,
    "ListOffsets": 2,
    "Metadata": 3,
    "OffsetCommit": 8,
    "OffsetFetch": 9,
    "FindCoordinator": 10,
    "JoinGroup": 11,
    "Heartbeat": 12,
    "LeaveGroup": 13,
    "SyncGroup": 14,
    "ApiVersions": 18,
    "InitProducerId": 22,
}
"""What clients ask brokers, as https://kafka.apache.org/protocol numbers it."""

_PRODUCER: Final = 0
_SIGNATURES: Final[dict[str, tuple[Any, list[Any]]]] = {
    "conf_new": (c_void_p, []),
    "conf_set": (c_int, [c_void_p, c_char_p, c_char_p, c_char_p, c_size_t]),
    "new": (c_void_p, [c_int, c_void_p, c_char_p, c_size_t]),
    "destroy": (None, [c_void_p]),
    "mock_cluster_new": (c_void_p, [c_void_p, c_int]),
    "mock_cluster_destroy": (None, [c_void_p]),
    "mock_cluster_bootstraps": (c_char_p, [c_void_p]),
    "mock_broker_set_down": (c_int, [c_void_p, c_int]),
    "mock_broker_set_up": (c_int, [c_void_p, c_int]),
    "mock_broker_set_rtt": (c_int, [c_void_p, c_int, c_int]),
    "mock_broker_set_host_port": (c_int, [c_void_p, c_int, c_char_p, c_int]),
    "mock_topic_create": (c_int, [c_void_p, c_char_p, c_int, c_int]),
    "mock_topic_set_error": (None, [c_void_p, c_char_p, c_int]),
    "mock_partition_set_leader": (c_int, [c_void_p, c_char_p, c_int, c_int]),
    "mock_push_request_errors_array": (None, [c_void_p, c_int16, c_size_t, POINTER(c_int)]),
    "mock_clear_request_errors": (None, [c_void_p, c_int16]),
    "mock_group_initial_rebalance_delay_ms": (None, [c_void_p, c_int]),
    "mock_start_request_tracking": (None, [c_void_p]),
    "mock_get_requests": (POINTER(c_void_p), [c_void_p, POINTER(c_size_t)]),
    "mock_request_api_key": (c_int16, [c_void_p]),
    "mock_request_destroy_array": (None, [POINTER(c_void_p), c_size_t]),
}


def _file() -> str:
    """Return where librdkafka is: beside confluent_kafka in a wheel, else the system's."""
    spec = find_spec("confluent_kafka")
    if spec is None or spec.origin is None:
        msg = "the mock of Kafka comes with confluent-kafka: install sdk-telemetry[kafka]"
        raise ConfigurationError(msg)
    package = Path(spec.origin).parent
    folders = (package.parent / "confluent_kafka.libs", package / ".dylibs")
    found = [str(file) for folder in folders for file in sorted(folder.glob("librdkafka*"))]
    name = found[0] if found else find_library("rdkafka")
    if name is None:
        msg = "librdkafka is not to be found; install confluent-kafka from a wheel"
        raise ConfigurationError(msg)
    return name


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(_file())
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = result, arguments
    return library


def error_code(error: str | int) -> int:
    """
    Return the code of an error that brokers answer with.

    Args:
        error: Its code, or its name as confluent-kafka has it, as in ``MSG_SIZE_TOO_LARGE``;
            ``_TRANSPORT`` hangs up.

    Raises:
        ConfigurationError: There is none of this name.
    """
    from confluent_kafka import KafkaError  # noqa: PLC0415  # as late as possible: 50 ms

    if isinstance(error, int) or error.lstrip("-").isdigit():
        return int(error)
    code = getattr(KafkaError, error, None)
    if not isinstance(code, int):
        msg = (
            f"`error`: Kafka has no error {error!r}; see the names in `confluent_kafka.KafkaError`"
        )
        raise ConfigurationError(msg)
    return code


def _api(name: str) -> int:
    if name not in APIS:
        msg = f"`api` must be one of {', '.join(APIS)}, not {name!r}"
        raise ConfigurationError(msg)
    return APIS[name]


class MockCluster:
    """
    Brokers on ports of this machine, in threads of this process that never need the GIL.

    Its methods are the commands that `sdk_telemetry.testing.MockKafka` carries out, here or in
    another process. A *broker* of 0 means all of them.

    Args:
        brokers: How many; they are numbered from 1.

    Raises:
        ConfigurationError: There is no librdkafka.
    """

    def __init__(self, brokers: int) -> None:
        self._library = _library()
        self._numbers = range(1, brokers + 1)
        said = ctypes.create_string_buffer(512)
        options = self._call("conf_new")
        # The client that the cluster belongs to is nobody's: that it knows no brokers is no news.
        self._call("conf_set", options, b"log_level", b"0", said, len(said))
        self._handle = self._call("new", _PRODUCER, options, said, len(said))
        self._cluster = self._call("mock_cluster_new", self._handle, brokers)
        assert self._cluster, said.value
        self._call("mock_start_request_tracking", self._cluster)
        self.bootstrap: str = self._call("mock_cluster_bootstraps", self._cluster).decode()

    def close(self) -> None:
        """End it. More often than once does no harm."""
        cluster, self._cluster = self._cluster, None
        if cluster:
            self._call("mock_cluster_destroy", cluster)
            self._call("destroy", self._handle)

    def down(self, broker: int = 0) -> None:
        """Hang up, and take no connections."""
        self._each("mock_broker_set_down", broker)

    def up(self, broker: int = 0) -> None:
        """Take connections again."""
        self._each("mock_broker_set_up", broker)

    def rtt(self, milliseconds: int, broker: int = 0) -> None:
        """Answer so much later."""
        self._each("mock_broker_set_rtt", broker, milliseconds)

    def advertise(self, broker: int, host: str, port: int) -> None:
        """Have clients find a broker elsewhere, such as at a proxy before it."""
        self._call("mock_broker_set_host_port", self._cluster, broker, host.encode(), port)

    def topic(self, name: str, partitions: int = 4, replicas: int = 1) -> None:
        """Make a topic; one that is not made has four partitions when it is first asked for."""
        self._call("mock_topic_create", self._cluster, name.encode(), partitions, replicas)

    def topic_error(self, name: str, error: str | int) -> None:
        """Have a topic's metadata say an error; ``NO_ERROR`` ends it."""
        self._call("mock_topic_set_error", self._cluster, name.encode(), error_code(error))

    def leader(self, topic: str, partition: int, broker: int) -> None:
        """Have another broker lead a partition."""
        self._call("mock_partition_set_leader", self._cluster, topic.encode(), partition, broker)

    def errors(self, api: str, *errors: str | int) -> None:
        """Answer the next requests of a kind with these errors, one after the other."""
        codes = (c_int * len(errors))(*map(error_code, errors))
        self._call("mock_push_request_errors_array", self._cluster, _api(api), len(codes), codes)

    def clear_errors(self, api: str) -> None:
        """Forget the errors that were not answered yet."""
        self._call("mock_clear_request_errors", self._cluster, _api(api))

    def rebalance_delay(self, milliseconds: int) -> None:
        """Let consumer groups wait so long for members; 3000 unless told."""
        self._call("mock_group_initial_rebalance_delay_ms", self._cluster, milliseconds)

    def requests(self) -> dict[str, int]:
        """Return how many requests of each kind came so far."""
        names = {number: name for name, number in APIS.items()}
        many = c_size_t()
        found = self._call("mock_get_requests", self._cluster, ctypes.byref(many))
        seen: dict[str, int] = {}
        for at in range(many.value):
            number = self._call("mock_request_api_key", found[at])
            name = names.get(number, str(number))
            seen[name] = seen.get(name, 0) + 1
        self._call("mock_request_destroy_array", found, many)
        return seen

    def _call(self, name: str, *arguments: object) -> Any:
        return getattr(self._library, f"rd_kafka_{name}")(*arguments)

    def _each(self, name: str, broker: int, *arguments: object) -> None:
        if broker and broker not in self._numbers:
            msg = f"`broker` must be between 1 and {self._numbers[-1]}, or 0 for all, not {broker}"
            raise ConfigurationError(msg)
        for number in [broker] if broker else self._numbers:
            self._call(name, self._cluster, number, *arguments)
