"""Whether somebody who signs in to the product may, and what they may do there."""

from __future__ import annotations

from dataclasses import replace

from rollcall.model.access_answer import AccessAnswer, MatchedBy, Refused
from rollcall.model.access_question import AccessQuestion
from rollcall.model.record import Record
from rollcall.scim import indexing
from rollcall.scim.resource_type import Kind
from rollcall.storage.account_states import AccountStates, FoundAccount


class AccessCheck:
    """Answers the questions of one tenant, each in two round trips.

    An id that was merged more than once takes one more for each further merge.
    """

    def __init__(self, accounts: AccountStates) -> None:
        self._accounts = accounts

    def answer(self, question: AccessQuestion) -> AccessAnswer:
        """Return yes or no, and why not."""
        if question.id:
            return self._with_id(question.id, MatchedBy.ID)
        by_external_id, by_name = self._accounts.find(question.external_id, question.user_name)
        if not (by_external_id or by_name):
            return self._unknown(question)
        states = self._accounts.read([*by_external_id, *by_name])
        return (
            self._by_external_id(question, _of(states, by_external_id))
            or self._by_name(question, _of(states, by_name))
            or AccessAnswer(Refused.UNKNOWN)
        )

    def _with_id(self, identifier: str, match: MatchedBy) -> AccessAnswer:
        """Answer about an id; one that was merged means the account that survived."""
        asked = identifier
        state = self._accounts.read([identifier]).get(identifier)
        while state is not None and state.survivor:
            identifier = state.survivor
            state = self._accounts.read([identifier]).get(identifier)
        if state is None:
            return AccessAnswer(Refused.UNKNOWN)
        merged = asked if identifier != asked else ""
        if state.record is not None:
            return replace(_about(state.record, match), merged=merged)
        refused = Refused.HELD if state.held else Refused.DELETED
        return AccessAnswer(refused, match, id=identifier, merged=merged)

    def _by_external_id(
        self, question: AccessQuestion, states: dict[str, FoundAccount]
    ) -> AccessAnswer | None:
        """Answer about the accounts with the externalId, None where there is none any more."""
        match = MatchedBy.EXTERNAL_ID
        records = [
            each.record
            for each in states.values()
            if each.record and each.record.document.get("externalId") == question.external_id
        ]
        if records:
            return _about_one(records, match)
        for identifier, state in states.items():
            if state.held:
                return AccessAnswer(Refused.HELD, match, id=identifier)
        return None

    def _by_name(
        self, question: AccessQuestion, states: dict[str, FoundAccount]
    ) -> AccessAnswer | None:
        """Answer about the accounts with the userName, None where there is none any more.

        A name can be given to somebody else: where the externalId is another, it is not theirs.
        """
        name = indexing.claim(Kind.USER, {"userName": question.user_name}).key
        records = [
            each.record
            for each in states.values()
            if each.record and indexing.claim(Kind.USER, each.record.document).key == name
        ]
        if not records:
            return None
        if question.external_id and all(each.document.get("externalId") for each in records):
            return AccessAnswer(Refused.OTHER_PERSON, MatchedBy.USER_NAME)
        return _about_one(records, MatchedBy.USER_NAME)

    def _unknown(self, question: AccessQuestion) -> AccessAnswer:
        """Answer about somebody whom nothing finds that decides."""
        if not question.email:
            return AccessAnswer(Refused.UNKNOWN)
        candidates = self._accounts.count_with_email(question.email)
        refused = Refused.UNPROVEN if candidates else Refused.UNKNOWN
        return AccessAnswer(refused, candidates=candidates)


def _of(states: dict[str, FoundAccount], identifiers: list[str]) -> dict[str, FoundAccount]:
    return {each: states[each] for each in identifiers if each in states}


def _about_one(records: list[Record], match: MatchedBy) -> AccessAnswer:
    if len(records) > 1:
        return AccessAnswer(Refused.AMBIGUOUS, match, candidates=len(records))
    return _about(records[0], match)


def _about(record: Record, match: MatchedBy) -> AccessAnswer:
    return AccessAnswer(None if record.active else Refused.DISABLED, match, record)
