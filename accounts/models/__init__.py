from .audit import AuditChain, AuditLine, AuditPlate
from .company import Company
from .payor import Payor
from .space import Space
from .user import User

__all__ = ["AuditChain", "AuditLine", "AuditPlate", "Company", "Payor", "Space", "User"]
