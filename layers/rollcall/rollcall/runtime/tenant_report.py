"""The duplicate report of a tenant, and its findings, on a backend."""

from __future__ import annotations

from rollcall.reconcile.duplicates.case_store import CaseStore
from rollcall.reconcile.duplicates.duplicate_run import DuplicateRun
from rollcall.reconcile.duplicates.finding_accounts import FindingAccounts
from rollcall.reconcile.duplicates.report_delivery import ReportDelivery
from rollcall.runtime.backend import Backend
from rollcall.storage.evidence_index import EvidenceIndex
from rollcall.storage.findings import Findings
from rollcall.storage.resources import Resources


def case_store(backend: Backend, tenant: str) -> CaseStore:
    """Return the findings of one tenant."""
    findings = Findings(backend.table, tenant)
    accounts = FindingAccounts(Resources(backend.table, tenant), findings)
    return CaseStore(findings, accounts, backend.log(tenant))


def duplicate_run(backend: Backend, tenant: str) -> DuplicateRun:
    """Return the duplicate report of one tenant, to begin it or to continue it."""
    cases, settings = case_store(backend, tenant), backend.settings
    delivery = ReportDelivery(tenant, cases, backend.reports, backend.topic, settings.url)
    evidence = EvidenceIndex(backend.table, tenant)
    return DuplicateRun(cases, evidence, delivery, settings.inactive_days)
