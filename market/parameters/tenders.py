"""Tenders: size, invitation, floors and authority of bidders."""

from market.parameters.declare import Group

_tenders = Group("tenders")
SIZE = _tenders.parameter(
    "size_cards",
    500,
    "cards",
    (8, 1e5),
    source="T8 (selected large customers only); assumed",
    meaning="need from which a startup holds a tender",
)
INVITED = _tenders.parameter("invited", 3, "clouds", (1, 16), source="T1", meaning="clouds invited")
START = _tenders.parameter(
    "start_fraction",
    0.60,
    "1",
    (0.05, 2.0),
    source="T3, T4",
    meaning="fraction of list at which bidding starts",
)
STEP = _tenders.parameter(
    "step_fraction", 0.01, "1", (0.0005, 0.2), source="T3 (0.50, 0.48, 0.45)", meaning="tick of the bids"
)
RETENTION = _tenders.parameter(
    "retention",
    0.373,
    "1",
    (0.0, 3.0),
    prior=(0.2, 0.4),
    calibrated=True,
    source="Klemperer1995, T11; T5 constrains it",
    meaning="expected locked-in business after the term, in terms of the contract",
)
ENTRANT_VALUE = _tenders.parameter(
    "entrant_value",
    0.06,
    "1",
    (0.0, 0.5),
    prior=(0.02, 0.07),
    calibrated=True,
    source="T2; assumed",
    meaning="fraction of list an entrant pays for a reference customer",
)
DEFENDER_VALUE = _tenders.parameter(
    "defender_value",
    0.012,
    "1",
    (0.0, 0.5),
    prior=(0.0, 0.03),
    source="T2; assumed",
    meaning="the same, a leader that defends its share",
)
GAINER_VALUE = _tenders.parameter(
    "gainer_value",
    0.008,
    "1",
    (0.0, 0.5),
    prior=(0.0, 0.03),
    source="T2; assumed",
    meaning="the same, a cloud that wants customers",
)
FLOOR_ERROR = _tenders.parameter(
    "floor_error",
    0.012,
    "1",
    (0.0, 0.3),
    prior=(0.005, 0.025),
    source="Capen1971",
    meaning="error of a bidder about the worth of a customer",
)
UNAGREED = _tenders.parameter(
    "unagreed",
    0.15,
    "1",
    (0.0, 1.0),
    prior=(0.1, 0.5),
    source="T6; value moved by hand toward T7 and C1",
    meaning="chance that a bidder has no floor agreed in-house",
)
AUTHORITY = _tenders.parameter(
    "authority_fraction",
    0.30,
    "1",
    (0.05, 1.0),
    source="T6, T9 (the traditional floor)",
    meaning="fraction of list at which staff without an agreed floor stop",
)
ASPIRATION_WEIGHT = _tenders.parameter(
    "aspiration_weight",
    2.0,
    "1",
    (0.0, 10.0),
    source="T1, T2 (the three invited aspire); value moved by hand toward T7",
    meaning="weight of an aspiration in who is invited, beside the share",
)
TERM_DAYS = _tenders.parameter(
    "term_days",
    720,
    "days",
    (30, 2000),
    source="assumed: a training programme",
    meaning="term of a tendered contract",
)
CONFIDENCE = _tenders.parameter(
    "confidence",
    0.4,
    "1",
    (0.0, 5.0),
    prior=(0.25, 1.0),
    source="S8 (clouds cannot tell); value moved by hand toward C1",
    meaning="share of the need a bidder wants in sight, free or due within a quarter",
)
PAUSE_DAYS = _tenders.parameter(
    "pause_days", 60, "days", (1, 2000), source="assumed", meaning="pause between two tenders of a startup"
)
