from django.contrib.auth.password_validation import UserAttributeSimilarityValidator
from django.utils.translation import gettext as _


class UnlikeOneself(UserAttributeSimilarityValidator):
    """Django's, which puts the name of the field into its sentence: in some languages that takes another form there."""

    def get_error_message(self) -> str:
        return _("The password is too much like your name or your email address.")
