"""Enumerations: how bad an anomaly is, what it is, and how it was found."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final, Self

__all__ = ["AnomalyType", "DetectionMethod", "Severity"]


class Severity(StrEnum):
    """
    How bad an anomaly is; ordered, from low to critical, and against its names too.

    ::

        alert.severity >= Severity.HIGH
    """

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    # All four: those of `str`, which orders by letters, would do for what is left out.
    def __lt__(self, other: object) -> bool:
        return _rank(self) < _rank(other)

    def __le__(self, other: object) -> bool:
        return _rank(self) <= _rank(other)

    def __gt__(self, other: object) -> bool:
        return _rank(self) > _rank(other)

    def __ge__(self, other: object) -> bool:
        return _rank(self) >= _rank(other)


_RANKS: Final = {each.value: rank for rank, each in enumerate(Severity)}


def _rank(severity: object) -> int:
    rank = _RANKS.get(severity) if isinstance(severity, str) else None
    if rank is None:
        # Not `NotImplemented`: a plain string would then be asked, and compare letters.
        msg = f"a severity has its place among {', '.join(_RANKS)}, and nothing else"
        raise TypeError(msg)
    return rank


class _Open(StrEnum):
    """
    Known values, and custom ones beside them, as serde writes an enumeration with one of each.

    A known value is its name; a custom one is ``{"custom": "x"}``. Each is a `str`, and equal to the
    plain string of its name; a custom value is never equal to a known one.
    """

    @classmethod
    def custom(cls, name: str) -> Self:
        """Return a value that is none of the known."""
        name = str.__str__(name)  # raises `TypeError` for what is no string
        made = str.__new__(cls, name)
        made._name_ = "CUSTOM"
        made._value_ = name
        return made

    @classmethod
    def from_wire(cls, value: object) -> Self:
        """
        Return what `wire` gave; a plain string that is not known is a custom value.

        Raises:
            ValueError: It is neither a string nor ``{"custom": "x"}``.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls(value) if value in cls._value2member_map_ else cls.custom(value)
        if isinstance(value, dict) and value.keys() == {"custom"}:
            name = value["custom"]
            if isinstance(name, str):
                return cls.custom(name)
        msg = f'must be a string or {{"custom": "..."}}, not {type(value).__name__}'
        raise ValueError(msg)

    @property
    def is_custom(self) -> bool:
        """Whether it is none of the known values."""
        return self._name_ == "CUSTOM"

    @property
    def wire(self) -> str | dict[str, str]:
        """The value as JSON holds it."""
        return {"custom": str(self)} if self.is_custom else str(self)

    def __repr__(self) -> str:
        made = f".custom({self.value!r})" if self.is_custom else f".{self.name}"
        return f"{type(self).__name__}{made}"

    def __eq__(self, other: object) -> bool:
        if isinstance(other, type(self)):
            return self.is_custom == other.is_custom and str.__eq__(self, other)
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return str.__hash__(self)

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        return type(self).from_wire, (self.wire,)


class AnomalyType(_Open):
    """What an anomaly is: a known kind, or `AnomalyType.custom("...")`."""

    LATENCY_SPIKE = "latency_spike"
    THROUGHPUT_DEGRADATION = "throughput_degradation"
    ERROR_RATE_INCREASE = "error_rate_increase"
    TOKEN_USAGE_SPIKE = "token_usage_spike"  # noqa: S105  # tokens of text
    COST_ANOMALY = "cost_anomaly"
    INPUT_DRIFT = "input_drift"
    OUTPUT_DRIFT = "output_drift"
    CONCEPT_DRIFT = "concept_drift"
    EMBEDDING_DRIFT = "embedding_drift"
    HALLUCINATION = "hallucination"
    QUALITY_DEGRADATION = "quality_degradation"
    SECURITY_THREAT = "security_threat"


class DetectionMethod(_Open):
    """How an anomaly was found: a known way, or `DetectionMethod.custom("...")`."""

    Z_SCORE = "z_score"
    IQR = "iqr"
    MAD = "mad"
    CUSUM = "cusum"
    ISOLATION_FOREST = "isolation_forest"
    LSTM_AUTOENCODER = "lstm_autoencoder"
    ONE_CLASS_SVM = "one_class_svm"
    PSI = "psi"
    KL_DIVERGENCE = "kl_divergence"
    LLM_CHECK = "llm_check"
    RAG = "rag"
