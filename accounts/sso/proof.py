"""Whether a company has proved that a domain is its own: by a TXT record that only its owner can publish."""

import dns.exception
import dns.resolver
from django.conf import settings

from accounts.models import Domain

SECONDS = 5


class NameServerAway(Exception):
    """Nobody could be asked at the moment."""


def is_published(domain: Domain) -> bool:
    """Whether the domain has the TXT record that was asked for. Raises NameServerAway."""
    resolver = dns.resolver.Resolver(configure=settings.DNS_ADDRESS is None)
    if settings.DNS_ADDRESS is not None:
        address, resolver.port = settings.DNS_ADDRESS
        resolver.nameservers = [address]
    try:
        answer = resolver.resolve(f"{domain.name}.", "TXT", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return False
    except dns.exception.DNSException as error:
        raise NameServerAway from error
    return any(b"".join(row.strings).decode(errors="replace").strip() == domain.record for row in answer)
