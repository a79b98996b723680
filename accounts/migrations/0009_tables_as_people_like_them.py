from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_found_by_name"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="tables",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
