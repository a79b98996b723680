from django.conf import settings
from django.db import migrations, models

import accounts.keyset
from accounts.batches import batched
from devices.models.sorting import Sorting, set_keys

CHUNK = 1000


def fill(apps, schema_editor):
    """The keys of the devices that are there."""
    rows = apps.get_model("devices", "Device")._base_manager.using(schema_editor.connection.alias)
    people = "holder_user", "holder_space", "last_holder_user", "last_holder_space"
    for some in batched(rows.select_related(*people).order_by("pk").iterator(chunk_size=CHUNK), CHUNK):
        for device in some:
            user, space, last_user, last_space = (getattr(device, field) for field in people)
            set_keys(device, _name(user, space), _name(last_user, last_space))
        rows.bulk_update(some, Sorting.KEYS)


def _name(user, space):
    return user.full_name if user else space.name if space else ""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_single_sign_on"),
        ("devices", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="device",
            options={"ordering": ["name_key", "id"], "verbose_name": "device", "verbose_name_plural": "devices"},
        ),
        migrations.RemoveIndex(
            model_name="device",
            name="device_by_status",
        ),
        migrations.RemoveIndex(
            model_name="device",
            name="device_by_name",
        ),
        migrations.RemoveIndex(
            model_name="device",
            name="device_by_category",
        ),
        migrations.AddField(
            model_name="device",
            name="holder_key",
            field=accounts.keyset.KeyField(blank=True, default="", editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="device",
            name="last_holder_key",
            field=accounts.keyset.KeyField(blank=True, default="", editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="device",
            name="name_key",
            field=accounts.keyset.KeyField(default="", editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name="device",
            name="search_text",
            field=models.TextField(blank=True, default="", editable=False),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "name_key", "id"],
                name="device_in_use_name",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "category", "name_key", "id"],
                name="device_in_use_category",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "serial_key", "id"],
                name="device_in_use_serial",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "holder_key", "name_key", "id"],
                name="device_in_use_holder",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "status_since", "id"],
                name="device_in_use_since",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(fields=["company", "status", "name_key", "id"], name="device_status_name"),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(fields=["company", "status", "status_since", "id"], name="device_status_since"),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(fields=["company", "status", "last_holder_key", "id"], name="device_status_holder"),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("holder_space", None), ("holder_user", None)),
                fields=["company", "status", "name_key", "id"],
                name="device_unassigned",
            ),
        ),
    ]
