"""What answers inference requests: the protocol and the engine that needs nothing else.

`_proxy` is imported by who needs it: with its HTTP client it takes as long as all the rest.
"""

from ._echo import EchoEngine
from ._protocols import Answer, Engine, EngineRequest, ForwardRequest, Passed, Streamed, Task

__all__ = [
    "Answer",
    "EchoEngine",
    "Engine",
    "EngineRequest",
    "ForwardRequest",
    "Passed",
    "Streamed",
    "Task",
]
