from .audit import AuditChain, AuditLine, AuditPlate
from .company import Company
from .job import Job
from .payor import Payor
from .space import Space
from .sso import Domain, Identity, SingleSignOn
from .upload import Upload, UploadPart
from .user import User

__all__ = [
    "AuditChain",
    "AuditLine",
    "AuditPlate",
    "Company",
    "Domain",
    "Identity",
    "Job",
    "Payor",
    "SingleSignOn",
    "Space",
    "Upload",
    "UploadPart",
    "User",
]
