"""Three invented companies, and the sign-ins that `load_demo` shows."""

from .acme import ACME
from .globex import GLOBEX
from .initech import INITECH

STORIES = [ACME, GLOBEX, INITECH]
PASSWORD = "velory-demo"
SUPPORT = {"email": "support@velory.example", "full_name": "Robin Falk"}
