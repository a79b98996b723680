"""People, spaces and payors are found by what somebody types of their name, and of what else stands with it."""

from typing import Any, Self

from django.db import models
from django.db.models import Q

from accounts.keyset import KeyField, begins_with
from accounts.text import search_key

# Stands behind a name in its key. It sorts before everything that a name holds, so a name comes before longer ones.
_END = "\n"
_LONGEST_NAME, _LONGEST = 300, 600


def made_key(name: str, *more: str) -> str:
    """The key of what has this name and is found by these texts, too."""
    return _END.join([search_key(name)[:_LONGEST_NAME], *map(search_key, more), ""])[:_LONGEST]


class FoundByKey(KeyField):
    """The key by which a row is found, made of its `named_by` each time it is stored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": _LONGEST, "default": "", "editable": False, **kwargs})

    def pre_save(self, model_instance: Any, add: bool) -> str:
        key: str = model_instance.made_key
        setattr(model_instance, self.attname, key)
        return key

    def deconstruct(self) -> Any:
        """To its migrations, whose rows don't know what they are named by, it is a key like others."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "accounts.keyset.KeyField", args, kwargs


class Named(models.Model):
    """`named_by` are the fields of its name and of what else it is found by."""

    named_by: tuple[str, ...]
    found_by = FoundByKey()

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        if update_fields is not None and not set(self.named_by).isdisjoint(update_fields):
            update_fields = {*update_fields, "found_by"}
        super().save(*args, update_fields=update_fields, **kwargs)

    @property
    def made_key(self) -> str:
        """What `found_by` has to be."""
        return made_key(*(getattr(self, field) for field in self.named_by))


class NamedQuerySet(models.QuerySet[Any]):
    def found(self, text: str, most: int) -> list[Any]:
        """So many of these rows at most that have each word of the text somewhere in what they are found by, letter
        case and accents ignored. Those whose name begins with the text come first: an index has them in one piece. For
        the others the names of the company are read, which takes some 30 ms where there are 100,000."""
        key = search_key(text)
        in_order = self.order_by("found_by", "pk")
        found = list(in_order.filter(begins_with("found_by", key))[:most])
        if len(found) < most:
            words = Q(*(Q(found_by__contains=word) for word in key.split()))
            found += in_order.filter(words).exclude(begins_with("found_by", key))[: most - len(found)]
        return found

    def called(self, text: str) -> Self:
        """Those whose name this is, letter case, accents and blanks ignored."""
        return self.filter(begins_with("found_by", search_key(text) + _END)).order_by("found_by", "pk")
