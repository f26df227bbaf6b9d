"""What the documents say is so: their code runs, their links lead somewhere, their commands are ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = ("README.md", "EXTENDING.md", "CONTRIBUTING.md", "CHANGELOG.md", "DATA.md")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FILE_NAME = re.compile(r"# (\S+\.toml)\n")
PICTURE_SIZE = 20_000


def text_of(document: str) -> str:
    """Return a document's text."""
    return (ROOT / document).read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language, in order."""
    return [body for found, body in FENCE.findall(text) if found == language]


def program_of(text: str) -> str:
    """Return the Python blocks as one program, each line at its number in the document."""
    lines = [""] * (text.count("\n") + 1)
    for match in FENCE.finditer(text):
        if match[1] == "python":
            first = text.count("\n", 0, match.start(2))
            body = match[2].splitlines()
            lines[first : first + len(body)] = body
    return "\n".join(lines)


def commands_of(text: str) -> list[str]:
    """Return the shell commands of the tour."""
    return [line for block in blocks(text, "sh") for line in block.splitlines() if line.strip()]


def targets_named_in(text: str) -> set[str]:
    """Return the Makefile targets that a text names."""
    return set(re.findall(r"`make ([a-z-]+)`", text))


def broken_links(text: str, root: Path) -> list[str]:
    """Return the links of a text to files that do not exist."""
    local = [link for link in LINK.findall(text) if "://" not in link and not link.startswith("#")]
    return [link for link in local if not (root / link.partition("#")[0]).exists()]


def environment() -> dict[str, str]:
    """Return an environment in which this Python and its `market` come first."""
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}


def run_program(text: str, name: str, directory: Path) -> subprocess.CompletedProcess[str]:
    """Run a document's Python in a process of its own, beside the TOML files that it shows."""
    for block in blocks(text, "toml"):
        (directory / FILE_NAME.match(block).group(1)).write_text(block, encoding="utf-8")
    program = directory / f"{name}.py"
    program.write_text(program_of(text), encoding="utf-8")
    return subprocess.run(
        [sys.executable, program.name],
        cwd=directory,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("document", ["README.md", "EXTENDING.md"])
def test_the_python_of_a_document_runs(document: str, tmp_path: Path) -> None:
    done = run_program(text_of(document), document, tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_commands_of_the_tour_run(tmp_path: Path) -> None:
    commands = commands_of(README)
    assert {"run", "patterns", "scenarios", "show", "validate", "schedule"} <= {
        command.split()[1] for command in commands if command.startswith("market ")
    }
    for command in commands:
        done = subprocess.run(
            command, shell=True, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stderr}"
        assert done.stdout or ">" in command, command


@pytest.mark.slow
def test_the_pattern_table_of_the_readme_is_what_the_model_gives(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    shutil.copy(ROOT / "README.md", page)
    for command in (
        ["market", "patterns", "baseline", "--seeds", str(seeds_of_readme()), "--out", "baseline"],
        ["figures", "pattern_table", "--results", "baseline", "--readme", page.name],
    ):
        subprocess.run(
            [sys.executable, "-m", *command], cwd=tmp_path, env=environment(), capture_output=True, check=True
        )
    assert page.read_text(encoding="utf-8") == README, "refresh it as CONTRIBUTING.md says"


def seeds_of_readme() -> int:
    """Return the number of seeds that `make readme` runs."""
    return int(re.search(r"^\t.*-m market patterns baseline --seeds (\d+)", MAKEFILE, re.MULTILINE).group(1))


def test_the_caption_of_the_picture_names_the_seeds_that_it_was_drawn_from() -> None:
    assert f"`baseline`, {seeds_of_readme()} seeds." in README


def test_the_picture_of_the_readme_is_a_picture() -> None:
    (picture,) = re.findall(r"!\[[^\]]+\]\((\S+)\)", README)
    content = (ROOT / picture).read_bytes()
    assert content.startswith(b"\x89PNG") and len(content) > PICTURE_SIZE


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_to_a_file_leads_somewhere(document: str) -> None:
    assert broken_links(text_of(document), ROOT) == []


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile() -> None:
    section = re.search(r"^## Two commands\n(.*?)^## ", README, re.MULTILINE | re.DOTALL).group(1)
    assert targets_named_in(section.partition("\n\n`make")[0]) == {"reproduce", "test"}
    named = targets_named_in(README + text_of("CONTRIBUTING.md"))
    assert {"reproduce-full", "paper", "docs"} < named <= set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))


def test_continuous_integration_runs_the_tests_as_the_readme_does() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
    assert script[-2:] == ["make paper", "make test"]  # the test runner's summary comes last


def test_the_data_statement_lists_every_fact_and_observation_with_its_source() -> None:
    from market.evidence import facts, observations

    page = text_of("DATA.md")
    assert re.findall(r"^\| ([A-Z]\w+) \|", page, re.MULTILINE) == [row.id for row in (*facts(), *observations())]
    assert all(f"]({seen.url})" in page for seen in observations() if seen.url)


def test_every_decision_that_can_be_overridden_is_listed() -> None:
    from market import Cloud, Nvidia, ServerMaker, Speculator, Startup

    for kind in (Cloud, ServerMaker, Speculator, Startup):
        names = ", ".join(f"`{decision.method}`" for decision in kind.DECISIONS)
        assert f"| `{kind.__name__}` | {names} |" in text_of("EXTENDING.md")
    assert hasattr(Nvidia, "allot")


def test_every_example_of_extending_is_checked_by_an_assert() -> None:
    _, *examples = re.split(r"^## ", text_of("EXTENDING.md"), flags=re.MULTILINE)
    assert [example for example in examples if not re.search(r"^assert ", example, re.MULTILINE)] == []


# Each guard on a planted fault.


def test_a_program_that_fails_is_seen_with_its_line(tmp_path: Path) -> None:
    done = run_program("# A\n\n```python\none = 1\n```\nand\n```python\nassert one == 2\n```\n", "A.md", tmp_path)
    assert done.returncode != 0
    assert 'A.md.py", line 8' in done.stderr


def test_a_broken_link_is_seen(tmp_path: Path) -> None:
    (tmp_path / "here.md").touch()
    text = "[a](here.md#part) [b](https://example.org/x) [c](#top) ![d](gone.png)"
    assert broken_links(text, tmp_path) == ["gone.png"]


def test_a_target_that_is_not_there_is_seen() -> None:
    assert targets_named_in("Say `make test`, then `make coffee`.") == {"test", "coffee"}
