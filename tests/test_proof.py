"""A log proves itself: on the page, as a file that is checked without Velory, and beside a signed checkpoint."""

import csv
import io
import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts import clock
from accounts.signing import NoKey, check_key, own_public_key, sign
from devices.models import Nameplate
from devices.views import page
from tests.test_register import LONG_AGO, change, walls_down
from tests.test_verifying import TAMPERED, last, line, printed, whole_chain_made_anew
from tests.visitor import Visitor
from tests.world import log_of

SCRIPT = Path(__file__).resolve().parent.parent / "docs" / "verify_log.py"


def key_file(tmp_path, key=None, name="key.pem"):
    path = tmp_path / name
    key = key or Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return str(path)


@pytest.fixture
def signed(settings, tmp_path):
    """The installation has a key. Gives its public half."""
    settings.CHECKPOINT_KEY_FILE = key_file(tmp_path)
    return own_public_key()


# The page


def log_page(person, device):
    return Visitor(person).open(reverse("devices:log", args=[device.pk]))


def test_an_admin_reads_that_the_log_is_intact(world):
    assert "Log intact, verified " in log_page(world.admin, world.laptop).words
    assert "intact" not in log_page(world.employee, world.laptop).words


@pytest.mark.parametrize("how", [how for how in TAMPERED if how != "all of it gone"])
def test_an_admin_is_alarmed_by_a_log_that_is_not(world, how):
    with walls_down():
        TAMPERED[how](world.laptop)
        words = log_page(world.admin, world.laptop).words
    assert "This log is not intact" in words
    assert "The first broken line: " in words
    assert "verified" not in words


def test_a_line_past_reading_stands_beside_those_that_can_be_read(world):
    with walls_down():
        change(line(world.laptop, 2), kind="nonsense", details=[1])
        words = log_page(world.admin, world.laptop).words
    assert "(This line can’t be read.)" in words
    assert "Ada Holm registered device." in words


def test_a_long_log_is_verified_when_one_asks_for_it(world, monkeypatch):
    monkeypatch.setattr(page, "VERIFIED_AT_ONCE", 3)
    visitor = log_page(world.admin, world.laptop)
    assert "intact" not in visitor.words
    assert "Log intact, verified " in visitor.follow("Verify this log").words


# The file


def downloaded(device, by):
    client = Client()
    client.force_login(by)
    response = client.get(reverse("devices:log_download", args=[device.pk]))
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def unpacked(content):
    with ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path, files):
    with ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def checked(path, *arguments):
    """What the script says of the file, on its own: without Velory on its path."""
    command = [sys.executable, "-I", str(SCRIPT), str(path), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, cwd="/", env={})
    return result.returncode, result.stdout + result.stderr


def test_the_file_holds_the_log_to_read_and_to_check(world, tmp_path):
    files = unpacked(downloaded(world.laptop, world.admin))
    assert sorted(files) == ["README.txt", "events.csv", "events.jsonl", "manifest.json"]
    rows = list(csv.reader(io.StringIO(files["events.csv"].decode("utf-8-sig"))))
    assert [row[3] for row in rows[1:]] == log_of(world.laptop)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["lines"], manifest["head"]) == (world.laptop.log_sequence, world.laptop.log_digest)
    code, said = checked(packed(tmp_path / "log.zip", files))
    assert (code, said.splitlines()[-1]) == (0, "The log is intact."), said


def test_a_formula_in_a_name_runs_in_no_spreadsheet(world):
    world.admin.full_name = "=HYPERLINK(1)"
    world.admin.save(update_fields=["full_name"])
    device = world.again().phone.add_note("A word.", by=world.admin)
    rows = list(csv.reader(io.StringIO(unpacked(downloaded(device, world.admin))["events.csv"].decode("utf-8-sig"))))
    assert rows[-1][3] == "'=HYPERLINK(1) added a note."


def test_a_file_of_an_erased_person_still_proves_itself(world, tmp_path):
    Nameplate.objects.filter(kind="user", reference=world.employee.pk).update(name="", salt="")
    content = downloaded(world.laptop, world.admin)
    assert b"Eva Lind" not in b"".join(unpacked(content).values())
    assert checked(packed(tmp_path / "log.zip", unpacked(content)))[0] == 0


def events_changed(files, before, after):
    return files | {"events.jsonl": files["events.jsonl"].replace(before, after)}


