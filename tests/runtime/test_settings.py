"""What the environment names: the file of extension schemas."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollcall.runtime.services import Services
from rollcall.runtime.settings import Settings
from rollcall.scim.extensions import ExtensionError


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[" * 100_000, "nests more than 64 deep"),
        (b'{"User": [], "User": []}', 'has "User" twice in one object'),
        (b'{"User": [', "is not valid JSON"),
        (b"\xff\xfe\xff", "is not valid JSON"),
    ],
)
def test_a_file_of_extensions_that_cannot_be_read_is_one_sentence(
    content: bytes, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "extensions.json"
    file.write_bytes(content)

    with pytest.raises(ExtensionError, match=sentence):
        Services(Settings(extensions=file))


def test_a_file_of_extensions_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "extensions.json"
    file.write_text('{"User": []}', "utf-8-sig")

    Services(Settings(extensions=file, endpoint_url="http://127.0.0.1:9"))


def test_hosts_of_keys_stand_with_commas_between() -> None:
    settings = Settings.of({"ROLLCALL_ISSUER_HOSTS": "idp.example.com, IDP2.example.com:8443,"})

    assert settings.issuer_hosts == {"idp.example.com", "idp2.example.com:8443"}
    assert Settings.of({}).issuer_hosts == frozenset()
