import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

import accounts.clock
import accounts.keys
import accounts.keyset
from accounts.text import sort_key


def fill(apps, schema_editor):
    """The keys of the devices that are there."""
    using = schema_editor.connection.alias
    devices = apps.get_model("devices", "Device")._base_manager.using(using)
    for payor in apps.get_model("accounts", "Payor")._base_manager.using(using).iterator():
        devices.filter(payor=payor).update(payor_key=sort_key(payor.name))


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_tables_as_people_like_them"),
        ("devices", "0006_imei_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("table", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("query", models.CharField(max_length=2000)),
                ("saved_at", models.DateTimeField(default=accounts.clock.now)),
            ],
            options={
                "verbose_name": "saved filter",
                "verbose_name_plural": "saved filters",
            },
        ),
        migrations.AddField(
            model_name="device",
            name="payor_key",
            field=accounts.keyset.KeyField(blank=True, default="", editable=False, max_length=200),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "manufacturer", "name_key", "id"],
                name="device_in_use_maker",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "model", "name_key", "id"],
                name="device_in_use_model",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "asset_tag_key", "id"],
                name="device_in_use_tag",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "payor_key", "name_key", "id"],
                name="device_in_use_payor",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "supplier", "name_key", "id"],
                name="device_in_use_supplier",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "purchase_date", "id"],
                name="device_in_use_bought",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "purchase_cost", "id"],
                name="device_in_use_cost",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "warranty_end", "id"],
                name="device_in_use_warranty",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "renewal_date", "id"],
                name="device_in_use_renewal",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("archived_at", None)),
                fields=["company", "registered_at", "id"],
                name="device_in_use_registered",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "manufacturer", "name_key", "id"],
                name="device_archived_maker",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "model", "name_key", "id"],
                name="device_archived_model",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "asset_tag_key", "id"],
                name="device_archived_tag",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "payor_key", "name_key", "id"],
                name="device_archived_payor",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "supplier", "name_key", "id"],
                name="device_archived_supplier",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "purchase_date", "id"],
                name="device_archived_bought",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "purchase_cost", "id"],
                name="device_archived_cost",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "warranty_end", "id"],
                name="device_archived_warranty",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "renewal_date", "id"],
                name="device_archived_renewal",
            ),
        ),
        migrations.AddIndex(
            model_name="device",
            index=models.Index(
                condition=models.Q(("status", "recycled")),
                fields=["company", "registered_at", "id"],
                name="device_archived_registered",
            ),
        ),
        migrations.AddField(
            model_name="savedfilter",
            name="company",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="saved_filters", to="accounts.company"
            ),
        ),
        migrations.AddField(
            model_name="savedfilter",
            name="owner",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_filters",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(fields=("company", "id"), name="savedfilter_company_row"),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=accounts.keys.SameCompany(field="owner", name="savedfilter_owner_same_company"),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(
                models.F("company"),
                models.F("owner"),
                models.F("table"),
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("owner__isnull", False)),
                name="savedfilter_own_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedfilter",
            constraint=models.UniqueConstraint(
                models.F("company"),
                models.F("table"),
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("owner", None)),
                name="savedfilter_company_name_once",
            ),
        ),
    ]
