"""The paper's command: what is missing is said, numbers become macros, and TeX gives the same bytes twice."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from figures.numbers import macro_name, macros, write
from figures.results import Number, Results, ResultsError
from paper import sources, tex
from paper.__main__ import main as paper


def number(value: float | None, low: float | None, high: float | None, unit: str) -> Number:
    return Number(value, low, high, unit, 1000, "made up")


def test_digits_of_a_name_become_words() -> None:
    assert macro_name("baseline", "pattern_p2b") == "numBaselinePatternPTwoB"
    assert macro_name("no_rule", "price_jan_2024_cny") == "numNoRulePriceJanTwoZeroTwoFourCny"


@pytest.mark.parametrize(
    ("noted", "texts"),
    [
        (number(173_754.0, 170_100.0, 178_900.0, "CNY"), {"": "173,800", "Low": "170,100", "Verb": "raises"}),
        (number(-0.1562, -0.188, -0.147, "margin"), {"": r"\ensuremath{-}0.156", "Verb": "lowers"}),
        (number(0.412, 0.35, 0.47, "share of seeds"), {"Percent": r"41.2\%", "PercentLow": r"35.0\%"}),
        (number(3.268, 3.2598, 3.2771, "months"), {"Range": "3.268 (3.260 to 3.277)"}),
        (number(3.0, -1.0, 7.0, "CNY"), {"Range": r"3.0 (\ensuremath{-}1.0 to 7.0)", "Verb": "has no shown effect on"}),
        (number(15.0, None, None, "patterns"), {"": "15", "Runs": "1,000"}),
        (number(0.5, None, None, "1/week"), {"": "0.5"}),
        (number(None, None, None, "months"), {"": "--"}),
        (number(12.0, 12.0, 12.0, "months"), {"Range": "12.0 (12.0 to 12.0)"}),
    ],
)
def test_numbers_are_rounded_by_their_intervals(noted: Number, texts: dict[str, str]) -> None:
    made = dict(macros("some", "thing", noted))
    assert {suffix: made[f"numSomeThing{suffix}"] for suffix in texts} == texts


def test_two_numbers_of_one_macro_are_refused(tmp_path: Path) -> None:
    entry = {"value": 1.0, "low": 0.0, "high": 2.0, "unit": "1", "runs": 1, "meaning": ""}
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "numbers.json").write_text(json.dumps({"price": entry, "price_low": entry}))
    with pytest.raises(ResultsError, match=r"both make \\numSomePriceLow"):
        write(Results((tmp_path,)), tmp_path)


needs_tex = pytest.mark.skipif(shutil.which("latexmk") is None, reason="TeX is not here")


@needs_tex
def test_a_text_gives_the_same_pdf_twice(tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "text.tex").write_text(
            "\\documentclass{article}\\pdfinfoomitdate=1\\pdftrailerid{}\\pdfsuppressptexinfo=-1"
            "\\begin{document}Some text.\\end{document}\n"
        )
        made.append(tex.typeset(folder / "text.tex").read_bytes())
    assert made[0] == made[1]
    assert made[0].startswith(b"%PDF")


@needs_tex
def test_an_error_of_latex_is_said(tmp_path: Path) -> None:
    (tmp_path / "text.tex").write_text("\\documentclass{article}\\begin{document}\\nosuch\\end{document}\n")
    with pytest.raises(RuntimeError, match="Undefined control sequence"):
        tex.typeset(tmp_path / "text.tex")


def test_without_tex_and_without_root_rights_nothing_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tex.shutil, "which", lambda program: None)
    monkeypatch.setattr(tex.subprocess, "run", lambda *_, **__: pytest.fail("ran something"))
    assert not tex.find_or_install()
    monkeypatch.setattr(tex.shutil, "which", lambda program: "/usr/bin/apt-get" if program == "apt-get" else None)
    monkeypatch.setattr(tex.os, "geteuid", lambda: 1000)
    assert not tex.find_or_install()


def test_on_a_debian_machine_with_root_rights_tex_is_installed_and_it_says_what(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> SimpleNamespace:
        commands.append(command)
        return SimpleNamespace(returncode=0)

    monkeypatch.setattr(tex.os, "geteuid", lambda: 0)
    monkeypatch.setattr(
        tex.shutil, "which", lambda program: "there" if program == "apt-get" or len(commands) == 2 else None
    )
    monkeypatch.setattr(tex.subprocess, "run", run)
    assert tex.find_or_install()
    assert [command[2] for command in commands] == ["update", "install"]
    assert all(package in capsys.readouterr().out or package in commands[1] for package in tex.PACKAGES)


def test_where_tex_cannot_be_had_everything_else_is_made_and_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(sources, "GENERATED", tmp_path / "generated")
    monkeypatch.setattr(sources, "BIBLIOGRAPHY", tmp_path / "references.bib")
    monkeypatch.setattr(tex, "find_or_install", lambda: False)
    monkeypatch.setattr(tex, "typeset", lambda document: pytest.fail("typeset"))
    assert paper(["--results", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert "apt-get install" in told.out
    assert "not made yet: \\numBaseline" in told.err
    assert (tmp_path / "references.bib").read_text().count("@") > 40
    assert "\\textbf{??}" in (tmp_path / "generated" / "missing.tex").read_text()
    assert paper(["--results", str(tmp_path), "--strict"]) == 2
