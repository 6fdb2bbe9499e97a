"""
What can go wrong, and what each error lets a program do.

Run it with ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` set, and ``MODEL`` if it is not ``echo-1``.
"""

from __future__ import annotations

import os
import socket

from sdk_openai_compat import (
    APIConnectionError,
    APIStatusError,
    AuthenticationError,
    ConfigurationError,
    NotFoundError,
    OpenAI,
    RateLimitError,
)

MODEL = os.environ.get("MODEL", "echo-1")


def ask(client: OpenAI, model: str = MODEL) -> str:
    """Ask, and say what came of it in one line."""
    try:
        answer = client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "hello"}]
        )
    except AuthenticationError as error:
        return f"check the key: {error}"
    except NotFoundError as error:
        return f"check the model: {error}"
    except RateLimitError as error:
        return f"come back in {error.retry_after or 60} s: {error}"
    except APIStatusError as error:
        return f"tell the operator the request id {error.request_id}: {error}"
    except APIConnectionError as error:
        repeat = "may have been" if error.maybe_processed else "was certainly not"
        return f"the request {repeat} processed: {error}"
    return f"answered: {answer.choices[0].message.content}"


def unused_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def main() -> None:
    """Make each mistake once."""
    # Up to five repeats, waiting as long as the server asks, and no longer than 20 s for all.
    with OpenAI(max_retries=5, deadline=20) as client:
        print(ask(client))
        print(ask(client, model="no-such-model"))
        print(ask(client.with_options(api_key="sk-wrong")))
        nobody = f"http://127.0.0.1:{unused_port()}/v1"
        print(ask(client.with_options(base_url=nobody, max_retries=0)))
    try:
        OpenAI(base_url="localhost:8000/v1")
    except ConfigurationError as error:
        print(f"fix the program: {error}")


if __name__ == "__main__":
    main()
