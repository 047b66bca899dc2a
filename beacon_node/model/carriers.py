"""Sets of dense numbers (call sets, individuals …) and how they are stored.

A stored set is the smallest of: nothing (None), a sorted list of 16-bit numbers, dense bits, a
sorted list of 32-bit numbers, a roaring bitmap in its portable form; one tag byte says which.
Up to 65,536 numbers a set is handled as one Python integer (bit i = number i), whose AND and
popcount take well under a microsecond; larger universes use roaring bitmaps.
"""

from array import array
from collections.abc import Iterable, Iterator

import numpy as np
from pyroaring import BitMap

DENSE_LIMIT = 65_536
LIST16, BITS, LIST32, ROARING = 1, 2, 3, 4
_TAG16, _TAG_BITS, _TAG32, _TAG_ROARING = (bytes([tag]) for tag in (1, 2, 3, 4))
_LIST32_LIMIT = 16  # beyond it a roaring bitmap is no longer than the list
_ONE16 = 3  # bytes of a list of one number
_LONG_LIST16 = 65  # bytes; beyond them numpy's start costs less than a loop
_TAG_BITS_WEIGHT = BITS.bit_count()


def encode(numbers: np.ndarray, universe: int) -> bytes | None:
    """Return the stored form of sorted, distinct `numbers` < `universe`, None if there are none."""
    count = len(numbers)
    if not count:
        return None
    if universe <= DENSE_LIMIT:
        if 2 * count <= int(numbers[-1]) // 8 + 1:
            return _TAG16 + numbers.astype("<u2").tobytes()
        return _TAG_BITS + _dense(numbers)
    if count <= _LIST32_LIMIT:
        return _TAG32 + numbers.astype("<u4").tobytes()
    bitmap = _bitmap(numbers)
    bitmap.run_optimize()
    return _TAG_ROARING + bitmap.serialize()


def _bitmap(numbers: np.ndarray) -> BitMap:
    """Return a bitmap; from an `array` it is made far faster than from one of numpy's."""
    return BitMap(array("I", numbers.astype(np.uint32).tobytes()))


def _dense(numbers: np.ndarray) -> bytes:
    bits = np.zeros(int(numbers[-1]) + 1, np.uint8)
    bits[numbers] = 1
    return np.packbits(bits, bitorder="little").tobytes()


def decode(blob: bytes | None) -> np.ndarray:
    """Return the sorted numbers of a stored set."""
    if not blob:
        return np.empty(0, np.int64)
    tag, body = blob[0], blob[1:]
    if tag == LIST16:
        return np.frombuffer(body, "<u2").astype(np.int64)
    if tag == BITS:
        bits = np.unpackbits(np.frombuffer(body, np.uint8), bitorder="little")
        return np.flatnonzero(bits)
    if tag == LIST32:
        return np.frombuffer(body, "<u4").astype(np.int64)
    return np.asarray(BitMap.deserialize(body).to_array(), dtype=np.int64)


