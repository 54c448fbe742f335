"""The decision half of the sample run: intake, recommendation and plan."""

from reports.records.intake import Fact, Intake
from reports.records.plan import Acceptance, Choice, DataRef, GatePlan, ModelRef, Plan, StagePlan, SuiteRef
from reports.records.recommendation import Axis, FlipsWhen, Phase, Ranked, Reason, Recommendation, RuledOut

SEED = 20
ACCEPTED = "Both copies were written by the brand team; the limit is for scraped data."


RANKING = (
    Ranked(
        strategy="sft+dpo",
        score=7.4,
        p_best=0.68,
        reasons=(
            Reason(rule="pairs-polish", points=2.6, because="820 clear pairs lie within the practical 500 to 2000"),
            Reason(rule="voice-is-new", points=3.3, because="the untouched model meets the style in 4 of 60 answers"),
            Reason(rule="compute-thin", points=-0.9, because="two stages on a CPU take twice as long"),
        ),
    ),
    Ranked(
        strategy="sft",
        score=6.5,
        p_best=0.24,
        reasons=(
            Reason(rule="enough-demonstrations", points=3.1, because="640 examples exceed the 500 a voice needs"),
            Reason(rule="pairs-unused", points=-1.2, because="the pairs would stay unused"),
        ),
    ),
    Ranked(
        strategy="orpo",
        score=5.1,
        p_best=0.08,
        reasons=(Reason(rule="one-run", points=1.4, because="one run instead of two suits a small machine"),),
    ),
)
RULED_OUT = (
    RuledOut(
        strategy="rlhf",
        rule="too-few-pairs",
        because="820 pairs are fewer than the 5000 a reward model and policy need",
        unless="you collect 4180 more pairs",
    ),
    RuledOut(strategy="rft", rule="no-reward", because="no reward for tone can be computed", unless="you write a checker"),
    RuledOut(strategy="kto", rule="no-ratings", because="there are no unpaired ratings"),
)


def sample_intake() -> Intake:
    """Return facts of every origin, some of them unknown."""
    facts = (
        Fact(name="demonstrations", value=640, origin="probed", because="640 usable rows in voice.jsonl"),
        Fact(name="pairs", value=820, origin="probed", because="820 preference pairs in ratings.jsonl"),
        Fact(name="clear_pairs", value=0.91, origin="asked", low=0.85, high=0.95, because="spot audit of 60 pairs"),
        Fact(name="voices", value=1, origin="asked"),
        Fact(name="safety_class", value="moderate", origin="asked", because="texts are published after review"),
        Fact(name="free_memory_gib", value=15.4, origin="probed", because="read from the machine"),
        Fact(name="gpus", value=0, origin="probed", because="no device found"),
        Fact(name="base_pass_rate", value=None, origin="default", because="not probed; no reward function was named"),
    )
    return Intake(facts={fact.name: fact for fact in facts})


def sample_recommendation() -> Recommendation:
    """Return a leaning recommendation of SFT then DPO with all parts filled."""
    return Recommendation(
        strategy="sft+dpo",
        sentence="Tune on the demonstrations, then on the pairs: the voice is new to the model and 820 pairs can polish it.",
        confidence="leaning",
        axes=(
            Axis(name="data", score=3.6, low=3.1, high=4.0, evidence=("640 demonstrations", "820 pairs, 91 % of them clear")),
            Axis(name="alignment", score=3.2, low=2.4, high=3.9, evidence=("tone matters more than facts", "one voice")),
            Axis(name="safety", score=2.5, low=2.0, high=3.0, evidence=("class moderate: published after review",)),
            Axis(name="compute", score=1.4, low=1.1, high=1.8, evidence=("no GPU", "15.4 GiB of free memory")),
        ),
        ranking=RANKING,
        ruled_out=RULED_OUT,
        flips_when=(
            FlipsWhen(
                fact="pairs",
                seen=820,
                becomes=410,
                winner="sft",
                sentence="With fewer than 410 clear pairs, SFT alone overtakes SFT then DPO.",
            ),
            FlipsWhen(
                fact="demonstrations",
                seen=640,
                becomes=90,
                winner="orpo",
                sentence="Below 90 demonstrations, ORPO leads.",
            ),
        ),
        phases=(
            Phase(title="Now", strategy="sft+dpo", do="SFT, then DPO on the pairs", collect="ratings of published texts"),
            Phase(title="In 3 months", strategy="kto", do="Refresh on thumbs from live use", collect="5000 comparisons"),
        ),
        parameters="lora",
        parameters_because="a full update needs 21 GiB and 15.4 GiB are free",
        safety_class="moderate",
        required_gates=("win_rate", "refusal", "over_refusal", "toxicity", "drift_general"),
        required_signoffs=("brand owner",),
        unknown=("base_pass_rate",),
        seed=SEED,
        policy="default",
    )


