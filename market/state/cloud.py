"""Columns of clouds."""

from __future__ import annotations

import numpy as np

from market.state.columns import Block

I64 = Block("cloud_i64", np.int64)
STATUS = I64.column("status", "0/1", "1 while in business")
IS_NAMED = I64.column("is_named", "0/1", "0 for the long tail")
BUYER = I64.column("buyer", "row", "row among NVIDIA's direct buyers")
FRAMEWORK = I64.column("framework", "0/1", "whether it orders for the next year in autumn")
ASPIRATION = I64.column("aspiration", "code", "none, defender, gainer or entrant")
CAPACITY = I64.column("capacity_cards", "A-class cards", "cards online, in A-class equivalents")
OWN_SERVED = I64.column("own_served_cards", "cards", "cards used for its own models today")
OTHER_SERVED = I64.column("other_served_cards", "cards", "cards used by other industries today")
CONTRACT_CARDS = I64.column("contract_cards", "cards", "cards promised to startups")
CONTRACT_SERVED = I64.column("contract_served_cards", "cards", "cards served to startups today")
FREE = I64.column("free_cards", "cards", "cards it could give a new customer within days")
MONTH_REVENUE_FEN = I64.column("month_revenue_fen", "fen", "billed this month")
MONTH_OPEX_FEN = I64.column("month_opex_fen", "fen", "operation this month")
MONTH_HISTORIC_FEN = I64.column("month_historic_fen", "fen", "depreciation at historic cost this month")
MONTH_REPLACEMENT_FEN = I64.column("month_replacement_fen", "fen", "depreciation at replacement cost this month")
MONTH_ONLINE_DAYS = I64.column("month_online_days", "card-days", "cards online this month")
MONTH_OWN_DAYS = I64.column("month_own_days", "card-days", "cards set aside for own models this month")
DESIRED_ASSEMBLY = I64.column("desired_assembly_cards", "cards", "A-class cards to send to the line today")
DESIRED_SET_ASIDE = I64.column("desired_set_aside_cards", "cards", "cards to set aside for own models first")

F64 = Block("cloud_f64", np.float64)
SHARE = F64.column("share", "1", "share of the market on the first day, moved by its contracts since")
POSTED_FRACTION = F64.column("posted_fraction", "1", "fraction of list asked of regular customers")
UTILISATION = F64.column("utilisation", "1", "smoothed share of its cards in use")
TIGHTNESS = F64.column("tightness", "1", "smoothed need over cards online")
OWN_BASE = F64.column("own_base_cards", "cards", "own-model need in the climate of 2022")
OWN_BOOM = F64.column("own_boom_cards", "cards", "own-model need that a climate of 4 adds")
OWN_NEED = F64.column("own_need_cards", "cards", "own-model need")
OWN_PRIORITY = F64.column("own_priority", "1", "part of own-model need served before all customers")
OTHER_BASE = F64.column("other_base_cards", "cards", "other industries' need on the first day")
OTHER_NEED = F64.column("other_need_cards", "cards", "other industries' need at today's price")
STRUCK = F64.column("struck_customers", "1", "application customers in the stage of shock: they do not buy yet")
CURIOUS = F64.column("curious_customers", "1", "application customers in the stage of imagination")
SOBER = F64.column("sober_customers", "1", "application customers that have sobered")
NEED = F64.column("need_cards", "cards", "all that it would like to serve, enquiries included")
SMOOTHED_NEED = F64.column("smoothed_need_cards", "cards", "need, smoothed")
GROWTH = F64.column("growth_cards_per_day", "cards/day", "expected growth of its need")
SCRAP_CARRY = F64.column("scrap_carry", "cards", "part of a card not yet scrapped")
RESERVATION_CNY = F64.column("reservation_cny", "CNY/card", "what it would pay for a card, or take for an idle one")
TASTE = F64.column("taste", "1", "worth of a card to it against the average user")
DESIRED_FRACTION = F64.column("desired_fraction", "1", "fraction of list it will post")
DESIRED_OWN_NEED = F64.column("desired_own_need_cards", "cards", "own-model need it plans with")

ASPIRATIONS = ("none", "defender", "gainer", "entrant")
NO_ASPIRATION, DEFENDER, GAINER, ENTRANT = range(len(ASPIRATIONS))
