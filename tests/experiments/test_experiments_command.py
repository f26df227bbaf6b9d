"""The command lists experiments, conducts them, keeps small results, and says what is wrong in a line."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from runner_toy import ROOT, ToyResult, experiment, toy_run, toy_study, use_toy

from experiments import catalogue
from experiments.__main__ import command, main
from experiments.engine import conduct as conducting
from experiments.engine.errors import InputError
from experiments.engine.progress import duration, progress
from experiments.lab import Lab

COMMIT_DIGITS = 40


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    use_toy(monkeypatch.setattr)
    monkeypatch.setattr(conducting, "run", lambda *_, **__: None)
    monkeypatch.setattr(conducting, "reading", lambda read: lambda result: None)
    monkeypatch.setattr(conducting, "SUMMARIES", tmp_path / "summaries")
    monkeypatch.setattr(catalogue, "names", lambda: ["toy"])
    monkeypatch.setattr(catalogue, "load", lambda name: experiment(toy_study()))


def read_manifest(directory: Path) -> dict[str, Any]:
    return json.loads((directory / "toy" / "manifest.json").read_text(encoding="utf-8"))


def test_every_experiment_asks_a_question_and_says_what_it_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    names = catalogue.names()
    assert names == [name for name in catalogue.ORDER if name in names], "an experiment has no place in the order"
    for name in names:
        found = catalogue.load(name)
        assert found.question.endswith("?") and "\n" not in found.question
        assert 0 < found.runs(True) <= found.runs(False)
        assert 0 < found.effort(True) <= found.effort(False)


def test_a_wrong_name_is_told_with_the_right_ones(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.undo()
    with pytest.raises(InputError, match="did you mean 'baseline'"):
        catalogue.load("basline")
    assert main(["basline"]) == 2
    assert capsys.readouterr().err.startswith("experiments: experiment = 'basline': expected all, ")


def test_without_a_name_it_lists_questions_runs_and_time(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(conducting, "seconds_per_run", lambda: 3.6)
    monkeypatch.setattr(conducting.os, "cpu_count", lambda: 3)
    assert main([]) == 0
    told = capsys.readouterr().out
    assert "Does it run?" in told
    assert " 100 " in told
    assert " 2 min " in told
    assert "A run of the baseline takes this machine 3.600 s" in told


def test_results_go_where_they_are_asked_to_with_a_manifest_of_all_that_made_them(tmp_path: Path) -> None:
    assert main(["toy", "--quick", "--out", str(tmp_path)]) == 0
    directory, found = tmp_path / "toy", read_manifest(tmp_path)
    assert len(pd.read_csv(directory / "prices.csv")) == 5
    assert (found["experiment"], found["question"], found["mode"]) == ("toy", "Does it run?", "quick")
    assert (found["runs"], found["runs_failed"], found["runs_kept_from_before"]) == (100, 0, 0)
    assert found["lock_sha256"] == hashlib.sha256((ROOT / "requirements.lock").read_bytes()).hexdigest()
    assert set(found["files"]) == {"numbers.json", "prices.csv"}
    assert found["files"]["prices.csv"] == hashlib.sha256((directory / "prices.csv").read_bytes()).hexdigest()
    if (ROOT / ".git").exists():
        assert len(found["git_commit"]) == COMMIT_DIGITS
        assert found["git_dirty"] in (True, False)
    assert found["libraries"]["numpy"] and found["python"] and found["cpu_seconds"] > 0
    (study,) = found["studies"]
    assert (study["points"], study["replicates"], study["seeds"], study["luck"]) == (5, 20, "independent", "toy")
    design = (directory / study["design"]["file"]).read_bytes()
    assert study["design"]["sha256"] == hashlib.sha256(design).hexdigest()
    points = pd.read_csv(directory / study["design"]["file"])
    assert json.loads(points.loc[2, "overrides"]) == {"orders.adjustment": pytest.approx(0.07)}


def test_quick_and_full_results_have_places_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["toy", "--quick"]) == main(["all"]) == 0
    assert {read_manifest(tmp_path / "results" / mode)["mode"] for mode in ("quick", "full")} == {"quick", "full"}


def test_a_directory_without_a_manifest_is_not_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def conduct(lab: Lab) -> None:
        lab.keep("other", pd.DataFrame({"x": [1]}))
        assert not (lab.directory / "manifest.json").exists()

    assert main(["toy", "--out", str(tmp_path)]) == 0
    monkeypatch.setattr(
        catalogue, "load", lambda name: catalogue.Experiment("toy", "Why?", int, float, conduct, None, None)
    )
    assert main(["toy", "--out", str(tmp_path)]) == 0
    assert read_manifest(tmp_path)["tables"] == ["other.csv"]
    assert not (tmp_path / "toy" / "prices.csv").exists(), "a table that is no longer kept stayed behind"


def test_kept_summaries_hold_the_small_results_and_no_shards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "summaries" / "toy").mkdir(parents=True)
    (tmp_path / "summaries" / "toy" / "old.csv").write_text("x\n")
    assert main(["toy", "--out", str(tmp_path), "--keep"]) == 0
    kept = sorted(path.relative_to(tmp_path / "summaries").as_posix() for path in tmp_path.glob("summaries/**/*.*"))
    assert [path.partition("/")[2].partition("-")[0] for path in kept] == [
        "designs/toy",
        "manifest.json",
        "numbers.json",
        "prices.csv",
    ]
    monkeypatch.setattr(conducting, "LARGEST_KEPT_BYTES", 300)
    assert main(["toy", "--out", str(tmp_path), "--keep"]) == 0
    assert "with digests in the manifest: manifest.json" in capsys.readouterr().err


def test_runs_that_failed_are_told_by_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = next(toy_study().runs()).seed

    def run(scenario: Any, seed: int, *, days: int | None = None) -> ToyResult:
        if seed == bad:
            raise ValueError("no cards left")
        return toy_run(scenario, seed, days=days)

    use_toy(monkeypatch.setattr, run)
    assert main(["toy", "--out", str(tmp_path)]) == 4
    assert "1 runs failed and are missing; see" in capsys.readouterr().err
    assert read_manifest(tmp_path)["runs_failed"] == 1


def test_of_all_experiments_a_broken_one_does_not_stop_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(lab: Lab) -> None:
        raise ZeroDivisionError("no seeds")

    bad = catalogue.Experiment("broken", "Why?", int, float, broken, None, None)
    monkeypatch.setattr(catalogue, "names", lambda: ["broken", "toy"])
    monkeypatch.setattr(catalogue, "load", {"broken": bad, "toy": experiment(toy_study())}.__getitem__)
    assert main(["all", "--out", str(tmp_path)]) == 1
    assert "ZeroDivisionError: no seeds" in capsys.readouterr().err
    assert read_manifest(tmp_path)["runs"] == 100


def test_scoring_and_registering_are_for_experiments_that_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["toy", "--score", "observed.csv"]) == 2
    assert "--score = 'toy': expected an experiment that has this option" in capsys.readouterr().err
    asked: list[Path] = []
    scored = catalogue.Experiment("toy", "Why?", int, float, lambda lab: None, asked.append, asked.append)
    monkeypatch.setattr(catalogue, "load", lambda name: scored)
    assert main(["toy", "--score", "observed.csv"]) == main(["toy", "--register"]) == 0
    assert asked == [Path("observed.csv"), Path("results/full/toy")]


def test_progress_tells_runs_rate_and_time_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = iter([0.0, 5.0, 20.0, 20.0, 20.0, 40.0, 40.0])
    monkeypatch.setattr("experiments.engine.progress.time.monotonic", lambda: next(clock))
    with progress("try", 200, kept=100) as report:
        report(10, 0)
        report(40, 1)
        report(50, 0)
    assert capsys.readouterr().err.splitlines() == [
        "try: 150 of 200 runs, 100 kept from before, 1 failed, 2.5 a second, 20 s left",
        "try: 200 of 200 runs, 100 kept from before, 1 failed, 2.5 a second, 40 s in all",
    ]
    assert [duration(seconds) for seconds in (5, 150, 7200)] == ["5 s", "2 min", "2.0 h"]


def test_the_manifest_knows_a_clean_checkout_from_a_changed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.engine import manifest

    monkeypatch.setattr(manifest, "ROOT", tmp_path)
    assert manifest.git_state() == {"git_commit": None, "git_dirty": None}
    file = tmp_path / "experiments" / "a.py"
    file.parent.mkdir()
    file.write_text("x = 1\n")
    git = ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *arguments], check=True)
    assert manifest.git_state()["git_dirty"] is False
    (tmp_path / "experiments" / "summaries").mkdir()
    (tmp_path / "experiments" / "summaries" / "toy.csv").write_text("x\n")
    assert manifest.git_state()["git_dirty"] is False
    file.write_text("x = 2\n")
    assert manifest.git_state()["git_dirty"] is True


def test_the_experiment_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    (code,) = [text for text in _blocks("python") if "QUESTION" in text]
    written: dict[str, Any] = {}
    exec(code, written)
    assert written["runs"](True) == 40 < written["runs"](False)
    study = dataclasses.replace(written["_study"](True), replicates=2, days=30)
    written["_study"] = lambda quick: study
    written["conduct"](Lab("notice", tmp_path, quick=True))
    assert list(pd.read_csv(tmp_path / "peaks.csv").columns) == ["replicate", "baseline", "long_notice"]
    noted = json.loads((tmp_path / "numbers.json").read_text(encoding="utf-8"))["peak_change_cny"]
    assert noted["runs"] == 2


def test_every_option_that_the_readme_uses_is_one_of_the_commands() -> None:
    known = {option for parameter in command.params for option in parameter.opts}
    lines = [line for text in _blocks("sh") for line in text.splitlines() if "-m experiments" in line]
    used = {word for line in lines for word in line.partition("#")[0].split() if word.startswith("--")}
    assert lines and used
    assert used <= known


def _blocks(language: str) -> list[str]:
    text = (ROOT / "experiments" / "README.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
