"""A tiny model that says what it was told to: no download, no training, half a megabyte.

Each token is an axis of the embedding, attention and feed-forward network add nothing, and the last
matrix leads from each token to the one that follows it: the model is a table of successors. Run by
llama.cpp it is a model like any other, with a tokenizer, a chat template and a sampler.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import gguf  # type: ignore[import-not-found,unused-ignore]  # in the environment `live`
import numpy as np  # type: ignore[import-not-found,unused-ignore]  # as above

_SPACE = "\u2581"  # how SentencePiece writes a space
_CONTROL, _BYTE, _NORMAL, _UNKNOWN = 3, 6, 1, 2
_HEADS = 4
_SURE = 4.0  # how much more likely the successor is than all others, before it is scaled

TEMPLATE = """\
{%- if tools %}<|system|>
Call a function with <tool_call></tool_call> around its name and arguments.
<tools>
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
</tools>
{% endif %}
{%- for message in messages %}
{%- if message.role == "tool" %}<|tool|>
<tool_response>
{{ message.content }}
</tool_response>
{% elif message.tool_calls %}<|assistant|>
{%- for call in message.tool_calls %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor %}
{% else %}<|{{ message.role }}|>
{{ message.content }}
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|assistant|>
{% endif %}"""
"""A template in the form of Hermes, whose tool calls llama.cpp knows."""


def write(path: Path, pieces: Sequence[str], template: str = TEMPLATE) -> Path:
    """
    Write a model to *path* that answers everything with *pieces*, which are all different.

    Args:
        path: The file.
        pieces: The tokens of the answer; it ends behind the last one.
        template: How messages become a prompt (Jinja).
    """
    assert len(set(pieces)) == len(pieces)
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256]
    first = len(tokens)
    tokens += [piece.replace(" ", _SPACE) for piece in pieces]
    kinds += [_NORMAL] * len(pieces)
    width = -(-len(tokens) // 32) * 32
    follower = np.full(len(tokens), first)  # whatever a prompt ends with, the answer begins
    follower[first:] = [*range(first + 1, len(tokens)), 2]
    output = np.zeros((len(tokens), width), np.float32)
    output[follower, np.arange(len(tokens))] = _SURE
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("scripted")
    writer.add_context_length(2048)
    writer.add_embedding_length(width)
    writer.add_block_count(1)
    writer.add_feed_forward_length(32)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // _HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list([token.encode() for token in tokens])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(True)
    # Else a prompt would not begin as its grammar says, and tools could not be called.
    writer.add_add_space_prefix(False)
    writer.add_chat_template(template)
    square, ones = np.zeros((width, width), np.float32), np.ones(width, np.float32)
    writer.add_tensor("token_embd.weight", np.eye(len(tokens), width, dtype=np.float32))
    writer.add_tensor("output_norm.weight", ones)
    writer.add_tensor("output.weight", output)
    writer.add_tensor("blk.0.attn_norm.weight", ones)
    writer.add_tensor("blk.0.ffn_norm.weight", ones)
    for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
        writer.add_tensor(f"blk.0.{name}.weight", square)
    for name in ("ffn_gate", "ffn_up"):
        writer.add_tensor(f"blk.0.{name}.weight", np.zeros((32, width), np.float32))
    writer.add_tensor("blk.0.ffn_down.weight", np.zeros((width, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
