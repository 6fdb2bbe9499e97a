"""What answers inference requests: the protocol and its implementations."""

from ._echo import EchoEngine
from ._protocols import Answer, Engine, EngineRequest, Streamed, Task
from ._proxy import ProxyEngine

__all__ = [
    "Answer",
    "EchoEngine",
    "Engine",
    "EngineRequest",
    "ProxyEngine",
    "Streamed",
    "Task",
]
