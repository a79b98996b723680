"""Passwords that are hashed at the same moment or not at all."""

from threading import Barrier

from django.contrib.auth.hashers import MD5PasswordHasher

TOGETHER = 4  # as many as a server in a test has threads
PATIENCE = 10  # seconds

_all_here = Barrier(TOGETHER)


class MeetingHasher(MD5PasswordHasher):
    """Each waits until the others have come as far. Raises BrokenBarrierError where something holds them up."""

    def verify(self, password, encoded):
        _all_here.wait(PATIENCE)
        return super().verify(password, encoded)
