from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_jobs_and_uploads"),
        ("devices", "0003_imports"),
        ("repairs", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="repair",
            index=models.Index(
                condition=models.Q(("closed_at__isnull", False)),
                fields=["company", "-closed_at", "taken_in_at", "opened_at"],
                name="repair_over",
            ),
        ),
    ]
