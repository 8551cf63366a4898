"""Events compressed with what events have in common.

Records of one mirror differ little: names, remedies and certificates come again and again. An event alone compresses
to some 2.2 KB; after a dictionary that holds events like it, to a fifth of that. The dictionaries are events of this
history themselves, kept in it; each row names its own, so a row is never read with another.
"""

from __future__ import annotations

import zstandard

__all__ = ["DICTIONARY_BYTES", "PIECE_BYTES", "Dictionary", "Unpacker"]

DICTIONARY_BYTES = 65_536
"""At which a dictionary is complete, after some ten kinds of events: to know more saves less than it costs to look."""

PIECE_BYTES = 12_288
"""What a dictionary takes of one event: all of an ordinary one."""

EVENT_BYTES = 64 * 1024 * 1024
"""The most that one event may unpack to: a damaged or foreign row must not take the memory."""

LEVEL = 3
"""Higher ones take five times as long and save a twentieth."""


class Dictionary:
    """One dictionary, with the compressor that works with it."""

    def __init__(self, number: int, kinds: frozenset[str], data: bytes) -> None:
        """Prepare to compress with `data`."""
        self.number = number
        self.kinds = kinds
        self.data = data
        prepared = zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        prepared.precompute_compress(level=LEVEL)
        self._compressor = zstandard.ZstdCompressor(level=LEVEL, dict_data=prepared)

    def pack(self, line: bytes) -> bytes:
        """Compress an event."""
        return self._compressor.compress(line)


class Unpacker:
    """Reads what was compressed with any of some dictionaries."""

    def __init__(self, dictionaries: dict[int, bytes]) -> None:
        """Prepare for dictionaries by their numbers."""
        self._readers = {
            number: zstandard.ZstdDecompressor(
                dict_data=zstandard.ZstdCompressionDict(data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
            )
            for number, data in dictionaries.items()
        }
        self._plain = zstandard.ZstdDecompressor()

    def unpack(self, number: int | None, packed: bytes) -> bytes:
        """Give an event as it was.

        Raises:
            ValueError: it is damaged, or its dictionary is not there.
        """
        reader = self._plain if number is None else self._readers.get(number)
        if reader is None:
            raise ValueError(f"dictionary {number} is missing")
        try:
            size = zstandard.frame_content_size(packed)
            if not 0 <= size <= EVENT_BYTES:
                raise ValueError(f"an event of {size} bytes is none of ours")
            return reader.decompress(packed)
        except zstandard.ZstdError as error:
            raise ValueError(str(error)) from None
