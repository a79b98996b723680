from .company import Company
from .payor import Payor
from .space import Space
from .user import User

__all__ = ["Company", "Payor", "Space", "User"]
