"""Single sign-on by OpenID Connect (the extra `sso`) or SAML (the extra `saml`). Who may come in by nothing else
(accounts/models/sso.py) is known without them."""