class NumberSet:
    """An immutable set of numbers below `universe`. Does not print what it holds.

    `&`, `|`, `-`, `len`, `in`, iteration (ascending) and truth are those of a set.
    """

    __slots__ = ("universe", "_bits", "_tagged", "_flags")

    def __init__(self, universe: int, bits: int | BitMap) -> None:
        self.universe = universe
        self._bits = bits  # int up to DENSE_LIMIT, BitMap beyond
        self._tagged: int | None = None  # the bits where a stored set has them, behind its tag
        self._flags: bytes | None = None  # one byte per number, for tests of few numbers

    def __repr__(self) -> str:
        return "NumberSet(…)"

    @classmethod
    def empty(cls, universe: int) -> "NumberSet":
        return cls(universe, 0 if universe <= DENSE_LIMIT else BitMap())

    @classmethod
    def everyone(cls, universe: int) -> "NumberSet":
        if universe <= DENSE_LIMIT:
            return cls(universe, (1 << universe) - 1)
        return cls(universe, BitMap(range(universe)))

    @classmethod
    def of(cls, universe: int, numbers: Iterable[int] | np.ndarray) -> "NumberSet":
        if not isinstance(numbers, np.ndarray):
            numbers = np.fromiter(numbers, np.int64)
        if universe > DENSE_LIMIT:
            return cls(universe, _bitmap(_distinct(numbers)))
        return cls.stored(universe, encode(_distinct(numbers), universe))

    @classmethod
    def flagged(cls, flags: np.ndarray) -> "NumberSet":
        """Return the numbers whose flag is set; `flags` has one for each of the universe.

        >>> list(NumberSet.flagged(np.array([True, False, True])))
        [0, 2]
        """
        if len(flags) > DENSE_LIMIT:
            return cls(len(flags), _bitmap(np.flatnonzero(flags)))
        packed = np.packbits(flags, bitorder="little")
        return cls(len(flags), int.from_bytes(packed.tobytes(), "little"))

    @classmethod
    def stored(cls, universe: int, blob: bytes | None) -> "NumberSet":
        """Return the set that `encode` stored."""
        if not blob:
            return cls.empty(universe)
        tag = blob[0]
        if universe > DENSE_LIMIT:
            if tag == ROARING:
                return cls(universe, BitMap.deserialize(blob[1:]))
            return cls(universe, _bitmap(decode(blob)))
        if tag == BITS:
            return cls(universe, int.from_bytes(blob[1:], "little"))
        if tag == LIST16:
            bits = 0
            for number in memoryview(blob[1:]).cast("H"):
                bits |= 1 << number
            return cls(universe, bits)
        return cls(universe, int.from_bytes(_dense(decode(blob)), "little"))

    @classmethod
    def union(cls, universe: int, blobs: Iterable[bytes | None]) -> "NumberSet":
        """Return the union of stored sets."""
        if universe > DENSE_LIMIT:
            return cls(universe, _union_of_bitmaps(blobs))
        bits, lists = 0, []
        for blob in blobs:
            if not blob:
                continue
            if blob[0] == LIST16:
                lists.append(blob[1:])
            else:
                bits |= cls.stored(universe, blob)._bits
        if lists:
            listed = _distinct(np.frombuffer(b"".join(lists), "<u2"))
            bits |= int.from_bytes(_dense(listed), "little")
        return cls(universe, bits)

    def store(self) -> bytes | None:
        return encode(self.numbers(), self.universe)

    def numbers(self) -> np.ndarray:
        """Return the members in ascending order, dtype int64."""
        if isinstance(self._bits, int):
            raw = np.frombuffer(self._bits.to_bytes(self.universe // 8 + 1, "little"), np.uint8)
            return np.flatnonzero(np.unpackbits(raw, bitorder="little"))
        return np.asarray(self._bits.to_array(), dtype=np.int64)

    def __len__(self) -> int:
        return self._bits.bit_count() if isinstance(self._bits, int) else len(self._bits)

    def __bool__(self) -> bool:
        return bool(self._bits)

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers().tolist())

    def __contains__(self, number: int) -> bool:
        if isinstance(self._bits, int):
            return bool(self._bits >> number & 1)
        return number in self._bits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NumberSet) and self._bits == other._bits

    def __hash__(self) -> int:
        return hash(self.store())

    def __and__(self, other: "NumberSet") -> "NumberSet":
        return NumberSet(self.universe, self._bits & other._bits)

    def __or__(self, other: "NumberSet") -> "NumberSet":
        return NumberSet(self.universe, self._bits | other._bits)

    def __sub__(self, other: "NumberSet") -> "NumberSet":
        if isinstance(self._bits, int):
            return NumberSet(self.universe, self._bits & ~other._bits)
        return NumberSet(self.universe, self._bits - other._bits)

    def count_in(self, blob: bytes | None) -> int:
        """Return how many members of a stored set are in this one, without building it."""
        if not blob:
            return 0
        tag = blob[0]
        if isinstance(self._bits, int):
            if tag == LIST16:
                return self._count16(blob)
            if tag == BITS:
                return (self._behind_tag() & int.from_bytes(blob, "little")).bit_count()
            return (self._bits & NumberSet.stored(self.universe, blob)._bits).bit_count()
        if tag == ROARING:
            return self._bits.intersection_cardinality(BitMap.deserialize(blob[1:]))
        return sum(map(self._bits.__contains__, memoryview(blob)[1:].cast("I")))

    def meets(self, blob: bytes | None) -> bool:
        """Say whether a stored set has a member in this one."""
        if not blob:
            return False
        if isinstance(self._bits, int):
            if blob[0] != LIST16 or len(blob) > _LONG_LIST16:
                return self.count_in(blob) > 0
            flags = self._flags or self._make_flags()
            if len(blob) == _ONE16:
                return flags[blob[1] | blob[2] << 8] > 0
            return any(map(flags.__getitem__, memoryview(blob)[1:].cast("H")))
        if blob[0] == ROARING:
            return self._bits.intersect(BitMap.deserialize(blob[1:]))
        return any(map(self._bits.__contains__, memoryview(blob)[1:].cast("I")))

    def _count16(self, blob: bytes) -> int:
        flags = self._flags or self._make_flags()
        if len(blob) == _ONE16:
            return flags[blob[1] | blob[2] << 8]
        if len(blob) > _LONG_LIST16:
            listed = np.frombuffer(blob, "<u2", -1, 1)
            return int(np.count_nonzero(np.frombuffer(flags, np.uint8).take(listed)))
        total = 0
        for number in memoryview(blob)[1:].cast("H"):
            total += flags[number]
        return total

    def flags(self) -> np.ndarray:
        """Return one flag per number below the universe, made once; it cannot be changed."""
        made = self._flags or self._make_flags()
        return np.frombuffer(made, np.bool_, self.universe)

    def _make_flags(self) -> bytes:
        flags = np.zeros(self.universe + 1, np.uint8)
        flags[self.numbers()] = 1
        self._flags = flags.tobytes()
        return self._flags

    def _behind_tag(self) -> int:
        if self._tagged is None:
            self._tagged = self._bits << 8
        return self._tagged


def _distinct(numbers: np.ndarray) -> np.ndarray:
    """Return the numbers sorted, each once; `numpy.unique` hashes, which takes much longer."""
    ordered = np.sort(numbers)
    return ordered[np.concatenate(([True], ordered[1:] != ordered[:-1]))[: len(ordered)]]


def stored_size(blob: bytes | None) -> int:
    """Return how many numbers a stored set has, without building it."""
    if not blob:
        return 0
    tag = blob[0]
    if tag == LIST16:
        return len(blob) - 1 >> 1
    if tag == BITS:
        return int.from_bytes(blob, "little").bit_count() - _TAG_BITS_WEIGHT
    return len(blob) - 1 >> 2 if tag == LIST32 else len(BitMap.deserialize(blob[1:]))


def _union_of_bitmaps(blobs: Iterable[bytes | None]) -> BitMap:
    union, lists = BitMap(), []
    for blob in blobs:
        if blob and blob[0] == ROARING:
            union |= BitMap.deserialize(blob[1:])
        elif blob:
            lists.append(decode(blob))
    return union | _bitmap(np.concatenate(lists)) if lists else union
