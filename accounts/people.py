"""People to choose among. Where two have the same name, each has the address beside it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.forms.models import ModelChoiceIterator, ModelChoiceIteratorValue

from .models import User


def told_apart(people: Iterable[User]) -> Iterator[tuple[User, str]]:
    """Each with the words by which a reader knows them among these: the name, and the address where it takes it."""
    those = list(people)
    named = Counter(person.full_name.casefold() for person in those)
    for person in those:
        alone = named[person.full_name.casefold()] == 1
        yield person, person.full_name if alone else f"{person.full_name} ({person.email})"


class PeopleIterator(ModelChoiceIterator):
    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for person, words in told_apart(self.queryset):
            yield ModelChoiceIteratorValue(person.pk, person), words
