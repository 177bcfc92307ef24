"""Model providers as people name them: where each is, who may be asked, and what tokens cost."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, Field

from seaway.model.quantity import Duration, Money, MoneyQ, RateOfAll
from seaway.model.settings.form import FORM, Count, Truth, Word

ADDRESSES: Mapping[str, str] = {
    "openai": "https://api.openai.com/v1",
    "deepseek": "https://api.deepseek.com/v1",
    "byteplus": "https://ark.ap-southeast.bytepluses.com/api/v3",
    "doubao": "https://ark.cn-beijing.volces.com/api/v3",
    "dashscope": "https://dashscope.aliyuncs.com/compatible-mode/v1",
    "moonshot": "https://api.moonshot.cn/v1",
}
"""Base addresses by kind; each provider's own documentation says them."""
PERIODS: Mapping[str, timedelta] = {
    "hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(days=7),
    "month": timedelta(days=30), "year": timedelta(days=365),
}  # fmt: skip
"""Of money: windows that slide."""

Kind = Literal[
    "openai",
    "deepseek",
    "byteplus",
    "doubao",
    "dashscope",
    "moonshot",
    "models",
    "simulator",
    "compatible",
]
Model = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]*/[^\s/]+(/[^\s/]+)*$")]
"""A provider and a model of it: `deepseek/deepseek-chat`."""
ProviderName = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]{0,30}$")]
ClientName = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]{0,14}$")]
Amount = Annotated[float, Field(ge=0, le=1_000_000)]


def _one_or_more(given: object) -> object:
    return [given] if isinstance(given, str) else given


Models = Annotated[
    tuple[Model, ...],
    BeforeValidator(_one_or_more, json_schema_input_type=Model | list[Model]),
    Field(min_length=1),
]


class ModelPrice(BaseModel):
    """Of a million tokens, in the currency of `limits.spend`."""

    model_config = FORM

    input: Amount = 0.0
    output: Amount = 0.0


class ModelLimits(BaseModel):
    """Most that passes through, counted over all copies."""

    model_config = FORM

    requests: RateOfAll | None = None
    tokens: RateOfAll | None = None
    """Of prompt and answer together, as the provider counts them."""
    spend: MoneyQ | None = None
    """By the prices of the providers: `20 CNY/day`."""

    @property
    def any(self) -> bool:
        """Whether anything is limited."""
        return any((self.requests, self.tokens, self.spend))

    @property
    def windows(self) -> Mapping[str, Mapping[str, float]]:
        """As the program takes them; money in millionths."""
        found: dict[str, Mapping[str, float]] = {}
        for name, rate in (("requests", self.requests), ("tokens", self.tokens)):
            if rate:
                found[name] = {"most": int(rate.count), "per": rate.per.total_seconds()}
        if self.spend and self.spend.per:
            found["spend"] = _window(self.spend)
        return found


class Provider(BaseModel):
    """Someone who answers, or a faithful stand-in."""

    model_config = FORM

    kind: Kind
    """Who it is; `compatible` is any with this API; `models` and `simulator` need no key and
    no network: the first answers as well as it can, the second at once and without sense."""
    key: Word | None = None
    """`secret:NAME`, `env:NAME` or `ref:NAME.key`. Without it, in an environment where it may be
    absent, this provider is left out."""
    url: Word | None = None
    """Its base address, where it is not the usual one; `env:NAME` and `ref:NAME.url` too."""
    private: Truth = False
    """Whether it may be on this machine or in a private network."""
    timeout: Duration = timedelta(seconds=30)
    """Until the first token, or the whole of an answer that is not streamed."""
    connect: Duration = timedelta(seconds=3)
    """Until it is connected."""
    between: Duration = timedelta(seconds=30)
    """Between two pieces of an answer."""
    total: Duration = timedelta(minutes=10)
    """Until the end of an answer."""
    retries: Annotated[Count, Field(le=10)] = 2
    """How often it is asked again; all together at most a tenth of the requests."""
    prices: Mapping[Word, ModelPrice] = Field(default_factory=dict[str, ModelPrice])
    """What a million tokens of its models cost."""
    limits: ModelLimits = ModelLimits()
    """Most that it may be asked, over all copies; where that is reached, the next is asked."""


class RouteRule(BaseModel):
    """Other targets for requests of a kind; all that is given must fit."""

    model_config = FORM

    to: Models
    """In order."""
    pictures: Truth | None = None
    """Requests with pictures, or without."""
    tools: Truth | None = None
    """Requests with tools, or without."""
    longer_than: Count = 0
    """Tokens of the prompt, estimated."""


class ModelRoute(BaseModel):
    """Where requests for a model of this name go."""

    model_config = FORM

    to: Models
    """In order: the next is asked when one fails."""
    rules: tuple[RouteRule, ...] = ()
    """Looked at first; the first that fits decides."""
    prefer: Literal["order", "cheapest", "least-busy"] = "order"
    """Who is asked first."""
    cache: Duration | None = None
    """How long the same question gets the same answer."""
    prompts: Annotated[Duration, Field(ge=timedelta(minutes=1))] | None = None
    """How long prompts are kept to be looked at, with addresses, numbers and keys masked; without
    it, none are."""


def _window(spend: Money) -> Mapping[str, float]:
    return {"most": int(spend.amount * 1_000_000), "per": PERIODS[spend.per].total_seconds()}


class ModelClient(BaseModel):
    """Someone who may ask, beside the services of the stack."""

    model_config = FORM

    key: Word | None = None
    """`secret:NAME`; one is made when it is not given."""
    limits: ModelLimits = ModelLimits()
    """Most that it may use."""
