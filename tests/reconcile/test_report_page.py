"""The report page as text: what it escapes, what it allows, how much it shows."""

from __future__ import annotations

import base64
import re
from hashlib import sha256

from rollcall.reconcile import report_page
from rollcall.reconcile.report_page import Cell, Column, ReportPage, render

HOSTILE = '<script>alert("x")</script>&\'`<b>`'
COLUMNS = (Column("What", {HOSTILE: "bad", "fine": "good"}), Column(HOSTILE), Column("How many"))


def written(*rows: tuple[Cell, ...], notes: tuple[str, ...] = ()) -> str:
    described = ReportPage(HOSTILE, HOSTILE, COLUMNS, [(HOSTILE, HOSTILE), ("rows", 12345)], notes)
    return "".join(render(described, rows))


def test_whatever_the_data_holds_stays_text() -> None:
    html = written((HOSTILE, HOSTILE, 1), ("unheard of", (HOSTILE, HOSTILE), 2), notes=(HOSTILE,))

    assert len(re.findall("<script", html)) == 1
    assert "<b>" not in html
    assert html.count("&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;&amp;&#x27;") == 12


def test_the_policy_allows_the_pages_own_style_and_script_and_nothing_else() -> None:
    html = written()
    parts = [re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL) for tag in ("style", "script")]
    ((style,), (script,)) = parts

    def digest(text: str) -> str:
        return base64.b64encode(sha256(text.encode()).digest()).decode()

    (policy,) = re.findall('Content-Security-Policy" content="(.*?)"', html)
    assert policy.replace("&#x27;", "'") == (
        f"default-src 'none'; style-src 'sha256-{digest(style)}'; "
        f"script-src 'sha256-{digest(script)}'; base-uri 'none'; form-action 'none'"
    )


def test_nothing_is_loaded_from_elsewhere() -> None:
    assert not re.search(r"(src|href|url\()\s*[=(]|@import|https?:", written())


def test_backticks_set_code_and_what_is_in_them_is_escaped() -> None:
    assert "run <code>rollcall &lt;x&gt;</code> now" in written(
        ("fine", "run `rollcall <x>` now", 1)
    )


def test_half_a_character_does_not_stop_the_page() -> None:
    assert "a?b" in written(("fine", "a\ud800b", 1)).encode().decode()


def test_of_many_rows_the_first_are_shown_and_the_rest_counted() -> None:
    rows = (("fine", str(each), each) for each in range(report_page.MAX_ROWS + 1234))
    described = ReportPage("Many", "", COLUMNS, more="look into `all.csv`")

    html = "".join(render(described, rows))

    assert html.count("<tr>") == report_page.MAX_ROWS + 1
    assert "1,234 more are not shown here: look into <code>all.csv</code>." in html