def with_checksums(files):
    """The manifest made anew, as whoever tampers with a file would."""
    from hashlib import sha256

    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {name: sha256(files[name]).hexdigest() for name in manifest["files"]}
    return files | {"manifest.json": json.dumps(manifest).encode()}


def test_the_script_finds_whatever_is_done_to_a_file(world, tmp_path, subtests):
    files = unpacked(downloaded(world.laptop, world.admin))
    lines = files["events.jsonl"].splitlines(keepends=True)
    events = [one for one in lines if one.startswith(b'{"line"')]
    cases = {
        "another word": (events_changed(files, b'"registered"', b'"removed"'), "line 1 has been changed"),
        "another name": (events_changed(files, b"Eva Lind", b"Eva Lund"), "a name is not the one that was sealed"),
        "a line cut out": (events_changed(files, events[1], b""), "line 2 is missing"),
        "the end cut off": (events_changed(files, events[-1], b""), "the log ends with line 3"),
        "a plate cut out": (events_changed(files, lines[0], b""), "line 1 names a plate that is not there"),
        "no log at all": ({"manifest.json": b"{}"}, "not a log of Velory"),
    }
    for how, (tampered, said) in cases.items():
        with subtests.test(how):
            if "events.jsonl" in tampered:
                code, words = checked(packed(tmp_path / "log.zip", tampered))
                assert code == 1
                assert "events.jsonl is not the file that the manifest names" in words
                tampered = with_checksums(tampered)
            code, words = checked(packed(tmp_path / "log.zip", tampered))
            assert (code, said in words) == (1, True), words
            assert "intact" not in words


def test_a_signed_file_is_signed_by_the_key_that_one_asks_for(world, tmp_path, signed):
    files = unpacked(downloaded(world.laptop, world.admin))
    path = packed(tmp_path / "log.zip", files)
    assert checked(path, "--key", signed)[0] == 0
    assert "signed by another key" in checked(path, "--key", "00" * 32)[1]
    path = packed(tmp_path / "log.zip", with_checksums(events_changed(files, b"Eva Lind", b"Eva Lund")))
    assert "the signature is not right" in checked(path)[1]
    del files["manifest.sig"]
    assert "not signed" in checked(packed(tmp_path / "log.zip", files), "--key", signed)[1]


