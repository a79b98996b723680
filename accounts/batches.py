from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The things in lists of `size`, the last one shorter. (itertools has it from Python 3.12 on.)"""
    iterator = iter(things)
    while batch := list(islice(iterator, size)):
        yield batch
