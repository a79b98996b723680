from django.db import migrations, models

import accounts.keyset
from accounts.batches import batched
from accounts.models.named import made_key

CHUNK = 1000


def fill(apps, schema_editor):
    """The keys of the people and spaces that are there."""
    for model, fields in (("User", ("full_name", "email")), ("Space", ("name",))):
        rows = apps.get_model("accounts", model)._base_manager.using(schema_editor.connection.alias)
        for some in batched(rows.order_by("pk").iterator(chunk_size=CHUNK), CHUNK):
            for row in some:
                row.found_by = made_key(*(getattr(row, field) for field in fields))
            rows.bulk_update(some, ["found_by"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_jobs_and_uploads"),
    ]

    operations = [
        migrations.AddField(
            model_name="space",
            name="found_by",
            field=accounts.keyset.KeyField(default="", editable=False, max_length=600),
        ),
        migrations.AddField(
            model_name="user",
            name="found_by",
            field=accounts.keyset.KeyField(default="", editable=False, max_length=600),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="space",
            index=models.Index(fields=["company", "found_by", "id"], name="space_found"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["company", "found_by", "id"], name="user_found"),
        ),
    ]
