from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_tables_as_people_like_them"),
        ("devices", "0007_columns_and_saved_filters"),
        ("repairs", "0003_past_repairs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="repair",
            index=models.Index(
                condition=models.Q(("brought_in", None), ("closed_at__isnull", False)),
                fields=["company", "-closed_at", "taken_in_at", "opened_at"],
                name="repair_over",
            ),
        ),
    ]
