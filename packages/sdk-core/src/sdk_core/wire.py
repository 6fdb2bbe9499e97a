"""
The wire: how clients write JSON, read answers, and say what is wrong with one.

For packages that stand in front of a generated one and read more than its operations do: messages
of a WebSocket, answers that are mended on their way, pages of another shape.
"""

from ._decoding import decoder, invalid
from ._encoding import encode_json
from ._error_bodies import message_of, said
from ._readers import Reader

__all__ = ["Reader", "decoder", "encode_json", "invalid", "message_of", "said"]
