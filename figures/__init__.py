"""Figures and tables of the paper, one file each; they read results on disk only, never the model.

A figure is a module with ``TITLE`` (one line), ``EXPERIMENTS`` (whose results it reads) and
``draw(results) -> Drawing``; a table has ``tabulate(results) -> Table`` instead. Dropping a file into this package
is all it takes: ``python -m figures --list`` shows it, ``python -m figures NAME`` makes it. A whole figure::

    TITLE = "Shares of the price rise"
    EXPERIMENTS = ("decomposition",)

    def draw(results: Results) -> Drawing:
        shares = results.experiment("decomposition").table("shares")
        figure = new_figure(DOUBLE_COLUMN_MM, 80)
        axes = figure.add_axes((0.1, 0.2, 0.85, 0.75))
        axes.barh(shares["mechanism"], shares["share"], color=BLUE)
        axes.set_xlabel("Share of the price rise")
        return Drawing(figure, f"Shapley shares over {shares['runs'].iloc[0]} seeds; bars: 90% intervals.")

The caption is plain text and comes from the data: number of seeds, what the bands are, what to see. Results are
looked for in ``results/full``, then in ``experiments/summaries``, or in the directories that ``--results`` names.
"""
