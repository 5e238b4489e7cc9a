"""The forecast: what the first cycle of a provisioning job will do with each person."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from rollcall.model import match_keys
from rollcall.model.account_link import LinkPolicy
from rollcall.model.match_keys import Source
from rollcall.reconcile.advice import Advice
from rollcall.reconcile.conflicts import remedy
from rollcall.reconcile.conflicts.conflict_finding import ConflictFinding, Subject, Verdict
from rollcall.reconcile.conflicts.directory_account import DirectoryAccount
from rollcall.reconcile.conflicts.entra_export import Assignments
from rollcall.reconcile.conflicts.match_score import MatchScore, candidates
from rollcall.reconcile.conflicts.person import JobRules, MatchRule, Person, is_unsendable
from rollcall.reconcile.conflicts.workspace import Workspace

NumberedAccounts = list[tuple[int, DirectoryAccount]]

_NOTHING = Advice()


@dataclass(frozen=True)
class ProvisioningJob:
    """The provisioning job of a tenant: its rules, its scope, and the link policy."""

    tenant: str
    rules: JobRules = field(default_factory=JobRules)
    linking: LinkPolicy = field(default_factory=LinkPolicy)
    assigned: Assignments | None = None

    def skip(self, person: Person) -> Skip | None:
        """Return why the job skips a person, None when it does not."""
        if self.assigned is not None and person.properties not in self.assigned:
            if self.assigned.partial:
                return Skip("not on the page of those who are assigned")
            return Skip("not assigned to the application")
        if not person.enabled:
            return Skip("disabled in the IdP: the job neither looks for it nor creates it")
        values = {rule.source: person.value(rule.source) for rule in self.rules.matches}
        if not any(values.values()):
            named = " and no ".join(values)
            return Skip(f"has no {named} to look for it by", Advice("give the person one"))
        for source, value in values.items():
            if value is not None and is_unsendable(value):
                reason = f"`{value}` ({source}) has characters that the job cannot ask for"
                return Skip(reason, Advice(f"change the person's {source}"))
        return None


@dataclass(frozen=True)
class Skip:
    """Why a job skips a person; with a remedy when it should not."""

    reason: str
    remedy: Advice = field(default_factory=Advice)


@dataclass
class Forecast:
    """The forecast of a job for the accounts of a workspace.

    `domains` are those of the organisation; with `hints`, weak matches count.
    """

    job: ProvisioningJob
    workspace: Workspace
    domains: Collection[str] = ()
    hints: bool = True

    def find_accounts(self, person: Person) -> tuple[MatchRule | None, NumberedAccounts]:
        """Return the matching attribute that finds accounts, and the accounts.

        If an account is linked to this person already, the job remembers its id and uses it.
        """
        external_id_rule = MatchRule("externalId", self.job.rules.external_id.source)
        if external_id := person.value(external_id_rule.source):
            accounts = self.workspace.find(external_id_rule.entry(external_id))
            if linked := [account for account in accounts if not account[1].link.local]:
                return external_id_rule, linked
        for rule in self.job.rules.matches:
            value = person.value(rule.source)
            if value is None:
                continue
            entry = rule.entry(value)
            found = [
                (number, account)
                for number, account in self.workspace.find(entry)
                if any(rule.entry(held) == entry for held in rule.account_values(account.document))
            ]
            if found:
                return rule, found
        return None, []

    def findings(self, number: int, person: Person) -> Iterator[ConflictFinding]:
        """Yield the finding for a person, and one for each further account of that person."""
        scores = candidates(self.workspace, person, self.domains)
        likely = [score for score in scores if self.hints or not score.weak]
        if (skip := self.job.skip(person)) is not None:
            yield self._skipped(person, skip, likely)
            return
        rule, found = self.find_accounts(person)
        if rule is None:
            yield self._unmatched(person, likely)
        elif len(found) > 1:
            yield self._several(person, rule, found)
        else:
            ((account_number, account),) = found
            yield self._matched(number, person, rule, found[0])
            for score in likely:
                if score.number != account_number and not score.weak and self._is_spare(score):
                    yield self._second(person, account, score)

    def _matched(
        self, number: int, person: Person, rule: MatchRule, found: tuple[int, DirectoryAccount]
    ) -> ConflictFinding:
        tenant, account = self.job.tenant, found[1]
        value = person.value(rule.source) or ""
        reason = f"the job finds it by {rule.target} = `{value}`"
        others = [other for other in self.workspace.matched_people(found[0]) if other != number]
        if account.link.protected:
            return self._finding(
                Verdict.PROTECTED, person, [found], [reason], remedy=remedy.out_of_scope(account)
            )
        if others:
            reasons = [reason, f"it is also found for {len(others)} other people of the file"]
            advice = Advice(
                f"give each person a {rule.source} of its own, or match by something else"
            )
            return self._finding(Verdict.AMBIGUOUS, person, [found], reasons, remedy=advice)
        if (refusal := self.job.linking.refusal(account.link, account.document)) is not None:
            covered = self.job.linking.covers(account.document)
            advice = remedy.link(tenant, self.job.rules, person, account, covered=covered)
            return self._finding(Verdict.REFUSED, person, [found], [reason, refusal], remedy=advice)
        if _is_somebody_else(person, account):
            reasons = [reason, "but name and employee number are another person's"]
            return self._finding(
                Verdict.AMBIGUOUS, person, [found], reasons, remedy=remedy.ASK_OWNER, confidence=60
            )
        values = rule.account_values(account.document)
        verdict = Verdict.LINKED if value in values else Verdict.LINKED_BY_CASE
        reasons = [reason] if value in values else [reason, f"there it is written `{values[0]}`"]
        if not account.link.local:
            reasons.append("linked already")
        return self._finding(verdict, person, [found], reasons, attention=False)

    def _several(self, person: Person, rule: MatchRule, found: NumberedAccounts) -> ConflictFinding:
        value = person.value(rule.source)
        reasons = [f"{len(found)} accounts have {rule.target} = `{value}`: the job takes none"]
        advice = remedy.merge(self.job.tenant, found[0][1], found[1][1])
        return self._finding(Verdict.AMBIGUOUS, person, found, reasons, remedy=advice)

    def _unmatched(self, person: Person, likely: list[MatchScore]) -> ConflictFinding:
        """Forecast the POST for a person whom no matching attribute finds."""
        name = self.job.rules.user_name
        user_name = person.value(name.source)
        if user_name is not None and (taken := self.workspace.find(name.entry(user_name))):
            return self._colliding(person, taken)
        spare = [score for score in likely if self._is_spare(score)]
        strong = [score for score in spare if not score.weak]
        if len(strong) > 1:
            accounts = _accounts(strong)
            return self._finding(
                Verdict.AMBIGUOUS,
                person,
                accounts,
                [f"{score.account.user_name}: {score.reasons[0]}" for score in strong],
                remedy=remedy.merge(self.job.tenant, accounts[0][1], accounts[1][1]),
                confidence=strong[0].confidence,
            )
        claimed = [score for score in likely if not score.weak and not self._is_spare(score)]
        if claimed and not strong:
            return self._finding(
                Verdict.AMBIGUOUS,
                person,
                _accounts(claimed),
                [*claimed[0].reasons, "and the job finds it for somebody else"],
                remedy=remedy.ASK_OWNER_OF_BOTH,
                confidence=min(claimed[0].confidence, 60),
            )
        if best := strong or spare:
            account = best[0].account
            return self._finding(
                Verdict.DUPLICATED,
                person,
                _accounts(best),
                best[0].reasons,
                remedy=remedy.rename(self.job.tenant, self.job.rules, person, account),
                confidence=best[0].confidence // (1 if strong else len(best)),
            )
        reasons = ["no account looks like it: the job creates one"]
        return self._finding(Verdict.PERSON_ONLY, person, [], reasons, attention=False)

    def _colliding(self, person: Person, taken: NumberedAccounts) -> ConflictFinding:
        rules, account = self.job.rules, taken[0][1]
        reasons = [f"its userName is taken by an account that {rules.matches[0]} does not find"]
        if self.job.linking.adopts(account.link, account.document):
            reasons.append("the policy adopt links it")
            return self._finding(Verdict.LINKED, person, taken, reasons, attention=False)
        return self._finding(
            Verdict.PROTECTED if account.link.protected else Verdict.REFUSED,
            person,
            taken,
            reasons,
            remedy=Advice(f"match by userName={rules.user_name.source} as well"),
        )

    def _skipped(self, person: Person, skip: Skip, likely: list[MatchScore]) -> ConflictFinding:
        accounts = self.find_accounts(person)[1] or _accounts(
            [score for score in likely if not score.weak]
        )
        reasons = [skip.reason]
        if any(account.active for _, account in accounts):
            reasons.append("the account stays active: the job does not touch it")
        return self._finding(
            Verdict.SKIPPED,
            person,
            accounts,
            reasons,
            remedy=skip.remedy,
            attention=bool(skip.remedy),
        )

    def _second(
        self, person: Person, linked: DirectoryAccount, other: MatchScore
    ) -> ConflictFinding:
        reasons = [f"the person's account will be {linked.user_name}", *other.reasons]
        return self._finding(
            Verdict.SECOND,
            person,
            _accounts([other]),
            reasons,
            remedy=remedy.merge(self.job.tenant, linked, other.account),
            confidence=other.confidence,
        )

    def _is_spare(self, score: MatchScore) -> bool:
        """Tell whether the job finds the account for nobody."""
        return not self.workspace.matched_people(score.number)

    def _finding(
        self,
        verdict: Verdict,
        person: Person,
        accounts: NumberedAccounts,
        reasons: Collection[str],
        *,
        remedy: Advice = _NOTHING,
        confidence: int = 100,
        attention: bool = True,
    ) -> ConflictFinding:
        for number, _ in accounts:
            self.workspace.mark_reported(number)
        object_id = str(person.properties.get("id") or "")
        subject = Subject(person.label, person.user_name, object_id, person.position)
        subjects = tuple(subject_of(account) for _, account in accounts)
        return ConflictFinding(
            verdict, subject, subjects, tuple(reasons), remedy, confidence, attention
        )


def subject_of(account: DirectoryAccount) -> Subject:
    """Return an account as the subject of a finding."""
    shown = account.document.get("displayName") or account.user_name
    return Subject(str(shown), account.user_name, account.id)


def _accounts(likely: Collection[MatchScore]) -> NumberedAccounts:
    return [(score.number, score.account) for score in likely]


def _is_somebody_else(person: Person, account: DirectoryAccount) -> bool:
    """Tell whether both the name and the employee number differ."""
    of_person = {evidence.source: evidence.canonical for _, evidence in person.evidence()}
    of_account = {key.source: key.canonical for key in match_keys.of(account.document)}
    return all(
        source in of_person and source in of_account and of_person[source] != of_account[source]
        for source in (Source.NAME, Source.EMPLOYEE_NUMBER)
    )
