"""``client.uploads``: large files, in pieces."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from sdk_core.typing import omit
from sdk_inference_api.resources.uploads import AsyncUploads as GeneratedAsyncUploads
from sdk_inference_api.resources.uploads import Uploads as GeneratedUploads

from ..._calling import Calling

if TYPE_CHECKING:
    import builtins
    from os import PathLike

    from sdk_core.typing import Omit, Progress
    from sdk_inference_api.models import FilePurpose, Upload

    from .parts import AsyncParts, Parts

__all__ = ["AsyncUploads", "Uploads"]

_CANCELLING = 10.0  # seconds that the end of an upload that has failed may take


class Uploads(Calling, GeneratedUploads):
    """Large files, in pieces."""

    @cached_property
    def parts(self) -> Parts:
        """Pieces of a large file."""
        from .parts import Parts  # noqa: PLC0415  # lazy, as the generated tree is

        return Parts(self._client, self._mode)

    def upload_file_chunked(
        self,
        *,
        file: PathLike[str] | builtins.bytes,
        mime_type: str,
        purpose: FilePurpose,
        filename: str | None = None,
        bytes: int | None = None,  # noqa: A002  # openai's name
        part_size: int | None = None,
        md5: str | Omit = omit,
        progress: Progress | None = None,
    ) -> Upload:
        """
        Upload a file of any size in parts, one after the other.

        Each part is read while it is sent, and sent again if that fails, as every call is. If
        one fails for good, the upload is cancelled.

        Args:
            file: Its path, or what is in it.
            mime_type: Its media type.
            purpose: What it is for.
            filename: Its name; needed for what is in memory. Default: that of the path.
            bytes: Its size, to be checked against. Default: what it is.
            part_size: Bytes of each part but the last. Default: 64 MiB.
            md5: Its checksum, for the server to check.
            progress: Told the bytes that have been sent, and all that there are.

        Raises:
            ConfigurationError: An argument cannot be used, or the file not be read.
            APIError: A call failed.
        """
        from ..._uploading import Parts  # noqa: PLC0415  # few upload so much

        uploads = type(self)(self._client)
        with Parts(file, filename, bytes, part_size, progress) as parts:
            upload = uploads.create(
                bytes=parts.size,
                filename=parts.filename,
                mime_type=mime_type,
                purpose=purpose,
            )
            try:
                sent = [uploads.parts.create(upload.id, data=part).id for part in parts]
                return uploads.complete(upload.id, part_ids=sent, md5=md5)
            except BaseException:
                with suppress(Exception):  # what went wrong before says more
                    uploads.cancel(upload.id, timeout=_CANCELLING)
                raise


class AsyncUploads(Calling, GeneratedAsyncUploads):
    """The asynchronous twin of `Uploads`."""

    @cached_property
    def parts(self) -> AsyncParts:
        """Pieces of a large file."""
        from .parts import AsyncParts  # noqa: PLC0415  # lazy, as the generated tree is

        return AsyncParts(self._client, self._mode)

    async def upload_file_chunked(
        self,
        *,
        file: PathLike[str] | builtins.bytes,
        mime_type: str,
        purpose: FilePurpose,
        filename: str | None = None,
        bytes: int | None = None,  # noqa: A002  # as above
        part_size: int | None = None,
        md5: str | Omit = omit,
        progress: Progress | None = None,
    ) -> Upload:
        """Upload a file of any size in parts; see `Uploads.upload_file_chunked`."""
        from ..._uploading import Parts  # noqa: PLC0415  # as above

        uploads = type(self)(self._client)
        with Parts(file, filename, bytes, part_size, progress) as parts:
            upload = await uploads.create(
                bytes=parts.size,
                filename=parts.filename,
                mime_type=mime_type,
                purpose=purpose,
            )
            try:
                sent = [(await uploads.parts.create(upload.id, data=part)).id for part in parts]
                return await uploads.complete(upload.id, part_ids=sent, md5=md5)
            except BaseException:
                from anyio import move_on_after  # noqa: PLC0415  # only what fails needs it

                # Whoever is cancelled has this sent nevertheless.
                with move_on_after(_CANCELLING, shield=True), suppress(Exception):
                    await uploads.cancel(upload.id)
                raise
