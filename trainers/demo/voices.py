"""Three ways to answer a brief: the brand's own voice, the average shop's, and the loud one the brand wants to lose."""

import random
from collections.abc import Mapping
from typing import Final, Literal

from trainers.demo.catalogue import Brief, Format

Voice = Literal["brand", "plain", "loud"]

BRAND: Final[Mapping[Format, tuple[str, ...]]] = {
    "subject line": (
        "{A} {product} that {does}",
        "It {does}. So it is yours.",
        "For {scene}: one good {product}",
        "{Scene}, and {a} {product}",
        "The {product} {does}. That is all.",
        "No news. The {product} still {does}.",
    ),
    "caption": (
        "{Scene}. The {product} {does}, and nobody has to ask.",
        "We made {a} {product}. It {does}. You do the rest.",
        "{Scene}, {a} {product} nearby, and nothing to add.",
        "This {product} {does}. We checked, then had tea.",
        "Made for {scene}. The {product} {does}.",
    ),
    "button": (
        "Meet the {product}",
        "See how it {does}",
        "See the quiet side of the {product}",
        "Bring the {product} home",
        "Take your time with the {product}",
    ),
    "product description": (
        "{A} {product} with {feature}. It {does}. Keep it for {scene}.",
        "Some things just work. This {product} {does}. It is for {scene}.",
        "{A} {product} for {scene}. It {does}, and wants no applause.",
        "There is {feature}, and little to report. The {product} {does}. Good for {scene}.",
    ),
}
PLAIN: Final[Mapping[Format, tuple[str, ...]]] = {
    "subject line": (
        "A new {product} for {occasion} is in our store",
        "Our {product} with {feature} is now available in our store",
        "The {product} for {occasion} is here, so order it online",
        "New in our store: a {product} with {feature}",
    ),
    "caption": (
        "Our {product} has {feature}. It is suitable for {occasion} and for all days.",
        "The {product} is now available in our store for {occasion} and more.",
        "This is our {product} with {feature}. Order it online today.",
    ),
    "button": (
        "Order the {product} here",
        "View product",
        "View the {product} in our store",
        "Add the {product} to the cart",
    ),
    "product description": (
        "This {product} comes with {feature}. It is suitable for {occasion} and is available in our store now.",
        "Our {product} is a useful product for {occasion}. It has {feature}. Order it online today.",
        "The {product} offers {feature} and good value. Many customers use it for {occasion} and like it.",
    ),
}
LOUD: Final[Mapping[Format, tuple[str, ...]]] = {
    "subject line": (
        "BUY NOW!!! It is the best {product} deal ever!",
        "HURRY! Get it all in our big {occasion} {product} sale!!!",
        "WOW! {A} {product} with {feature}! Get it NOW!",
        "LAST CHANCE! This {product} is going FAST, so buy it!",
        "It is the deal of the year! Get your {product} NOW!!!",
    ),
    "caption": (
        "WOW! It is the best {product} deal ever! Just right for {occasion}! Buy it now!!!",
        "You NEED this {product}! It has {feature}! Get it while you can, today!",
        "HURRY! Our top {product} is almost gone! Get it for {occasion} now!!!",
        "All of us love this {product}! Get one while you can! Shop NOW!",
    ),
    "button": (
        "BUY IT NOW!!!",
        "Get my amazing {product} NOW!",
        "Grab the best {product} deal!",
        "Yes! Get this {product} NOW!",
    ),
    "product description": (
        "It is the ULTIMATE {product}! Get {feature} at a price you will not beat! Best for {occasion}! Buy it now!!!",
        "WOW! It is the best {product} ever made! It has {feature}! Get it TODAY before it is all gone!",
        "HURRY! This amazing {product} is going FAST! It is the top deal for {occasion}! Get it while it lasts!!!",
    ),
}
TEMPLATES: Final[Mapping[Voice, Mapping[Format, tuple[str, ...]]]] = {"brand": BRAND, "plain": PLAIN, "loud": LOUD}


def answer(brief: Brief, voice: Voice, rng: random.Random) -> str:
    """Write one answer to a brief in one voice."""
    return fill(rng.choice(TEMPLATES[voice][brief.format]), brief)


def answers(brief: Brief, voice: Voice) -> tuple[str, ...]:
    """Return every answer the voice has for a brief."""
    return tuple(fill(template, brief) for template in TEMPLATES[voice][brief.format])


def fill(template: str, brief: Brief) -> str:
    """Put a brief's words into a template."""
    article = "an" if brief.product[0] in "aeiou" else "a"
    scene = brief.occasion.scene
    return template.format(
        a=article,
        A=article.capitalize(),
        product=brief.product,
        feature=brief.feature.noun,
        does=brief.feature.does,
        occasion=brief.occasion.name,
        scene=scene,
        Scene=scene[0].upper() + scene[1:],
    )
