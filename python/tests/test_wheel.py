"""The content of the installed wheel."""

import json
from importlib.metadata import distribution

import pytest


def test_the_wheel_carries_the_licences_of_the_crates_in_it():
    wheel = distribution("penstroke")
    origin = json.loads(wheel.read_text("direct_url.json") or "{}")
    if origin.get("dir_info", {}).get("editable"):
        pytest.skip("an editable installation is not a wheel")
    (notices,) = [path for path in wheel.files if path.name == "THIRD-PARTY.txt"]
    text = notices.read_text(encoding="utf-8")
    for crate in ["numpy", "pyo3", "safetensors", "serde_json"]:
        assert f"\n{crate} " in text
    assert "Permission is hereby granted" in text and "Apache License" in text
