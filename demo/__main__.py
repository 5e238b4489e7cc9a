"""Play an Entra administrator's first day against a SCIM endpoint and print it.

Exit code 0 when everything is as Entra needs it, 1 when something is not, 2 for bad usage.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
from collections.abc import Iterator

import httpx

from demo import page, server
from demo.directory import members
from demo.entra import Job, Source, connect
from demo.first_day import FirstDay, NotEmpty
from demo.phase import Phase
from demo.sign_in import SignIn, hand_over
from rollcall.dev.loopback_issuer import LoopbackIssuer


def main() -> int:
    """Run the demo and return its exit code."""
    parser = _parser()
    options = parser.parse_args()
    if bool(options.url) != bool(options.token):
        parser.error("--url and --token go together")
    if options.url and options.sign_in is not SignIn.TOKEN:
        parser.error("--url goes with a token; another sign-in is shown against a local server")
    if options.url and not options.url.startswith(("http://", "https://")):
        parser.error("--url is the Tenant URL, with http:// or https://")
    # Names are not ASCII; a terminal that cannot show them shall not stop the day.
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    # A kill, too, has to stop the local server on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with _endpoint(options) as (url, sign_in), connect(url, sign_in) as client:
            return _play(url, client, options)
    except NotEmpty as refusal:
        print(f"demo: {refusal}; it needs an empty tenant", file=sys.stderr)
        return 2
    except server.NotStarted as failure:
        print(f"demo: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo", description=(__doc__ or "").strip())
    parser.add_argument(
        "--url",
        default=os.environ.get("ROLLCALL_URL"),
        help="Tenant URL of a running server with an empty tenant (or ROLLCALL_URL)",
    )
    parser.add_argument(
        "--token",
        default=os.environ.get("ROLLCALL_TOKEN"),
        help="Secret Token of that tenant (or ROLLCALL_TOKEN)",
    )
    parser.add_argument(
        "--sign-in",
        type=SignIn,
        choices=[*SignIn],
        default=SignIn.TOKEN,
        help="how Entra signs in to a local server: by a bearer token, by a client and its secret, "
        "or by federation with an issuer that plays Entra (token)",
    )
    parser.add_argument("--seed", type=int, default=1, help="which fictional people (1)")
    parser.add_argument("--json", action="store_true", help="print JSON lines instead of tables")
    return parser


@contextlib.contextmanager
def _endpoint(options: argparse.Namespace) -> Iterator[tuple[str, str | httpx.Auth]]:
    if options.url:
        yield options.url, options.token
    elif options.sign_in is SignIn.TOKEN:
        with server.running() as endpoint:
            yield endpoint
    else:
        with server.handing_over() as link, LoopbackIssuer() as issuer:
            yield hand_over(link, options.sign_in, issuer)


def _play(url: str, client: httpx.Client, options: argparse.Namespace) -> int:
    source = Source()
    day = FirstDay(source, Job(source, client), options.seed)
    console = page.console()
    if not options.json:
        console.print(f"\n Microsoft Entra ID provisions to {url}", markup=False)
        console.print(" Requests of one kind share a row, their time is the median.\n")
    phases = []
    for phase in day.play():
        phases.append(phase)
        if options.json:
            _print_lines(phase)
        else:
            page.show(phase, console)
    failures = [failure for phase in phases for failure in phase.failures]
    sent = sum(len(phase.exchanges) for phase in phases)
    sentence = f"All {sent} requests went as Entra needs them, and the directory equals the source."
    if failures:
        sentence = f"{len(failures)} of the things above are not as Entra needs them."
    if options.json:
        _line(
            step="directory",
            users=len(day.directory.users),
            active=day.directory.active,
            groups={
                group["displayName"]: len(members(group)) for group in day.directory.groups.values()
            },
        )
        _line(step="verdict", passed=not failures, sentence=sentence)
    else:
        page.summary(day.directory, console)
        console.print(f" {sentence}\n", markup=False)
    return 1 if failures else 0


def _print_lines(phase: Phase) -> None:
    for exchange in phase.exchanges:
        _line(
            step="request",
            phase=phase.title,
            method=exchange.method,
            path=exchange.path,
            status=exchange.status,
            milliseconds=round(exchange.milliseconds, 1),
            verdict=exchange.outcome,
            meaning=exchange.meaning,
            trouble=exchange.trouble,
        )
    for check in phase.checks:
        _line(step="check", phase=phase.title, sentence=check.sentence, passed=check.passed)


def _line(**fields: object) -> None:
    print(json.dumps(fields, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
