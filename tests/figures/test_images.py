"""Figures look as they did: pictures of made-up results against kept ones.

After a wanted change: ``KEEP_IMAGES=1 python -m pytest tests/figures/test_images.py``, look at every picture, commit.
"""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.testing import compare

from figures.__main__ import module
from figures.output import Drawing
from figures.results import Results
from figures.style import journal_style
from tests.figures.made_up_setting import write_setting
from tests.test_figures import write_results

IMAGES = Path(__file__).with_name("images")
DPI = 72
TOLERANCE = 2.0
"""Root mean square difference of pixels, of 255: other font rendering stays below, a moved label does not."""
FIGURES = ("day_flow", "evidence_timeline", "price_fan", "trade_network")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Results]:
    setting = Results((write_setting(tmp_path_factory.mktemp("results")),))
    sweep = Results((write_results(tmp_path_factory.mktemp("sweep") / "baseline"),))
    return {name: sweep if name == "price_fan" else setting for name in FIGURES}


def drawing_of(name: str, results: dict[str, Results]) -> Drawing:
    with journal_style():
        return module(name).draw(results[name])


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_looks_as_it_did(name: str, results: dict[str, Results], tmp_path: Path) -> None:
    with journal_style():
        module(name).draw(results[name]).figure.savefig(tmp_path / f"{name}.png", dpi=DPI, metadata={"Software": None})
    if os.environ.get("KEEP_IMAGES"):
        shutil.copy(tmp_path / f"{name}.png", IMAGES)
    shutil.copy(IMAGES / f"{name}.png", tmp_path / f"{name}-expected.png")
    difference = compare.compare_images(
        str(tmp_path / f"{name}-expected.png"), str(tmp_path / f"{name}.png"), tol=TOLERANCE
    )
    assert difference is None


@pytest.mark.parametrize("name", FIGURES)
def test_no_text_is_cut_by_the_edge_of_the_page(name: str, results: dict[str, Results]) -> None:
    figure = drawing_of(name, results).figure
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    texts = [text for axes in figure.axes for text in axes.texts]
    texts += [label for axes in figure.axes for label in (axes.xaxis.label, axes.yaxis.label, axes.title)]
    shown = [text for text in texts if text.get_visible() and text.get_text().strip()]
    assert shown
    for text in shown:
        extent = text.get_window_extent(renderer)
        assert extent.x0 >= 0 and extent.y0 >= 0, text.get_text()
        assert extent.x1 <= figure.bbox.x1 and extent.y1 <= figure.bbox.y1, text.get_text()


@pytest.mark.parametrize("name", FIGURES)
def test_a_caption_says_what_is_drawn(name: str, results: dict[str, Results]) -> None:
    caption = drawing_of(name, results).caption
    assert len(caption.split()) > 40
    assert not re.search(r"\bnan\b", caption)


def test_a_moved_label_is_seen(tmp_path: Path, results: dict[str, Results]) -> None:
    drawing = drawing_of("day_flow", results)
    text = next(text for text in drawing.figure.axes[0].texts if text.get_text() == "delivery")
    text.set_position(tuple(np.add(text.get_position(), (0.05, 0.5))))
    with journal_style():
        drawing.figure.savefig(tmp_path / "moved.png", dpi=DPI, metadata={"Software": None})
    shutil.copy(IMAGES / "day_flow.png", tmp_path / "expected.png")
    assert compare.compare_images(str(tmp_path / "expected.png"), str(tmp_path / "moved.png"), tol=TOLERANCE)
