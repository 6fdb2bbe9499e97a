"""
openai's modules and names that stand here for libraries alone; see `install_as_openai`.

Everything in them is a part of this package or of `sdk_core` under openai's name. The names of this
module go before those of the package in ``openai`` itself: as openai's they mean something else, or
only make it possible to import a library that can do more than this package serves.
"""

from __future__ import annotations

from .._lazy import lazy

NAMES = {
    "APIResponse": f"{__name__}._response:APIResponse",
    "AssistantEventHandler": f"{__name__}.lib.streaming._assistants:AssistantEventHandler",
    "AsyncAPIResponse": f"{__name__}._response:AsyncAPIResponse",
    "AsyncAssistantEventHandler": f"{__name__}.lib.streaming._assistants:AsyncAssistantEventHandler",
    "DEFAULT_CONNECTION_LIMITS": f"{__name__}._http_clients:DEFAULT_CONNECTION_LIMITS",
    "DefaultAsyncHttpxClient": f"{__name__}._http_clients:DefaultAsyncHttpxClient",
    "DefaultHttpxClient": f"{__name__}._http_clients:DefaultHttpxClient",
    "NoneType": "types:NoneType",
    "ProxiesTypes": f"{__name__}._http_clients:ProxiesTypes",
    "Transport": f"{__name__}._http_clients:Transport",
    "VERSION": f"{__name__}.version:VERSION",
    "file_from_path": f"{__name__}._utils:file_from_path",
}

__getattr__, __dir__ = lazy(__name__, NAMES)
