"""What a first visit to each page costs over the wire: `make weight`.

Serves the demo as it is served in earnest, opens every page that its people come to by links in a browser with an
empty cache, and prints for each kind of page the heaviest: bytes as they were transferred, headers and everything that
the page pulls in included. Fails where one is over the limit.
"""

import os
import re
import subprocess
import sys
import time
from collections import deque
from urllib.error import URLError
from urllib.request import urlopen

from django.urls import Resolver404, resolve
from playwright.sync_api import sync_playwright

from demo.companies import PASSWORD
from tests import chromium
from tests.postgres import free_port

LIMIT = 100_000  # bytes
PEOPLE = ("employee@acme.example", "admin@acme.example", "support@velory.example")
SAMPLES = 3  # pages of each kind
NOT_PAGES = re.compile(r"/export/|/logout/|/static/")


def main():
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--port", str(port)],
        env=os.environ | {"PORT": str(port)},
        stdout=subprocess.DEVNULL,
    )
    try:
        site = f"http://127.0.0.1:{port}"
        await_answer(site)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.find())
            heaviest = {}
            for person in (None, *PEOPLE):
                for kind, weight in visits(browser, site, person):
                    heaviest[kind] = max(weight, heaviest.get(kind, weight))
    finally:
        server.terminate()
        server.wait()
    for kind, (size, requests, address) in sorted(heaviest.items(), key=lambda item: -item[1][0]):
        print(f"{size:>9,} bytes {requests:>3} requests  {kind:<32} {address}")
    largest = max(size for size, _requests, _address in heaviest.values())
    print(f"{len(heaviest)} kinds of pages, the heaviest {largest:,} bytes of {LIMIT:,}")
    return largest > LIMIT


def await_answer(site, patience=30):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            urlopen(site)
            return
        except URLError:
            time.sleep(0.2)
    sys.exit("The demo did not start.")


def visits(browser, site, person):
    """Each page that this person reaches by links: its kind, and (bytes, requests, address)."""
    state = signed_in(browser, site, person) if person else None
    waiting, seen, counts = deque(["/" if person else "/account/login/"]), set(), {}
    while waiting:
        path = waiting.popleft()
        kind = kind_of(path)
        if path in seen or kind is None or counts.get(kind, 0) >= SAMPLES:
            continue
        seen.add(path)
        counts[kind] = counts.get(kind, 0) + 1
        context = browser.new_context(storage_state=state)
        size, requests, links = first_visit(context.new_page(), site + path)
        context.close()
        waiting.extend(links)
        yield kind, (size, requests, path)


def signed_in(browser, site, person):
    context = browser.new_context()
    page = context.new_page()
    page.goto(site)
    page.get_by_label("Email").fill(person)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("main").wait_for()
    state = context.storage_state()
    context.close()
    return state


def first_visit(page, url):
    sizes = []
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    network.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.goto(url, wait_until="networkidle")
    links = page.eval_on_selector_all("a[href]", "links => links.map((link) => link.pathname)")
    return sum(sizes), len(sizes), links


def kind_of(path):
    """The view behind a path of ours; each table is a kind of its own. None for what is no page."""
    if NOT_PAGES.search(path):
        return None
    try:
        match = resolve(path)
    except Resolver404:
        return None
    return " ".join([match.view_name, *(str(value) for value in match.kwargs.values() if not str(value).isdecimal())])


if __name__ == "__main__":
    sys.exit(main())
