from django.db import migrations

import accounts.keyset
from accounts.batches import batched
from accounts.models.named import made_key

CHUNK = 1000


def fill(apps, schema_editor):
    """The keys of the spaces, which are found by their descriptions, too, and of the payors."""
    for model, fields in (("Space", ("name", "description")), ("Payor", ("name",))):
        rows = apps.get_model("accounts", model)._base_manager.using(schema_editor.connection.alias)
        for some in batched(rows.order_by("pk").iterator(chunk_size=CHUNK), CHUNK):
            for row in some:
                row.found_by = made_key(*(getattr(row, field) for field in fields))
            rows.bulk_update(some, ["found_by"])


def drop_former_key(apps, schema_editor):
    """The index of the people's names, which is made anew, and the function that made what stood in it
    (accounts/search_index.py)."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS user_search")
        schema_editor.execute("DROP FUNCTION IF EXISTS velory_search_key(text)")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_tables_as_people_like_them"),
    ]

    operations = [
        migrations.AddField(
            model_name="payor",
            name="found_by",
            field=accounts.keyset.KeyField(default="", editable=False, max_length=600),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunPython(drop_former_key, migrations.RunPython.noop),
    ]
