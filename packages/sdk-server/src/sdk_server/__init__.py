"""The platform embedded in one process: implements the inference and the platform API.

Run it with `python -m sdk_server`; embed it with `open_services` and `create_app`; in tests use
`sdk_server.testing.running_server`.
"""

from .__about__ import __version__
from ._asgi import create_app
from ._options import ConfigurationError, Options
from ._services import Services, open_services

__all__ = [
    "ConfigurationError",
    "Options",
    "Services",
    "__version__",
    "create_app",
    "open_services",
]
