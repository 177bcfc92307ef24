"""A small menu to begin with. Figures are for one portion, as a kitchen would estimate them."""

from collections.abc import Iterator
from typing import Any

FIELDS = (
    "name", "name_en", "category", "price_fen", "kcal", "protein_g", "fat_g", "carbs_g",
    "sodium_mg", "allergens", "description",
)  # fmt: skip
MENU: tuple[tuple[object, ...], ...] = (
    ("番茄炒蛋", "Tomato and egg stir-fry", "家常菜", 2200, 260, 14, 18, 10, 620, ["鸡蛋"],
     "鸡蛋炒得松软，番茄酸甜多汁，下饭的家常味道。"),
    ("青椒炒蛋", "Green pepper and egg stir-fry", "家常菜", 2000, 240, 13, 18, 6, 590, ["鸡蛋"],
     "青椒清香脆嫩，鸡蛋炒得松软，简单的家常小炒。"),
    ("麻婆豆腐", "Mapo tofu", "川菜", 2600, 340, 19, 25, 10, 980, ["大豆"],
     "嫩豆腐配牛肉末，花椒和豆瓣酱烧制，麻辣鲜香。"),
    ("家常豆腐", "Home-style tofu", "川菜", 2600, 320, 18, 22, 12, 860, ["大豆"],
     "豆腐煎到金黄，配木耳和青椒，豆瓣酱烧制，微辣。"),
    ("宫保鸡丁", "Kung pao chicken", "川菜", 3600, 420, 32, 25, 16, 920, ["花生", "大豆"],
     "鸡腿肉丁配花生和干辣椒，酸甜微辣。"),
    ("清蒸鲈鱼", "Steamed sea bass", "粤菜", 5800, 230, 38, 8, 2, 540, ["鱼"],
     "整条鲈鱼清蒸，只加姜葱和蒸鱼豉油，肉质细嫩，低脂高蛋白。"),
    ("白灼虾", "Poached prawns", "粤菜", 5200, 180, 36, 3, 2, 460, ["甲壳类"],
     "鲜虾白灼，蘸姜醋汁，低脂高蛋白。"),
    ("红烧牛肉面", "Braised beef noodles", "面食", 3200, 680, 34, 22, 84, 1650, ["小麦", "大豆"],
     "慢炖牛腱子，汤浓面筋道，配小青菜。"),
    ("素三鲜水饺", "Vegetable dumplings", "面食", 2400, 410, 14, 12, 60, 760, ["小麦", "鸡蛋"],
     "韭菜、鸡蛋和香菇做馅的水饺，十二个一份。"),
    ("扬州炒饭", "Yangzhou fried rice", "主食", 2600, 620, 20, 22, 84, 1080, ["鸡蛋", "甲壳类"],
     "虾仁、火腿和鸡蛋炒隔夜米饭，粒粒分明。"),
    ("杂粮饭", "Mixed grain rice", "主食", 600, 220, 6, 2, 46, 5, [],
     "糙米、小米和燕麦同煮，饱腹，升糖慢。"),
    ("蒜蓉西兰花", "Broccoli with garlic", "蔬菜", 2000, 130, 7, 8, 10, 380, [],
     "西兰花焯水后用蒜蓉快炒，清爽，富含膳食纤维。"),
    ("凉拌黄瓜", "Cucumber salad", "凉菜", 1400, 80, 2, 5, 7, 420, ["芝麻"],
     "拍黄瓜加蒜、醋和香油，清凉开胃。"),
    ("冬瓜排骨汤", "Winter melon and rib soup", "汤", 3400, 310, 22, 21, 8, 640, [],
     "猪肋排与冬瓜慢炖，汤清味鲜。"),
    ("银耳莲子羹", "White fungus and lotus seed soup", "甜品", 1600, 160, 3, 1, 36, 20, [],
     "银耳和莲子炖到软糯，少糖，温热的甜汤。"),
)  # fmt: skip


def dishes() -> Iterator[dict[str, Any]]:
    """Yield the dishes, each with all its facts."""
    for row in MENU:
        yield dict(zip(FIELDS, row, strict=True))
