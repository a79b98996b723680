"""Single sign-on by OpenID Connect. Needs the extra `sso`; who may come in by nothing else (accounts/models/sso.py) is
known without it."""
