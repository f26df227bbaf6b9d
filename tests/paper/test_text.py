"""The text quotes results, and types none: macros, figures, tables and citations all have a producer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import experiments.catalogue
from figures.__main__ import catalogue, module
from figures.numbers import macro_name, write
from figures.results import Results
from paper import sources

TEXTS = sources.texts()
RESULTS = (
    "abstract.tex",
    "calibration.tex",
    "results.tex",
    "decomposition.tex",
    "policies.tex",
    "sensitivity.tex",
    "forecast.tex",
)
SUMMARIES = Path(__file__).parents[2] / "experiments" / "summaries"

# What may stand as digits in a results section: dates, levels of intervals, ids, names of products, definitions.
ALLOWED = (
    r"\\(?:num[A-Za-z]+|(?:eq|tab|fig|sec):\w+|(?:ref|label|cite[a-z]*|result[a-z]+)(?:\[[^\]]*\])*\{[^}]*\})",
    r"\$[^$]*\$",
    r"\\begin\{equation\}.*?\\end\{equation\}",
    r"\b\d{1,2}~(?:January|October)(?: 20\d\d)?",
    r"\b(?:January|December|October|March) 20\d\d",
    r"\b(?:of|in|over|late in|end of) 20(?:22|23|24)\b",
    r"\b(?:80|90|95)\\%(?= (?:interval|bootstrap|of (?:runs|the))|\b)",
    r"\b[A-Z]\d+b?\b",
    r"18~months",
    r"0\.32 of list|0\.50 after",
    r"deposit of 30\\%",
)


def typed_numbers(text: str) -> list[str]:
    """Return the numbers that a text types itself, with what stands around them."""
    for pattern in ALLOWED:
        text = re.sub(pattern, " ", text, flags=re.DOTALL)
    return [match[0].replace("\n", " ") for match in re.finditer(r".{0,25}\d[\d.,]*.{0,15}", text)]


@pytest.mark.parametrize("name", RESULTS)
def test_a_results_section_types_no_number(name: str) -> None:
    assert typed_numbers(TEXTS[name]) == []


def test_every_figure_and_table_has_a_script() -> None:
    shown = sources.shown(TEXTS.values())
    assert shown
    assert sorted(set(shown) - set(catalogue())) == []
    for name, kind in shown.items():
        assert hasattr(module(name), "draw" if kind == "figure" else "tabulate"), name


def test_every_figure_that_is_drawn_is_shown() -> None:
    drawn = {name for name in catalogue() if hasattr(module(name), "draw")}
    assert sorted(drawn - set(sources.shown(TEXTS.values()))) == []


def test_every_figure_and_table_is_referred_to() -> None:
    prose = "\n".join(TEXTS.values())
    for name, kind in sources.shown(TEXTS.values()).items():
        label = f"{'fig' if kind == 'figure' else 'tab'}:{name}"
        assert f"ref{{{label}}}" in prose, label


def test_every_citation_has_an_entry_and_every_entry_is_cited() -> None:
    cited = sources.cited(TEXTS.values())
    held = set(re.findall(r"^@\w+\{\s*([^,\s]+)", sources.BIBLIOGRAPHY.read_text(encoding="utf-8"), re.MULTILINE))
    assert cited == held


def test_the_bibliography_is_made_from_the_packages_literature() -> None:
    literature = sources.LITERATURE.read_text(encoding="utf-8")
    made = sources.bibliography(sources.cited(TEXTS.values()), literature)
    assert sources.BIBLIOGRAPHY.read_text(encoding="utf-8") == made, "run `python -m paper`"


def producers(used: set[str], experiments: list[str]) -> dict[str, str]:
    """Return the experiment of each macro, by the start of its name; "" where there is none."""
    starts = sorted(((macro_name(name, ""), name) for name in experiments), key=lambda pair: -len(pair[0]))
    return {macro: next((name for start, name in starts if macro.startswith(start)), "") for macro in used}


def test_every_macro_names_an_experiment() -> None:
    made_by = producers(sources.used_macros(TEXTS.values()), experiments.catalogue.names())
    assert sorted(macro for macro, name in made_by.items() if not name) == []


def test_every_macro_of_a_kept_experiment_is_one_that_it_notes(tmp_path: Path) -> None:
    kept = Results((SUMMARIES,))
    (numbers,) = write(kept, tmp_path)
    made_by = producers(sources.used_macros(TEXTS.values()), experiments.catalogue.names())
    missing = sources.missing_macros(TEXTS.values(), numbers.read_text(encoding="utf-8"))
    assert [macro for macro in missing if kept.has(made_by[macro])] == []


# Each guard on a planted fault.


@pytest.mark.parametrize(
    "text",
    [
        "The price rises by 97,000.",
        "a share of 63\\% of the rise",
        "It wins in 0.7 of the runs.",
        "the median of 173 over 2023 seeds",
        "falls by 12~percent",
    ],
)
def test_a_typed_number_is_found(text: str) -> None:
    assert typed_numbers(text)


@pytest.mark.parametrize(
    "text",
    [
        r"of \numBaselinePatternPTwoRange in January 2024 (Table~\ref{tab:x2}, 95\% intervals)",
        r"P2 on 16~October 2023, \citet{Lee1997information}; $R^2$ and $p_2$",
    ],
)
def test_what_is_no_result_is_not(text: str) -> None:
    assert typed_numbers(text) == []


def test_missing_parts_are_found() -> None:
    text = r"\numSomeThing and \numOther \resultfigure[5cm]{gone} \citep[see][]{Nobody2000,Sterman1989}"
    assert sources.missing_macros([text], r"\newcommand{\numOther}{3\xspace}") == ["numSomeThing"]
    assert sources.shown([text]) == {"gone": "figure"}
    assert sources.cited([text]) == {"Nobody2000", "Sterman1989"}
    with pytest.raises(KeyError, match="Nobody2000"):
        sources.bibliography(["Nobody2000", "Sterman1989"], sources.LITERATURE.read_text(encoding="utf-8"))
