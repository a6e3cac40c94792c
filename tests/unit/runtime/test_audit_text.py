"""What is sealed is the canonical JSON of an entry, though it is not written by the encoder."""

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from shared.runtime.audit import GENESIS, Entry, seal, sealed

_WORDS = st.text()
_ZONES = st.sampled_from((UTC, timezone(timedelta(hours=5, minutes=45))))
_INSTANTS = st.datetimes(timezones=_ZONES).filter(lambda at: 1 < at.year < 9999)
_ENTRIES = st.builds(
    Entry,
    actor=_WORDS,
    action=_WORDS,
    object=_WORDS,
    correlation_id=_WORDS,
    object_version=st.none() | st.integers(),
    subject=st.none() | _WORDS,
    reason=st.none() | _WORDS,
)


@given(st.lists(_ENTRIES, min_size=1), _INSTANTS, st.integers())
def test_what_is_sealed_is_what_is_verified(entries: list[Entry], at: datetime, seq: int) -> None:
    rows = sealed(entries, at=at, seq=seq, prev=GENESIS)

    prev = GENESIS
    for number, (entry, row) in enumerate(zip(entries, rows, strict=True), seq + 1):
        assert row["seq"] == number
        assert {name: row[name] for name in Entry._fields} == entry._asdict()
        assert (row["prev"], row["hash"]) == (prev, seal(prev, row))
        prev = row["hash"]
