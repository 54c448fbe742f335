"""What the demo's brand sells: a household-goods range, what each piece is good at, and when it is wanted."""

import random
from typing import Final, Literal, NamedTuple

Format = Literal["subject line", "caption", "button", "product description"]
FORMATS: Final[tuple[Format, ...]] = ("subject line", "caption", "button", "product description")


class Feature(NamedTuple):
    """One strength of a product: as a brief names it, and as the brand says it."""

    noun: str
    does: str


class Occasion(NamedTuple):
    """One reason to write: as a brief names it, and the scene the brand sees in it."""

    name: str
    scene: str


class Range(NamedTuple):
    """Products that share their features."""

    products: tuple[str, ...]
    features: tuple[Feature, ...]


class Brief(NamedTuple):
    """What a piece of copy is asked to be about."""

    format: Format
    product: str
    feature: Feature
    occasion: Occasion

    @property
    def family(self) -> str:
        """Briefs on the same strength of the same product are not independent."""
        return f"{self.product} / {self.feature.noun}"


KITCHEN: Final = Range(
    ("kettle", "teapot", "skillet", "casserole", "milk pan", "coffee pot", "stock pot", "bread tin"),
    (
        Feature("a lid that fits", "keeps its lid on"),
        Feature("a beech handle", "stays cool in the hand"),
        Feature("a flat base", "sits down and stays there"),
        Feature("a ten-year promise", "plans to outlast the kitchen"),
        Feature("recycled steel", "has lived once before"),
    ),
)
BEDROOM: Final = Range(
    ("wool blanket", "flannel sheet", "pillow", "quilt", "bath towel", "bathrobe", "linen throw", "cushion"),
    (
        Feature("a soft weave", "is softer than it needs to be"),
        Feature("plain colours", "goes with the room you have"),
        Feature("good warmth", "keeps the cold outside"),
        Feature("double stitching", "holds at the seams"),
        Feature("a fast-drying weave", "dries before you miss it"),
    ),
)
DESK: Final = Range(
    ("desk lamp", "notebook", "fountain pen", "letter tray", "pencil case", "wall calendar", "bookend", "paper knife"),
    (
        Feature("a clean design", "leaves room for thinking"),
        Feature("solid brass", "gets better at being old"),
        Feature("spare parts", "can be mended, so it will be"),
        Feature("a matte surface", "never shows off"),
        Feature("a good weight", "stays where you left it"),
    ),
)
GARDEN: Final = Range(
    ("watering can", "trowel", "garden apron", "seed box", "herb planter", "hand fork", "bird feeder", "potting tray"),
    (
        Feature("zinc trim", "does not mind the rain"),
        Feature("an ash grip", "is kind to cold hands"),
        Feature("a hanging loop", "knows its place on the wall"),
        Feature("local timber", "grew up not far from here"),
        Feature("rust protection", "ages slower than the gate"),
    ),
)
TRAVEL: Final = Range(
    ("rucksack", "holdall", "travel mug", "umbrella", "weekend bag", "rain jacket", "passport wallet", "luggage tag"),
    (
        Feature("waxed cotton", "keeps the weather out of it"),
        Feature("an inside pocket", "remembers where the keys are"),
        Feature("a flat fold", "disappears when not needed"),
        Feature("reflective thread", "can be seen without shouting"),
        Feature("a repair service", "comes home when it is hurt"),
    ),
)
RANGES: Final = (KITCHEN, BEDROOM, DESK, GARDEN, TRAVEL)

OCCASIONS: Final = (
    Occasion("spring", "the first open window"),
    Occasion("summer", "the long light after supper"),
    Occasion("autumn", "evenings that come early"),
    Occasion("winter", "mornings that start dark"),
    Occasion("a wedding", "two people and one shelf"),
    Occasion("a housewarming", "a door that is newly yours"),
    Occasion("moving day", "the first night among boxes"),
    Occasion("the holidays", "a house full of shoes"),
    Occasion("a new job", "a first day and a good coat"),
    Occasion("Sunday mornings", "a Sunday with nothing in it"),
)

ASKS: Final = (
    "Write a {format} for our {product}, {feature}, {occasion}.",
    "We need a {format} for the {product}. It has {feature}. It is for {occasion}.",
    "Draft a {format} about the {product} with {feature} for {occasion}.",
    "Please write a {format}: {product}, {feature}, {occasion}.",
)


def draw_brief(rng: random.Random) -> Brief:
    """Draw one brief; product and feature always suit each other."""
    shelf = rng.choice(RANGES)
    return Brief(rng.choice(FORMATS), rng.choice(shelf.products), rng.choice(shelf.features), rng.choice(OCCASIONS))


def ask(brief: Brief, rng: random.Random) -> str:
    """Word a brief as a request."""
    return rng.choice(ASKS).format(
        format=brief.format, product=brief.product, feature=brief.feature.noun, occasion=brief.occasion.name
    )
