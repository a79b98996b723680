"""What gunicorn serves. Start it with `python manage.py serve`, which checks everything first."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "velory.settings")

application = get_wsgi_application()
