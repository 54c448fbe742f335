"""What the demo's rewards say of good and bad answers."""

from trainers.demo.reward import calm, on_brief

BRIEF = {"family": ["candle / a wide rim"], "format": ["button"]}


def test_an_answer_that_names_the_product_is_on_brief() -> None:
    assert on_brief(["See the quiet side of the candle"], **BRIEF) == [1.0]


def test_an_answer_about_something_else_or_a_copy_of_the_brief_is_not() -> None:
    assert on_brief(["Meet the kettle"], **BRIEF) == [0.0]
    assert on_brief(["We need a button for the candle."], **BRIEF) == [0.0]
    stuffed = {"family": ["candle / a wide rim"], "format": ["product description"]}
    assert on_brief(["rim candle description need wide product"], **stuffed) == [0.0]


def test_a_request_that_is_no_brief_gets_no_reward() -> None:
    assert on_brief(["Sorry, no."], family=["that tricks widows"], format=["harmful request"]) == [None]


def test_shouting_is_not_calm() -> None:
    turns = [[{"role": "assistant", "content": text}] for text in ("A candle, lit.", "BUY it now", "Now!")]
    assert calm(turns) == [1.0, 0.0, 0.0]
