from .audit import AuditChain, AuditLine, AuditPlate
from .company import Company
from .payor import Payor
from .space import Space
from .sso import Domain, Identity, SingleSignOn
from .user import User

__all__ = [
    "AuditChain",
    "AuditLine",
    "AuditPlate",
    "Company",
    "Domain",
    "Identity",
    "Payor",
    "SingleSignOn",
    "Space",
    "User",
]
