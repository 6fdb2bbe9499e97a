"""The resources of a client, such as ``client.chat.completions``, under openai's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .audio.audio import AsyncAudio, Audio
    from .batches import AsyncBatches, Batches
    from .chat.chat import AsyncChat, Chat
    from .completions import AsyncCompletions, Completions
    from .conversations.conversations import AsyncConversations, Conversations
    from .embeddings import AsyncEmbeddings, Embeddings
    from .files import AsyncFiles, Files
    from .fine_tuning.fine_tuning import AsyncFineTuning, FineTuning
    from .images import AsyncImages, Images
    from .models import AsyncModels, Models
    from .moderations import AsyncModerations, Moderations
    from .realtime.realtime import AsyncRealtime, Realtime
    from .responses.responses import AsyncResponses, Responses
    from .uploads.uploads import AsyncUploads, Uploads
    from .vector_stores.vector_stores import AsyncVectorStores, VectorStores
    from .webhooks.webhooks import AsyncWebhooks, Webhooks
else:
    from .._lazy import lazy

    __getattr__, __dir__ = lazy(
        __name__,
        {
            "Audio": f"{__name__}.audio.audio:Audio",
            "AsyncAudio": f"{__name__}.audio.audio:AsyncAudio",
            "Batches": f"{__name__}.batches:Batches",
            "AsyncBatches": f"{__name__}.batches:AsyncBatches",
            "Chat": f"{__name__}.chat.chat:Chat",
            "AsyncChat": f"{__name__}.chat.chat:AsyncChat",
            "Completions": f"{__name__}.completions:Completions",
            "AsyncCompletions": f"{__name__}.completions:AsyncCompletions",
            "Conversations": f"{__name__}.conversations.conversations:Conversations",
            "AsyncConversations": f"{__name__}.conversations.conversations:AsyncConversations",
            "Embeddings": f"{__name__}.embeddings:Embeddings",
            "AsyncEmbeddings": f"{__name__}.embeddings:AsyncEmbeddings",
            "Files": f"{__name__}.files:Files",
            "AsyncFiles": f"{__name__}.files:AsyncFiles",
            "FineTuning": f"{__name__}.fine_tuning.fine_tuning:FineTuning",
            "AsyncFineTuning": f"{__name__}.fine_tuning.fine_tuning:AsyncFineTuning",
            "Images": f"{__name__}.images:Images",
            "AsyncImages": f"{__name__}.images:AsyncImages",
            "Models": f"{__name__}.models:Models",
            "AsyncModels": f"{__name__}.models:AsyncModels",
            "Moderations": f"{__name__}.moderations:Moderations",
            "AsyncModerations": f"{__name__}.moderations:AsyncModerations",
            "Realtime": f"{__name__}.realtime.realtime:Realtime",
            "AsyncRealtime": f"{__name__}.realtime.realtime:AsyncRealtime",
            "Responses": f"{__name__}.responses.responses:Responses",
            "AsyncResponses": f"{__name__}.responses.responses:AsyncResponses",
            "Uploads": f"{__name__}.uploads.uploads:Uploads",
            "AsyncUploads": f"{__name__}.uploads.uploads:AsyncUploads",
            "VectorStores": f"{__name__}.vector_stores.vector_stores:VectorStores",
            "AsyncVectorStores": f"{__name__}.vector_stores.vector_stores:AsyncVectorStores",
            "Webhooks": f"{__name__}.webhooks.webhooks:Webhooks",
            "AsyncWebhooks": f"{__name__}.webhooks.webhooks:AsyncWebhooks",
        },
    )

__all__ = [
    "AsyncAudio",
    "AsyncBatches",
    "AsyncChat",
    "AsyncCompletions",
    "AsyncConversations",
    "AsyncEmbeddings",
    "AsyncFiles",
    "AsyncFineTuning",
    "AsyncImages",
    "AsyncModels",
    "AsyncModerations",
    "AsyncRealtime",
    "AsyncResponses",
    "AsyncUploads",
    "AsyncVectorStores",
    "AsyncWebhooks",
    "Audio",
    "Batches",
    "Chat",
    "Completions",
    "Conversations",
    "Embeddings",
    "Files",
    "FineTuning",
    "Images",
    "Models",
    "Moderations",
    "Realtime",
    "Responses",
    "Uploads",
    "VectorStores",
    "Webhooks",
]
