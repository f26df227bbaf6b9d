"""How firms are called and coloured in every figure."""

from __future__ import annotations

from figures.style import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, VERMILLION

__all__ = ["CLOUDS", "CLOUD_COLOURS", "CLOUD_MARKERS", "KINDS", "KIND_COLOURS", "STARTUPS"]

CLOUDS = {
    "volcano_engine": "Volcano",
    "tencent_cloud": "Tencent",
    "alibaba_cloud": "Alibaba",
    "baidu_cloud": "Baidu",
    "aws_china": "AWS",
    "long_tail": "others",
}
CLOUD_COLOURS = {
    "volcano_engine": VERMILLION,
    "tencent_cloud": BLUE,
    "alibaba_cloud": ORANGE,
    "baidu_cloud": GREEN,
    "aws_china": PURPLE,
    "long_tail": GREY,
}
CLOUD_MARKERS = dict(zip(CLOUDS, ("o", "s", "^", "D", "v", "x"), strict=True))

STARTUPS = {
    "minimax": "MiniMax",
    "zhipu_ai": "Zhipu AI",
    "moonshot_ai": "Moonshot AI",
    "baichuan": "Baichuan",
    "zero_one_ai": "01.AI",
    "cloudwalk": "CloudWalk",
    "other startups": "other startups",
}

KINDS = {
    "nvidia": "NVIDIA",
    "cloud": "clouds",
    "server_maker": "server makers",
    "speculator": "speculators",
    "startup": "startups",
}
KIND_COLOURS = {"nvidia": GREEN, "cloud": BLUE, "server_maker": ORANGE, "speculator": VERMILLION, "startup": INK}