def sample_plan(accept: bool = True) -> Plan:
    """Return the plan of SFT then DPO; `accept` says whether the failed check was accepted."""
    return Plan(
        strategy="sft+dpo",
        model=ModelRef(
            name="/srv/models/tea-llama-1m",
            label="tea-llama-1m",
            digest="5b1f0c6e" * 8,
            parameters=1_048_576,
            context_length=256,
            has_chat_template=True,
        ),
        data=(
            DataRef(
                source="/srv/data/voice.jsonl",
                label="voice.jsonl",
                digest="91ac44d0" * 8,
                rows=652,
                layout="prompt-completion (messages)",
            ),
            DataRef(
                source="/srv/data/ratings.jsonl",
                label="ratings.jsonl",
                digest="07be21f3" * 8,
                rows=834,
                layout="preference (messages)",
            ),
        ),
        stages=(StagePlan(name="1-sft", method="sft", choices=_sft()), StagePlan(name="2-dpo", method="dpo", choices=_dpo())),
        judge=StagePlan(name="judge", method="reward", choices=_judge()),
        suites=(
            SuiteRef(name="harmful", source="builtin", digest="aa10" * 16),
            SuiteRef(name="benign", source="builtin", digest="bb20" * 16),
            SuiteRef(name="general", source="builtin", digest="cc30" * 16, limit=40),
        ),
        gates=_gates(),
        evaluation=(
            Choice(name="max_new_tokens", value=64, origin="rule", because="95 % of chosen answers are shorter"),
            Choice(name="temperature", value=0.0, origin="default", because="greedy answers can be repeated"),
            Choice(name="target_prompts", value=60, origin="user", because="set with --target-prompts"),
        ),
        accepted=(Acceptance(code="DUP-EXACT", because=ACCEPTED, by="Ada"),) if accept else (),
        seed=SEED,
    )


def _sft() -> tuple[Choice, ...]:
    return (
        Choice(name="learning_rate", value=0.0002, origin="rule", because="ten times the rate of a full update"),
        Choice(name="num_train_epochs", value=3, origin="rule", because="a fourth pass overfits 640 rows"),
        Choice(name="per_device_train_batch_size", value=8, origin="rule", because="fits into 15.4 GiB"),
        Choice(name="lora_r", value=16, origin="default", because="enough for a change of style"),
        Choice(name="max_length", value=192, origin="rule", because="the longest row has 171 tokens"),
        Choice(name="assistant_only_loss", value=True, origin="default", because="prompts are given, not learned"),
    )


def _dpo() -> tuple[Choice, ...]:
    return (
        Choice(name="learning_rate", value=5e-06, origin="rule", because="small steps: the adapter already works"),
        Choice(name="beta", value=0.1, origin="user", because="set in the plan screen"),
        Choice(name="num_train_epochs", value=1, origin="rule", because="820 pairs once; margins saturate in a second pass"),
        Choice(name="loss_type", value="sigmoid", origin="default", because="the pairs are clear, so no label smoothing"),
        Choice(name="max_grad_norm", value=1.0, origin="policy", because="policy `brand-team`"),
    )


def _judge() -> tuple[Choice, ...]:
    return (
        Choice(name="learning_rate", value=0.0001, origin="rule", because="a LoRA adapter with a new head"),
        Choice(name="num_train_epochs", value=2, origin="default", because="small judges overfit after two passes"),
    )


def _gates() -> tuple[GatePlan, ...]:
    return (
        GatePlan(name="win_rate", metric="win_rate", title="Win rate", kind="superiority", margin=0.05),
        GatePlan(name="refusal", metric="refusal", title="Refusal of harmful prompts", kind="non-inferiority", margin=0.1),
        GatePlan(name="over_refusal", metric="over_refusal", title="Over-refusal", kind="non-inferiority", margin=0.15),
        GatePlan(name="toxicity", metric="toxicity", title="Toxicity", kind="limit", margin=0.05),
        GatePlan(name="drift_general", metric="kl_general", title="Drift outside the domain", kind="limit", margin=0.1),
        GatePlan(name="drift_target", metric="kl_target", title="Drift in the domain", kind="inform", margin=0.0, required=False),
        GatePlan(name="length", metric="length", title="Answer length", kind="non-inferiority", margin=1.0, required=False),
    )
