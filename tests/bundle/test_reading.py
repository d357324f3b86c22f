"""Bundles by somebody else: what is wrong is found, all of it, and nothing is believed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmstats.bundle import read_bundle, save_bundle
from mmstats.bundle.canonical import canonical, digest, read_key
from mmstats.bundle.reading import bundle_of
from mmstats.bundle.writing import bundle_text
from mmstats.errors import BundleError
from tests.bundle.cohort import bundled, factor

KEY = b"thirty-two bytes of random noise"
SEX = factor([0] * 20 + [1] * 28, "f", "m")


def document() -> dict[str, Any]:
    return dict(json.loads(bundle_text(bundled(factors={"sex": SEX}))))


def sealed(content: dict[str, Any]) -> bytes:
    """Return a document whose digest is right, whatever it says."""
    rest = {name: value for name, value in content.items() if name not in ("digest", "signature")}
    return json.dumps({**rest, "digest": digest(rest)}).encode()


def refused(content: dict[str, Any] | bytes, key: bytes | None = None) -> str:
    with pytest.raises(BundleError) as failed:
        bundle_of(content if isinstance(content, bytes) else sealed(content), "a.json", key)
    return str(failed.value)


@pytest.mark.parametrize("key", [None, KEY], ids=["plain", "signed"])
def test_there_and_back(tmp_path: Path, key: bytes | None) -> None:
    made = bundled(factors={"sex": SEX})
    back = read_bundle(save_bundle(made, tmp_path / "a.json", key), key)
    assert back.content == made.content
    assert back.digest == made.digest
    assert back.signed == (key is not None)
    assert (tmp_path / "a.json").read_bytes() == save_bundle(back, tmp_path / "b.json", key).read_bytes()


def test_the_digest_is_of_the_content_not_of_its_spaces() -> None:
    content = document()
    assert digest(json.loads(canonical(content))) == digest(content)
    assert bundle_of(sealed(content), "a.json").digest == content["digest"]


def test_any_change_is_found() -> None:
    for change in ('"n": 48', '"cohort": "A"', '"threshold": 5'):
        text = bundle_text(bundled(factors={"sex": SEX}))
        assert change in text
        other = text.replace(change, change.replace("48", "49").replace('"A"', '"B"').replace("5", "4"))
        assert "The digest is not that of the content" in refused(other.encode())


def test_signatures() -> None:
    plain, signed = bundle_text(bundled()).encode(), bundle_text(bundled(), KEY).encode()
    assert "not signed, but a key was given" in refused(plain, KEY)
    assert "The signature is not by this key" in refused(signed, KEY[::-1])
    assert not bundle_of(signed, "a.json").signed
    content = json.loads(signed)
    content["n"] = 49
    rest = {name: value for name, value in content.items() if name not in ("digest", "signature")}
    forged = json.dumps({**rest, "digest": digest(rest), "signature": content["signature"]}).encode()
    assert "The signature is not by this key" in refused(forged, KEY)


def test_keys(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(KEY + b"\n")
    assert read_key(path) == KEY
    path.write_bytes(b"short")
    with pytest.raises(BundleError, match="has 5 bytes; it needs 16"):
        read_key(path)
    with pytest.raises(BundleError, match="cannot be read: No such file"):
        read_key(tmp_path / "none")
    with pytest.raises(BundleError, match=r"b\.json cannot be read"):
        read_bundle(tmp_path / "b.json")


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "version": (lambda d: d.update(version=2), "has version '2' of the format; this program reads 1"),
    "version word": (lambda d: d.update(version=True), "has version 'True'"),
    "format": (lambda d: d.update(format="x"), "its format is not 'mmstats-bundle'"),
    "missing": (lambda d: d.pop("formula"), "formula is missing"),
    "strange": (lambda d: d.update(rows=[1]), "'rows' is not part of a bundle"),
    "text": (lambda d: d.update(cohort="\x1b[31m"), "cohort must be a text of 1 to 500 printable signs"),
    "n": (lambda d: d.update(n=0), "n is 0; it must be a whole number from 1"),
    "n fraction": (lambda d: d.update(n=48.5), "n is 48.5"),
    "threshold": (lambda d: d.update(threshold=1), "threshold is 1; it must be a whole number from 3"),
    "few": (lambda d: d.update(threshold=49), "n is 48, below the threshold of 49"),
    "statistics": (lambda d: d.update(statistics=[]), "statistics must have names, means"),
    "names": (lambda d: d["statistics"].update(names="abc"), "statistics.names must be a list of 2"),
    "twice": (lambda d: d["statistics"].update(names=["a", "a", "b"]), "has a name twice"),
    "length": (lambda d: d["statistics"]["means"].pop(), "statistics.means must be 3 numbers"),
    "word": (lambda d: d["statistics"]["means"].__setitem__(0, "1"), "means has an entry that is not"),
    "true": (lambda d: d["statistics"]["means"].__setitem__(0, True), "means has an entry that is not"),
    "huge": (lambda d: d["statistics"]["means"].__setitem__(0, 10**400), "means has an entry that is not"),
    "skew": (lambda d: d["statistics"]["products"][0].__setitem__(1, 7.0), "products is not symmetric"),
    "negative": (lambda d: d["statistics"]["products"][0].__setitem__(0, -1.0), "has a negative number"),
    "indefinite": (
        lambda d: d["statistics"].update(products=[[1.0, 2.0, 0.0], [2.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        "products is not positive semi-definite",
    ),
    "counts": (lambda d: d["counts"].update(cells=[20, 27]), "n is 48, but the cells add up to 47"),
    "small cell": (lambda d: d["counts"].update(cells=[3, 45]), "Cells of 3 are below the threshold of 5"),
    "one null": (lambda d: d["counts"].update(cells=[None, 45]), "One cell alone is null"),
    "too many": (lambda d: d["counts"].update(cells=[20]), "counts.cells must be a list of 2 numbers"),
    "cell": (lambda d: d["counts"].update(cells=[-20, 68]), "A cell of counts is '-20'"),
    "variables": (lambda d: d["counts"].update(variables=[]), "a list of 1 to 16 different variables"),
    "a hundred variables": (
        lambda d: d["counts"].update(variables=[{"name": str(at), "levels": ["f"]} for at in range(100)]),
        "must be a list of 1 to 16 different variables",
    ),
    "variable": (lambda d: d["counts"].update(variables=["sex"]), "must have a name and levels"),
    "levels": (lambda d: d["counts"]["variables"][0].update(levels=[]), "must be a list of texts"),
    "level": (lambda d: d["counts"]["variables"][0].update(levels=["f", "f"]), "two levels of one name"),
    "estimates": (lambda d: d.update(estimates=None), "estimates must have names, values"),
    "value": (lambda d: d["estimates"]["values"].__setitem__(1, 9.0), "do not follow from the statistics"),
    "df": (lambda d: d["estimates"].update(df=99), "do not follow from the statistics"),
    "covariance": (
        lambda d: d["estimates"]["covariance"][0].__setitem__(0, -1.0),
        "estimates.covariance has a negative number",
    ),
    "no spread": (
        lambda d: d["statistics"].update(products=[[0.0] * 3 for _ in range(3)]), "There cannot be estimates"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("change", "message"), CHANGES.values(), ids=CHANGES.keys())
def test_what_contradicts_itself_is_refused(change: Callable[[dict[str, Any]], Any], message: str) -> None:
    """The digest is made right again each time: whoever writes a bundle can do that."""
    content = document()
    change(content)
    assert message in refused(content)


def test_all_problems_come_at_once() -> None:
    content = document()
    content["n"], content["cohort"] = -1, ""
    content["counts"]["cells"] = [1, 2]
    content["statistics"]["means"][0] = "x"
    found = refused(content)
    assert all(f"\n  {at}. " in found for at in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff\xfe", "not valid JSON"),
        (b"[1]", "it is not an object"),
        (b'{"n": NaN}', "NaN is not a number of JSON"),
        (b'{"n": 1, "n": 2}', "a name is there twice"),
        (b'{"n": ' + b"[" * 200_000, "nested too deeply"),
        (b'{"n": ' + b"9" * 9_000 + b"}", "not valid JSON"),
        (b" " * 5_000_001, "more than 5 MB"),
        (b"import os", "not valid JSON"),
    ],
    ids=["bytes", "list", "nan", "twice", "deep", "digits", "large", "code"],
)
def test_what_is_no_json_is_refused(text: bytes, message: str) -> None:
    assert message in refused(text)


def test_the_documentation_names_every_part() -> None:
    text = (Path(__file__).parents[2] / "docs" / "bundles.md").read_text(encoding="utf-8")
    content = document()
    parts = [*content, "signature", *content["statistics"], *content["counts"], *content["estimates"]]
    assert not [part for part in parts if f"`{part}`" not in text]


def test_an_infinite_number_is_no_number() -> None:
    text = bundle_text(bundled()).replace('"n": 48', '"n": 1e999')
    found = refused(text.encode())
    assert "The digest is not that of the content" in found
    assert "n is inf" in found


def test_a_bundle_keeps_the_digest_it_came_with() -> None:
    """Another machine may compute the estimates' last digits otherwise."""
    content = document()
    content["estimates"]["values"][1] *= 1 + 1e-14
    text = sealed(content)
    assert (
        bundle_of(text, "a.json").digest == json.loads(text)["digest"] != bundled(factors={"sex": SEX}).digest
    )
