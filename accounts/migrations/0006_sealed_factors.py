from django.db import migrations

from accounts import sealed

# By the type of the factor, what in its data is secret.
SECRETS = {"totp": "secret", "recovery_codes": "seed"}


def each(apps, schema_editor, change):
    factors = apps.get_model("mfa", "Authenticator").objects.using(schema_editor.connection.alias)
    for factor in factors.filter(type__in=SECRETS):
        name = SECRETS[factor.type]
        factor.data[name] = change(factor.data[name])
        factor.save(update_fields=["data"])


def seal(apps, schema_editor):
    each(apps, schema_editor, sealed.seal)


def unseal(apps, schema_editor):
    each(apps, schema_editor, sealed.unseal)


class Migration(migrations.Migration):
    """The secrets of authenticator apps and recovery codes, which stood in the open until now, are sealed."""

    dependencies = [
        ("accounts", "0005_saml"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]

    operations = [migrations.RunPython(seal, unseal)]
