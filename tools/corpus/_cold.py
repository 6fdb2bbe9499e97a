"""
Measure the first call of a package in a fresh process; run as a script.

`python _cold.py SOURCE PACKAGE` prints the milliseconds of CPU that `import PACKAGE` takes.
`python _cold.py SOURCE PACKAGE METHOD ARGUMENTS` makes a first call with sdk-core alone, and prints
what importing the package and calling METHOD with ARGUMENTS (JSON) takes on top of it.
"""

import sys
import time


def import_cost(package: str) -> float:
    """Import the package, and return the seconds."""
    started = time.process_time()
    __import__(package)
    return time.process_time() - started


def call_cost(package: str, method: str, arguments: str) -> float:
    """Import the package and call the method, and return the seconds."""
    import importlib  # noqa: PLC0415  # what the other measure must not pay for
    import json  # noqa: PLC0415  # importing is what is measured
    from operator import attrgetter  # noqa: PLC0415  # as above

    import httpx  # noqa: PLC0415  # as above

    from sdk_core.clients import SyncClient  # noqa: PLC0415  # as above
    from sdk_core.models import BaseModel  # noqa: PLC0415  # as above

    class Answer(BaseModel):
        """Of sdk-core's own call, so that pydantic is loaded."""

    keywords = json.loads(arguments)
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={}))
    options = {"base_url": "http://127.0.0.1:9", "http_client": httpx.Client(transport=transport)}
    SyncClient(**options).request("POST", "/", cast_to=Answer, body={})  # type: ignore[arg-type]  # options of any kind
    started = time.process_time()
    client = importlib.import_module(package).Client(**options)
    attrgetter(method)(client)(**keywords)
    return time.process_time() - started


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    cost = import_cost(*sys.argv[2:]) if len(sys.argv) == 3 else call_cost(*sys.argv[2:])
    print(round(cost * 1000, 2))
