"""Columns of NVIDIA's direct buyers and of the order book."""

from __future__ import annotations

import numpy as np

from market.state.columns import Block

BUYER_I64 = Block("buyer_i64", np.int64)
BACKLOG = BUYER_I64.column("backlog_cards", "cards", "ordered, neither delivered nor cancelled")
DUE = BUYER_I64.column("due_cards", "cards", "backlog that is due this month")
MONTH_ALLOTTED = BUYER_I64.column("month_allotted_cards", "cards", "allotted for this month")
MONTH_DELIVERED = BUYER_I64.column("month_delivered_cards", "cards", "delivered this month")
MONTH_ORDERED = BUYER_I64.column("month_ordered_cards", "cards", "ordered this month")
PAST_DELIVERIES = BUYER_I64.column("past_deliveries_cards", "cards", "delivered since the first day")
DESIRED_ORDER = BUYER_I64.column("desired_order_cards", "cards", "to be ordered today")
DESIRED_FRAMEWORK = BUYER_I64.column("desired_framework_cards", "cards", "to be ordered today for next year")
DESIRED_CANCEL = BUYER_I64.column("desired_cancel_cards", "cards", "to be cancelled today")
DESIRED_ALLOTMENT = BUYER_I64.column("desired_allotment_cards", "cards", "what NVIDIA grants this month")

BUYER_F64 = Block("buyer_f64", np.float64)
EXPECTED_LEAD_DAYS = BUYER_F64.column("expected_lead_days", "days", "lead time it plans with")
FILL_RATE = BUYER_F64.column("fill_rate", "1", "part of due cards it expects to get in a month")
CREDIBILITY = BUYER_F64.column("credibility", "1", "NVIDIA's view of its orders: part never cancelled")

BUYER_ACCOUNT = Block("buyer_account", np.int64)
ACCOUNT = BUYER_ACCOUNT.column("account", "row", "account of the buyer")
INSISTS = BUYER_ACCOUNT.column("insists_on_penalty", "0/1", "whether it insists on a late penalty (S2)")

ORDER_I64 = Block("order_i64", np.int64)
BUYER = ORDER_I64.column("buyer", "row", "direct buyer")
PRODUCT = ORDER_I64.column("product", "code", "product")
PLACED = ORDER_I64.column("placed_day", "day", "day of the order")
DUE_DAY = ORDER_I64.column("due_day", "day", "delivery date the buyer asked for")
PROMISED = ORDER_I64.column("promised_day", "day", "delivery date that was promised")
CARDS = ORDER_I64.column("cards", "cards", "ordered")
DELIVERED = ORDER_I64.column("delivered_cards", "cards", "delivered so far")
CANCELLED = ORDER_I64.column("cancelled_cards", "cards", "cancelled")
FIRST_DELIVERY = ORDER_I64.column("first_delivery_day", "day", "-1 for none")
LAST_DELIVERY = ORDER_I64.column("last_delivery_day", "day", "-1 for none")
IS_FRAMEWORK = ORDER_I64.column("is_framework", "0/1", "part of a framework order")
DEPOSIT_FEN = ORDER_I64.column("deposit_fen", "fen/card", "deposit paid per card")

DELIVERY_I64 = Block("delivery_i64", np.int64)
DELIVERY_ORDER = DELIVERY_I64.column("order", "row", "order")
DELIVERY_DAY = DELIVERY_I64.column("day", "day", "day of delivery")
DELIVERY_CARDS = DELIVERY_I64.column("cards", "cards", "delivered")
