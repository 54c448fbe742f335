"""Everyday questions and answers: what the base model knows besides selling, and what tuning must not disturb."""

import random
from collections.abc import Callable
from typing import Final, NamedTuple

PEOPLE: Final = ("Anna", "Omar", "Nora", "Luis", "Mei", "Jonas", "Priya", "Tom", "Sara", "Ivan", "Lena", "Kofi", "Ruth", "Hugo")
PLACES: Final = ("the market", "the library", "the station", "the harbour", "the park", "the bakery", "the museum", "the lake")
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
VEHICLES: Final = ("by bus", "by train", "on foot", "by bicycle", "by boat")
FOODS: Final = ("bread", "soup", "apples", "rice", "cheese", "noodles", "plums", "fish")
ANIMALS: Final = {"dog": "barks", "cat": "purrs", "cow": "moos", "duck": "quacks", "horse": "neighs", "sheep": "bleats"}
OPPOSITES: Final = {
    "hot": "cold",
    "early": "late",
    "tall": "short",
    "full": "empty",
    "old": "new",
    "wet": "dry",
    "loud": "silent",
}
WEATHER: Final = ("rain", "snow", "wind", "fog", "sunshine", "frost")
ADVICE: Final = {
    "rain": "an umbrella",
    "snow": "thick boots",
    "wind": "a warm hat",
    "fog": "a lamp",
    "sunshine": "some water",
    "frost": "two gloves",
}
NUMBERS: Final = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class Exchange(NamedTuple):
    """One question of everyday life with its answer."""

    family: str
    question: str
    answer: str


def draw_exchange(rng: random.Random) -> Exchange:
    """Draw one exchange; the families are equally likely."""
    return rng.choice(FAMILIES)(rng)


def _errand(rng: random.Random) -> Exchange:
    who, place, day, how = rng.choice(PEOPLE), rng.choice(PLACES), rng.choice(DAYS), rng.choice(VEHICLES)
    return Exchange("errand", f"How does {who} get to {place} on {day}?", f"On {day} {who} goes to {place} {how}.")


def _meal(rng: random.Random) -> Exchange:
    who, food, other, day = rng.choice(PEOPLE), *rng.sample(FOODS, 2), rng.choice(DAYS)
    return Exchange("meal", f"{who} has {food} and {other} on {day}. What is for supper?", f"{who} eats {food} with {other}.")


def _weather(rng: random.Random) -> Exchange:
    weather, place, who = rng.choice(WEATHER), rng.choice(PLACES), rng.choice(PEOPLE)
    return Exchange(
        "weather",
        f"There will be {weather} at {place}. What should {who} take?",
        f"{who} should take {ADVICE[weather]} to {place}, because of the {weather}.",
    )


def _next_day(rng: random.Random) -> Exchange:
    who, place, today = rng.choice(PEOPLE), rng.choice(PLACES), rng.randrange(7)
    return Exchange(
        "next day",
        f"Today is {DAYS[today]}. {who} visits {place} tomorrow. Which day is that?",
        f"It is {DAYS[(today + 1) % 7]}, the day after {DAYS[today]}.",
    )


def _opposite(rng: random.Random) -> Exchange:
    word, who, place = rng.choice(tuple(OPPOSITES)), rng.choice(PEOPLE), rng.choice(PLACES)
    return Exchange(
        "opposite",
        f"{who} says {place} is {word}. What is the opposite?",
        f"The opposite of {word} is {OPPOSITES[word]}.",
    )


def _animal(rng: random.Random) -> Exchange:
    animal, place, day = rng.choice(tuple(ANIMALS)), rng.choice(PLACES), rng.choice(DAYS)
    return Exchange("animal", f"What does the {animal} at {place} do on {day}?", f"The {animal} {ANIMALS[animal]} at {place}.")


def _count(rng: random.Random) -> Exchange:
    who, number, food = rng.choice(PEOPLE), rng.randrange(len(NUMBERS) - 1), rng.choice(FOODS)
    place = rng.choice(PLACES)
    return Exchange(
        "count",
        f"{who} has {NUMBERS[number]} bags of {food} and gets one more at {place}. How many now?",
        f"{who} now has {NUMBERS[number + 1]} bags of {food}.",
    )


def _meeting(rng: random.Random) -> Exchange:
    first, second = rng.sample(PEOPLE, 2)
    place, day = rng.choice(PLACES), rng.choice(DAYS)
    return Exchange(
        "meeting",
        f"When do {first} and {second} meet at {place}? They said {day}.",
        f"{first} meets {second} on {day} at {place}.",
    )


FAMILIES: Final[tuple[Callable[[random.Random], Exchange], ...]] = (
    _errand,
    _meal,
    _weather,
    _next_day,
    _opposite,
    _animal,
    _count,
    _meeting,
)
