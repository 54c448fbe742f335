"""All weighted rules, in the order in which they are added up."""

from typing import Final

from selector.rules.care import CARE_RULES
from selector.rules.cost import COST_RULES
from selector.rules.data import DATA_RULES
from selector.rules.need import NEED_RULES
from selector.rules.reward import REWARD_RULES
from selector.rules.rule import Rule

RULES: Final[tuple[Rule, ...]] = (*NEED_RULES, *DATA_RULES, *REWARD_RULES, *COST_RULES, *CARE_RULES)
