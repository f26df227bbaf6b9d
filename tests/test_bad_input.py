"""Bad input: all of it is told at once, by file, path, value and what is allowed; nothing is half-written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from market.cli import main
from market.errors import ScenarioError
from market.scenarios import load_scenario

TINY = 'extends = "tiny"\n'


class Refused:
    """What the command said when it refused something."""

    def __init__(self, code: int, out: str, err: str) -> None:
        assert code == 2
        assert out == ""
        assert "Traceback" not in err
        self.lines = err.splitlines()
        self.text = err

    def about(self, path: str) -> str:
        """Return the one line about a path."""
        found = [line for line in self.lines if line.strip().removeprefix("market: ").startswith(f"{path} ")]
        assert len(found) == 1, self.text
        return found[0]


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs the command in an empty directory and checks that it is refused."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def run(*arguments: str | Path) -> Refused:
        code = main([str(argument) for argument in arguments])
        found = capsys.readouterr()
        assert [*(tmp_path / "here").iterdir()] == []
        return Refused(code, found.out, found.err)

    return run


@pytest.fixture
def scenario_file(tmp_path: Path):
    """Return a function that writes a scenario file outside the working directory."""

    def write(text: str | bytes, name: str = "mine.toml") -> Path:
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


# ---- values in a file: what is written, which path is named, what the line says

IN_A_FILE = {
    "an unknown key": (
        "[population]\nspeculator = 5",
        "population.speculator",
        ["= 5", "startups, speculators", "did you mean 'speculators'?"],
    ),
    "an unknown table": ("[markets]\nallotment = 'uniform'", "markets", ["did you mean 'market'?"]),
    "an unknown key of a firm": (
        '[[cloud]]\nid = "aws_china"\nonline_card = 5',
        "cloud.aws_china.online_card",
        ["= 5", "did you mean 'online_cards'?"],
    ),
    "an unknown key in a list": (
        "[funding]\nclimate = [{ on = 2022-01-01, levels = 1.0 }]",
        "funding.climate[1].levels",
        ["did you mean 'level'?"],
    ),
    "a name for itself": ('name = "other"', "name", ["a scenario is named by its file"]),
    "text for a number": (
        '[population]\nstartups = "many"',
        "population.startups",
        ["'many'", "whole number"],
    ),
    "true for a number": ("[population]\nstartups = true", "population.startups", ["True", "whole number"]),
    "a number for a truth": (
        '[[cloud]]\nid = "aws_china"\nframework_orders = 1',
        "cloud.aws_china.framework_orders",
        ["= 1", "true or false"],
    ),
    "a number for a table": ("population = 5", "population", ["= 5", "a table with startups, speculators"]),
    "a table for a number": (
        "[population.startups]\nn = 5",
        "population.startups",
        ["a table", "whole number"],
    ),
    "a number for a list": (
        "[funding]\nclimate = 1.0",
        "funding.climate",
        ["= 1.0", "a list of tables with on"],
    ),
    "a list of numbers for one of tables": ("cloud = [1, 2]", "cloud", ["[[cloud]]"]),
    "a table for a list of tables": ("[cloud.aws_china]\nshare = 0.1", "cloud", ["[[cloud]]"]),
    "a share above one": (
        '[[rule]]\nid = "us_2023"\nseverity = 1.5',
        "rule.us_2023.severity",
        ["= 1.5", "from 0 to 1"],
    ),
    "a number that is none": (
        '[[rule]]\nid = "us_2023"\nseverity = nan',
        "rule.us_2023.severity",
        ["= nan", "from 0 to 1"],
    ),
    "an endless number": (
        f'[[cloud]]\nid = "aws_china"\nonline_cards = {"9" * 300}',
        "cloud.aws_china.online_cards",
        ["an integer of 997 bits", "from 0 to 1,000,000,000"],
    ),
    "a performance of zero": (
        '[[substitute]]\nproduct = "h20"\nperformance = 0',
        "substitute.h20.performance",
        ["= 0", "above 0 and up to 2"],
    ),
    "negative cards": (
        '[[cloud]]\nid = "volcano_engine"\nonline_cards = -3',
        "cloud.volcano_engine.online_cards",
        ["= -3", "a whole number of cards from 0"],
    ),
    "fractional cards": (
        '[[startup]]\nid = "minimax"\nown_cards = 10.5',
        "startup.minimax.own_cards",
        ["= 10.5", "a whole number of cards from 0"],
    ),
    "cards before the founding": (
        '[[startup]]\nid = "zero_one_ai"\nown_cards = 10',
        "startup.zero_one_ai.own_cards",
        ["= 10", "0 for a startup founded on or after 2022-01-01"],
    ),
    "cards with a point": (
        '[[startup]]\nid = "minimax"\nown_cards = 10.0',
        "startup.minimax.own_cards",
        ["= 10.0", "a whole number"],
    ),
    "negative money": (
        '[[startup]]\nid = "minimax"\ncash_cny = -1',
        "startup.minimax.cash_cny",
        ["= -1", "(CNY) from 0"],
    ),
    "an unknown firm": (
        '[[cloud]]\nid = "alibaba_clod"\nonline_cards = 5',
        "cloud.alibaba_clod",
        ["alibaba_cloud, tencent_cloud", "missing: name", "did you mean 'alibaba_cloud'?"],
    ),
    "an unknown firm to remove": (
        '[[startup]]\nid = "minimx"\nremove = true',
        "startup.minimx.remove",
        ["did you mean 'minimax'?"],
    ),
    "an unknown product": (
        '[[rule]]\nid = "us_2023"\nproducts = ["a80"]',
        "rule.us_2023.products[1]",
        ["'a80'", "a800 or h20 or ascend_910b", "did you mean 'a800'?"],
    ),
    "an unknown substitute": (
        '[[substitute]]\nproduct = "h21"\nlaunch = 2023-11-01',
        "substitute.h21",
        ["h20, ascend_910b", "did you mean 'h20'?"],
    ),
    "an unknown rule": (
        '[[rule]]\nid = "us_2032"\nseverity = 0.5',
        "rule.us_2032",
        ["us_2022, us_2023", "did you mean"],
    ),
    "an unknown allotment rule": (
        '[market]\nallotment = "unifrom"',
        "market.allotment",
        ["'unifrom'", "proportional", "did you mean 'uniform'?"],
    ),
    "an unknown aspiration": (
        '[[cloud]]\nid = "aws_china"\naspiration = "defend"',
        "cloud.aws_china.aspiration",
        ["defender or gainer or entrant or none", "did you mean 'defender'?"],
    ),
    "an unknown parameter": (
        "[parameters.orders]\nadjustmnt = 0.1",
        "parameters.orders.adjustmnt",
        ["= 0.1", "did you mean 'orders.adjustment'?"],
    ),
    "an unknown group of parameters": (
        "[parameters.order]\nadjustment = 0.1",
        "parameters.order.adjustment",
        ["did you mean 'orders.adjustment'?"],
    ),
    "a parameter beyond its bounds": (
        "[parameters.orders]\nadjustment = 1.5",
        "parameters.orders.adjustment",
        ["= 1.5", "from 0 to 1 (1/week)"],
    ),
    "text for a parameter": (
        '[parameters.orders]\nadjustment = "a"',
        "parameters.orders.adjustment",
        ["'a'"],
    ),
    "a switch half on": (
        "[parameters.orders]\ngaming = 0.5",
        "parameters.orders.gaming",
        ["= 0.5", "0 or 1 (switch)"],
    ),
    "a number for the parameters": (
        "parameters = 3",
        "parameters",
        ["= 3", "a table of parameters by group"],
    ),
    "a rumour after the announcement": (
        '[[rule]]\nid = "us_2023"\nrumoured = 2023-10-20',
        "rule.us_2023.announced",
        ["'2023-10-17'", "not before rumoured = 2023-10-20"],
    ),
    "an effect before the announcement": (
        '[[rule]]\nid = "us_2023"\neffective = 2023-10-01',
        "rule.us_2023.effective",
        ["'2023-10-01'", "not before announced = 2023-10-17"],
    ),
    "enforcement before effect": (
        '[[rule]]\nid = "us_2023"\nenforced = 2023-10-22',
        "rule.us_2023.enforced",
        ["not before effective = 2023-10-23"],
    ),
    "an end before the effect": (
        '[[rule]]\nid = "us_2023"\nlifted = 2023-10-22',
        "rule.us_2023.lifted",
        ["not before effective = 2023-10-23"],
    ),
    "an end before enforcement": (
        '[[rule]]\nid = "us_2023"\nenforced = 2023-12-01\nlifted = 2023-11-01',
        "rule.us_2023.lifted",
        ["not before enforced = 2023-12-01"],
    ),
    "a rule outside the calendar": (
        '[[rule]]\nid = "us_2023"\nlifted = 2025-01-01',
        "rule.us_2023.lifted",
        ["'2025-01-01'", "from 2022-01-01 to 2024-12-31"],
    ),
    "a launch outside the calendar": (
        '[[substitute]]\nproduct = "h20"\nlaunch = 2021-12-31',
        "substitute.h20.launch",
        ["from 2022-01-01 to 2024-12-31"],
    ),
    "a firm founded after the calendar": (
        '[[startup]]\nid = "minimax"\nfounded = 2025-01-01',
        "startup.minimax.founded",
        ["to 2024-12-31"],
    ),
    "a date in quotes": (
        '[[substitute]]\nproduct = "h20"\nlaunch = "2023-11-16"',
        "substitute.h20.launch",
        ["'2023-11-16'", "no quotes"],
    ),
    "a date with a time": (
        '[[substitute]]\nproduct = "h20"\nlaunch = 2023-11-16T08:00:00',
        "substitute.h20.launch",
        ["'2023-11-16T08:00:00'", "a date (YYYY-MM-DD"],
    ),
    "a climate that begins late": (
        "[funding]\nclimate = [{ on = 2022-02-01, level = 1.0 }]",
        "funding.climate[1].on",
        ["'2022-02-01'", "2022-01-01, the first day"],
    ),
    "a climate that goes back": (
        "[funding]\nclimate = [{ on = 2022-01-01, level = 1.0 }, { on = 2022-01-01, level = 2.0 }]",
        "funding.climate[2].on",
        ["a date after 2022-01-01"],
    ),
    "a climate without a point": ("[funding]\nclimate = []", "funding.climate", ["at least one entry"]),
    "supply that goes back": (
        "[supply]\nchina_revenue = [{ from = 2022-01-01, busd = 1 }, { from = 2021-05-01, busd = 1 }]",
        "supply.china_revenue[2].from",
        ["'2021-05-01'"],
    ),
    "more named startups than startups": (
        "[population]\nstartups = 3",
        "population.startups",
        ["= 3", "at least 6", "or 0 for none"],
    ),
    "the same id twice": (
        '[[cloud]]\nid = "aws_china"\n[[cloud]]\nid = "aws_china"',
        "cloud.aws_china.id",
        ["occurs twice"],
    ),
    "an entry without an id": ("[[cloud]]\nshare = 0.1", "cloud[1].id", ["a text that names it"]),
    "an id the model gives itself": (
        '[[server_maker]]\nid = "speculator_001"\nname = "x"\nservers_per_day = 1\nstock_cards = 0',
        "server_maker.speculator_001.id",
        ["the model does not give itself"],
    ),
    "an id that another firm has": (
        '[[server_maker]]\nid = "minimax"\nname = "x"\nservers_per_day = 1\nstock_cards = 0',
        "startup.minimax.id",
        ["server_maker.minimax has it already"],
    ),
    "an id of strange letters": (
        '[[server_maker]]\nid = "Maker One"\nname = "x"\nservers_per_day = 1\nstock_cards = 0',
        "server_maker.Maker One.id",
        ["lower-case letters"],
    ),
    "a removal that is not meant": (
        '[[cloud]]\nid = "aws_china"\nremove = false',
        "cloud.aws_china.remove",
        ["true, or no such key"],
    ),
    "no product": (
        '[[rule]]\nid = "us_2023"\nproducts = []',
        "rule.us_2023.products",
        ["at least one product"],
    ),
    "a product twice": (
        '[[rule]]\nid = "us_2023"\nproducts = ["a800", "a800"]',
        "rule.us_2023.products",
        ["each once"],
    ),
    "another schema": ("schema = 2", "schema", ["= 2", "expected 1"]),
}


@pytest.mark.parametrize("case", IN_A_FILE)
def test_a_file_is_refused_with(case: str, refused, scenario_file) -> None:
    text, path, said = IN_A_FILE[case]
    file = scenario_file(TINY + text)
    line = refused("validate", file).about(path)
    for words in said:
        assert words in line
    assert str(file) in line, "the file is named"


def test_the_file_without_the_mistake_is_valid(scenario_file, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["validate", str(scenario_file(TINY))]) == 0
    assert "valid" in capsys.readouterr().out


def test_all_mistakes_of_a_file_and_of_the_command_line_are_told_at_once(refused, scenario_file) -> None:
    file = scenario_file(
        """
        extends = "baseline"
        titel = "x"
        [population]
        startups = 10.5
        [market]
        allotment = "proportionl"
        [[rule]]
        id = "us_2023"
        rumoured = 2023-11-30
        severity = 2
        [[cloud]]
        id = "volcano_engin"
        online_cards = -3
        [[cloud]]
        id = "aws_china"
        stock_cards = 1.5
        [[startup]]
        id = "nobody"
        remove = true
        [parameters.orders]
        adjustmnt = 3
        """
    )
    said = refused("run", file, "--set", "orders.gaming=2", "--set", "rule.us_203.severity=1", "--set", "no sign")
    for path in (
        "titel",
        "population.startups",
        "market.allotment",
        "rule.us_2023.announced",
        "rule.us_2023.severity",
        "cloud.volcano_engin",
        "cloud.volcano_engin.online_cards",
        "cloud.aws_china.stock_cards",
        "startup.nobody.remove",
        "parameters.orders.adjustmnt",
        "parameters.orders.gaming",
        "rule.us_203.severity",
        "--set",
    ):
        said.about(path)
    assert said.lines[0] == "market: 13 problems in the scenario:"
    assert len(said.lines) == 14
    assert "an override" in said.about("parameters.orders.gaming")


def test_a_mistake_in_an_extended_file_names_that_file(refused, scenario_file) -> None:
    base = scenario_file('extends = "tiny"\n[population]\nspeculators = -1\n', "base.toml")
    file = scenario_file('extends = "base.toml"\n')
    assert str(base) in refused("validate", file).about("population.speculators")


# ---- files


def test_a_file_that_is_not_toml_is_refused_with_the_line(refused, scenario_file) -> None:
    file = scenario_file("schema = 1\ntitle = \n")
    line = refused("validate", file).about("file")
    assert str(file) in line
    assert "line 2" in line


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title = '\xff\xfe'", "text in UTF-8 (byte 9 is not)"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"population = 1\n[population]\nstartups = 1", "TOML ("),
        (b"x = " + b"9" * 5000, "TOML ("),
    ],
    ids=["not UTF-8", "endless nesting", "the same key twice", "a number of 5000 digits"],
)
def test_a_file_that_cannot_be_understood_is_refused(content: bytes, said: str, refused, scenario_file) -> None:
    file = scenario_file(content)
    line = refused("validate", file).about("file")
    assert said in line
    assert str(file) in line


def test_a_missing_file_is_refused_with_the_nearest_name(refused, scenario_file, tmp_path: Path) -> None:
    scenario_file(TINY, "my_scenario.toml")
    line = refused("run", tmp_path / "my_scenari.toml").about("file")
    assert "a file that exists" in line
    assert "my_scenario.toml" in line.partition("did you mean")[2]


def test_a_directory_for_a_file_is_refused(refused, tmp_path: Path) -> None:
    assert "(a directory)" in refused("validate", tmp_path).about("file")
    assert "(a directory)" in refused("run", f"{tmp_path}{os.sep}").about("file")


@pytest.mark.skipif(sys.platform == "win32", reason="no such files there")
def test_what_is_no_regular_file_is_refused(refused) -> None:
    assert "not a regular file" in refused("validate", "/dev/null").about("file")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may read anything")
def test_a_file_that_may_not_be_read_is_refused(refused, scenario_file) -> None:
    file = scenario_file(TINY)
    file.chmod(0)
    assert "can be read" in refused("validate", file).about("file")


def test_a_name_too_long_for_the_system_is_refused(refused) -> None:
    assert "can be read" in refused("validate", "a" * 5000 + ".toml").about("file")


@pytest.mark.parametrize("name", ["baselin", "Baseline", "no rule", ""])
def test_an_unknown_scenario_is_refused_with_the_names(name: str, refused) -> None:
    line = refused("run", name).about("scenario")
    assert "one of baseline, better_substitute" in line
    assert ("did you mean" in line) == (name != "")


def test_a_chain_that_bites_its_tail_is_refused(refused, scenario_file) -> None:
    scenario_file('extends = "b.toml"\n', "a.toml")
    file = scenario_file('extends = "a.toml"\n', "b.toml")
    assert "extend itself" in refused("validate", file).about("extends")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('extends = "baselin"', "did you mean 'baseline'?"),
        ("extends = 3", "the name of a shipped scenario"),
    ],
)
def test_what_cannot_be_extended_is_refused(text: str, said: str, refused, scenario_file) -> None:
    file = scenario_file(text)
    line = refused("validate", file).about("extends")
    assert said in line
    assert str(file) in line


def test_an_extended_file_that_is_missing_is_refused(refused, scenario_file) -> None:
    file = scenario_file('extends = "nothing.toml"\n')
    assert "a file that exists" in refused("validate", file).about("file")


def test_what_is_neither_name_nor_path_is_refused() -> None:
    with pytest.raises(ScenarioError, match="the name of a shipped scenario or a path"):
        load_scenario(3)  # type: ignore[arg-type]


# ---- the command line


@pytest.mark.parametrize(
    ("setting", "path", "said"),
    [
        ("orders.adjustmnt=0.1", "override", "did you mean 'orders.adjustment'?"),
        ("supply.later_growht=0.1", "override", "did you mean 'supply.later_growth'?"),
        (
            "parameters.orders.adjustmnt=0.1",
            "parameters.orders.adjustmnt",
            "did you mean 'orders.adjustment'?",
        ),
        ("orders.adjustment=much", "parameters.orders.adjustment", "'much'"),
        ("orders.adjustment=", "parameters.orders.adjustment", "a number from 0 to 1"),
        ("population.startup=5", "override", "did you mean 'population.startups'?"),
        ("population.startups=-1", "population.startups", "= -1"),
        ("population.startups=1e3", "population.startups", "a whole number"),
        ("population=5", "override", "population.<key>"),
        ("cloud.volcano.share=0.1", "cloud.volcano.share", "did you mean 'volcano_engine'?"),
        ("cloud.volcano_engine.shares=0.1", "cloud.volcano_engine.shares", "did you mean 'share'?"),
        ("cloud.volcano_engine=0.1", "cloud.volcano_engine", "a key of it"),
        ("cloud.volcano_engine.id=x", "cloud.volcano_engine.id", "remove the entry and add another"),
        ("substitute.h21.launch=2023-10-01", "substitute.h21.launch", "did you mean 'h20'?"),
        ("rule.us_2023.effective=2023-13-01", "rule.us_2023.effective", "'2023-13-01'"),
        ("rule.us_2023.effective=2026-01-01", "rule.us_2023.effective", "from 2022-01-01 to 2024-12-31"),
        ("rule.us_2023.announced=2023-06-01", "rule.us_2023.announced", "not before rumoured"),
        ("market.allotment=lottery", "market.allotment", "proportional"),
        ("nonsense", "--set", "path=value"),
        ("=5", "--set", "path=value"),
    ],
)
def test_a_setting_is_refused(setting: str, path: str, said: str, refused) -> None:
    assert said in refused("run", "tiny", "--set", setting).about(path)


@pytest.mark.parametrize("seed", ["-1", "1.5", "one", "", "1e3", "4611686018427387904", "9" * 5000, "²"])
def test_a_seed_that_is_not_a_natural_number_is_refused(seed: str, refused) -> None:
    assert "a whole number from 0 to 4611686018427387903" in refused("run", "tiny", "--seed", seed).about("--seed")


@pytest.mark.parametrize("days", ["0", "-5", "1097", "all", "1.0"])
def test_days_outside_the_horizon_are_refused(days: str, refused) -> None:
    assert "a whole number from 1 to 1096" in refused("run", "tiny", "--days", days).about("--days")


@pytest.mark.parametrize("option", ["--seeds", "--workers"])
@pytest.mark.parametrize("value", ["0", "-1", "two", "0.5"])
def test_no_seeds_and_no_workers_are_refused(option: str, value: str, refused) -> None:
    assert "a whole number from 1 to" in refused("patterns", "tiny", option, value).about(option)


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["run", "tiny", "extra"], ["run", "--sed", "1"], ["show"], ["validate"]]
)
def test_a_call_that_does_not_exist_is_refused_with_the_usage(arguments: list[str], refused) -> None:
    assert "Usage: market" in refused(*arguments).text


@pytest.mark.parametrize("command", ["run", "patterns"])
def test_an_existing_output_directory_is_refused_before_anything_runs(
    command: str, refused, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "market.simulation", None)  # nothing can run
    said = refused(command, "tiny", "--out", tmp_path)
    assert f"{tmp_path}: exists already" in said.text


@pytest.mark.parametrize("command", ["run", "patterns"])
def test_an_output_directory_that_cannot_be_made_is_refused_before_anything_runs(
    command: str, refused, scenario_file, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "market.simulation", None)
    file = scenario_file("", "file")
    assert f"{file} is not a directory" in refused(command, "tiny", "--out", file / "run").text


@pytest.mark.parametrize(
    "command", [["-m", "market"], ["-c", "import sys; from market.cli import main; sys.exit(main())"]]
)
def test_a_process_leaves_with_exit_code_2_and_no_traceback(command: list[str], scenario_file) -> None:
    file = scenario_file(TINY + "[population]\nspeculators = -1\n")
    done = subprocess.run(
        [sys.executable, *command, "validate", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert "population.speculators = -1" in done.stderr
    assert "Traceback" not in done.stderr