def test_the_scripts_arithmetic_is_that_of_the_standard():
    """The first and third vectors of RFC 8032, section 7.1, and a bit of each turned round."""
    import runpy

    is_signed = runpy.run_path(str(SCRIPT))["is_signed"]
    vectors = [
        (
            "",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "af82",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
    ]
    for message, key, signature in vectors:
        assert is_signed(bytes.fromhex(message), signature, key)
        assert not is_signed(bytes.fromhex(message) + b"!", signature, key)
        assert not is_signed(bytes.fromhex(message), signature[:-2] + "00", key)
        assert not is_signed(bytes.fromhex(message), "00" + signature[2:], key)
        assert not is_signed(bytes.fromhex(message), signature, "01" + key[2:])
    assert not is_signed(b"", "nonsense", "nonsense")


def test_a_log_with_its_end_cut_off_makes_a_file_that_says_so(world, tmp_path):
    with walls_down():
        last(world.laptop).delete()
        path = packed(tmp_path / "log.zip", unpacked(downloaded(world.laptop, world.admin)))
    assert "the log ends with line 3, the manifest says 4" in checked(path)[1]


def test_the_audit_log_is_a_file_of_the_same_kind(world, tmp_path):
    client = Client()
    client.force_login(world.admin)
    response = client.get(reverse("devices:audit_download"))
    files = unpacked(b"".join(response.streaming_content))
    assert b"Ada Holm signed in." in files["events.csv"]
    code, said = checked(packed(tmp_path / "log.zip", files))
    assert (code, "1 lines of Audit log" in said) == (0, True), said
    tampered = with_checksums(events_changed(files, b"sign_in_done", b"sign_in_ended"))
    assert "line 1 has been changed" in checked(packed(tmp_path / "log.zip", tampered))[1]


# Checkpoints


@pytest.fixture
def checkpoint(world, signed, tmp_path, capsys):
    """The file of a checkpoint of every company, as things stand."""
    path = tmp_path / "checkpoints.jsonl"
    call_command("sign_checkpoint", file=path)
    assert [json.loads(one)["statement"]["company"] for one in capsys.readouterr().out.splitlines()] == [
        "acme",
        "globex",
        "initech",
    ]
    return path


def faults_since(checkpoint, capsys, **options):
    with pytest.raises(CommandError, match="faults found"):
        call_command("verify_events", company="acme", checkpoint=checkpoint, **options)
    return [text for text in capsys.readouterr().out.splitlines() if text.startswith("acme: checkpoint of ")]


def test_a_log_that_has_only_grown_is_what_was_signed(world, checkpoint, capsys):
    world.laptop.move("report", by=world.employee)
    assert "checkpoints compared: 1" in printed(capsys, company="acme", checkpoint=checkpoint)
    call_command("sign_checkpoint", file=checkpoint, company="acme")
    assert "checkpoints compared: 2" in printed(capsys, company="acme", checkpoint=checkpoint)


def test_a_chain_made_anew_is_not_what_was_signed(world, checkpoint, capsys, tmp_path, signed):
    with walls_down():
        change(line(world.laptop, 2), occurred_at=LONG_AGO)
        whole_chain_made_anew(world.laptop)
        assert "every log is intact" in printed(capsys, company="acme")
        (fault,) = faults_since(checkpoint, capsys)
        assert f"device {world.laptop.pk} (MacBook Pro 14): line 4 of the log is not the one that was signed" in fault
        path = packed(tmp_path / "log.zip", unpacked(downloaded(world.again().laptop, world.admin)))
    assert checked(path)[0] == 0
    code, said = checked(path, "--checkpoint", checkpoint, "--key", signed)
    assert code == 1
    assert "line 4 is not the one that was signed" in said


def test_the_script_passes_a_log_that_has_grown_since_the_checkpoint(world, checkpoint, tmp_path, signed):
    device = world.laptop.move("report", by=world.employee)
    path = packed(tmp_path / "log.zip", unpacked(downloaded(device, world.admin)))
    code, said = checked(path, "--checkpoint", checkpoint, "--key", signed)
    assert (code, "Checkpoints compared: 1" in said) == (0, True), said


def test_the_script_says_of_a_file_from_before_the_checkpoint_what_it_does_not_prove(world, tmp_path, signed, capsys):
    """The lines that both have are compared all the same, and a file that was made later has to hold the others."""
    with clock.at(clock.now() - timedelta(hours=1)):
        early = tmp_path / "early.jsonl"
        call_command("sign_checkpoint", file=early, company="acme")
        files = unpacked(downloaded(world.laptop, world.admin))
    device = world.laptop.move("report", by=world.employee)
    late = tmp_path / "late.jsonl"
    call_command("sign_checkpoint", file=late, company="acme")
    path = packed(tmp_path / "old.zip", files)
    code, said = checked(path, "--checkpoint", late, "--key", signed)
    assert code == 0, said
    assert "This file is older than the checkpoint of" in said
    assert f"It says nothing of the lines 5 to {device.log_sequence}, which were signed then" in said
    assert "older" not in checked(path, "--checkpoint", early)[1]
    files["manifest.json"] = files["manifest.json"].replace(b'"made_at": "20', b'"made_at": "30')
    files.pop("manifest.sig")
    code, said = checked(packed(path, files), "--checkpoint", late)
    assert code == 1
    assert f"line {device.log_sequence} was signed before this file was made, and is missing" in said


def test_the_script_says_in_words_what_it_could_not_read(world, tmp_path):
    assert checked(tmp_path / "none.zip") == (
        1,
        f"BROKEN: {tmp_path}/none.zip can't be read: No such file or directory\n",
    )
    log = packed(tmp_path / "log.zip", unpacked(downloaded(world.laptop, world.admin)))
    none = tmp_path / "none.jsonl"
    assert f"BROKEN: {none} can't be read: No such file or directory\n" in checked(log, "--checkpoint", none)[1]
    wrong = tmp_path / "wrong.zip"
    wrong.write_text("nonsense")
    for path in (wrong, packed(tmp_path / "other.zip", {"manifest.json": b"{}"})):
        assert "BROKEN: this is not a log of Velory, or not all of it" in checked(path)[1]


def test_the_script_says_when_no_checkpoint_is_of_this_log(world, checkpoint, tmp_path):
    path = packed(tmp_path / "log.zip", unpacked(downloaded(world.laptop, world.admin)))
    _acme, *others = checkpoint.read_text().splitlines(keepends=True)
    for content in ("".join(others), ""):
        checkpoint.write_text(content)
        code, said = checked(path, "--checkpoint", checkpoint)
        assert code == 1
        assert "BROKEN: no checkpoint of this log" in said


def test_the_script_says_who_signed_and_that_nobody_was_asked_for(world, checkpoint, tmp_path, signed, settings):
    own, settings.CHECKPOINT_KEY_FILE = settings.CHECKPOINT_KEY_FILE, ""
    path = packed(tmp_path / "log.zip", unpacked(downloaded(world.laptop, world.admin)))
    code, said = checked(path, "--checkpoint", checkpoint)
    assert code == 0
    assert "The file is not signed.\n" in said
    assert f"The checkpoints are signed by {signed}\n" in said
    assert "No key was asked for (--key), so anybody may have signed.\n" in said
    settings.CHECKPOINT_KEY_FILE = own
    path = packed(tmp_path / "log.zip", unpacked(downloaded(world.laptop, world.admin)))
    code, said = checked(path, "--checkpoint", checkpoint, "--key", signed)
    assert code == 0
    assert f"The file is signed by {signed}\n" in said
    assert "anybody" not in said


def test_a_log_that_is_shorter_than_signed_is_named(world, checkpoint, capsys):
    with walls_down():
        last(world.laptop).delete()
        change(world.laptop, log_sequence=3, log_digest=last(world.laptop).digest)
        assert "every log is intact" in printed(capsys, company="acme")
        assert "line 4 of the log is gone" in faults_since(checkpoint, capsys)[0]


def test_a_device_that_is_gone_is_named(world, checkpoint, capsys):
    with walls_down():
        change(world.laptop, uuid="00000000-0000-4000-8000-000000000000")
        whole_chain_made_anew(world.again().laptop)
        assert "is gone, with its 4 lines" in faults_since(checkpoint, capsys)[0]


def test_a_checkpoint_that_was_tampered_with_is_none(world, checkpoint, capsys, settings, tmp_path):
    text = checkpoint.read_text()
    checkpoint.write_text(text.replace(world.laptop.log_digest, "0" * 64))
    assert "its heads are not those that were signed" in faults_since(checkpoint, capsys)[0]
    checkpoint.write_text(text.replace('"logs":5', '"logs":4'))
    assert "the signature is not right" in faults_since(checkpoint, capsys)[0]
    checkpoint.write_text(text)
    assert "signed by another key" in faults_since(checkpoint, capsys, key="00" * 32)[0]
    settings.CHECKPOINT_KEY_FILE = ""
    assert "anybody may have signed" in printed(capsys, company="acme", checkpoint=checkpoint)


def test_a_file_without_this_company_is_a_fault(world, checkpoint, capsys):
    checkpoint.write_text("".join(checkpoint.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(CommandError, match="1 faults"):
        call_command("verify_events", company="acme", checkpoint=checkpoint)
    assert "no checkpoint of this company" in capsys.readouterr().out
    checkpoint.write_text("nonsense")
    with pytest.raises(CommandError, match="line 1 is no checkpoint"):
        call_command("verify_events", company="acme", checkpoint=checkpoint)


def test_nothing_is_signed_without_a_key_or_a_company(world, settings, tmp_path):
    settings.CHECKPOINT_KEY_FILE = ""
    with pytest.raises(CommandError, match="CHECKPOINT_KEY_FILE is not set"):
        call_command("sign_checkpoint", file=tmp_path / "c.jsonl")
    with pytest.raises(CommandError, match="0 companies"):
        call_command("sign_checkpoint", file=tmp_path / "c.jsonl", company="acmee")
    with pytest.raises(CommandError, match="could not be kept"):
        call_command("sign_checkpoint", file=tmp_path / "nowhere" / "c.jsonl")


def test_a_key_that_does_not_sign_is_named(settings, tmp_path):
    settings.CHECKPOINT_KEY_FILE = key_file(tmp_path, generate_private_key(65537, 2048), "rsa.pem")
    with pytest.raises(NoKey, match="no Ed25519 key"):
        sign(b"")
    assert [error.id for error in check_key(None)] == ["velory.E010"]
    settings.CHECKPOINT_KEY_FILE = str(SCRIPT)
    with pytest.raises(NoKey, match="can't be read as a key"):
        sign(b"")
