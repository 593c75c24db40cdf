"""The commands beside the verbs: `python -m analysis doctor`, `judge`, `report`, `reproduce`.

Owns their arguments, and what they print. What they do has a module each.
"""

import argparse
from hashlib import sha256
from pathlib import Path

from analysis.cli import exchange, gate
from analysis.cli.parser import Parser
from analysis.errors import AnalysisError
from src.storage.study import ASIDE
from src.storage.study_name import results
from src.terminal import show

COMMANDS = {
    "list": "list the studies, the latest first: results, what failed, what the last command asked",
    "rename": "give a study another name: rename 2026-11-26_18-32-15_a32095b0 rates",
    "doctor": "is a study whole? Every file against its checksum, schema and identity",
    "judge": "draw and judge the card of studies, such as your own copy of the template",
    "gate": gate.MEANING,
    "import": exchange.IMPORT,
    "export": exchange.EXPORT,
    "report": "write one HTML page of studies: curves, factors, filters, tables, verdicts",
    "reproduce": "train, draw and judge the seed report's experiments; only what is missing",
}


def add(verbs: "argparse._SubParsersAction[Parser]") -> None:
    """Add the commands to the command line of `python -m analysis`."""
    of = {
        name: verbs.add_parser(name, description=f"{meaning[0].upper()}{meaning[1:]}")
        for name, meaning in COMMANDS.items()
    }
    of["list"].set_defaults(run=_list)
    of["rename"].set_defaults(run=_rename)
    of["rename"].add_argument("study", help="folder, name, or latest")
    of["rename"].add_argument("name", help="its new name")
    of["doctor"].set_defaults(run=_doctor)
    of["doctor"].add_argument("study", help="folder, name, or latest")
    of["doctor"].add_argument(
        "--quarantine",
        action="store_true",
        help=f"move the damaged into {ASIDE}/, for the next sweep to train again",
    )
    of["judge"].set_defaults(run=_judge)
    of["judge"].add_argument("studies", nargs="+", metavar="STUDY", help="folder, name, or latest")
    of["judge"].add_argument(
        "--out", type=Path, help="folder of the files; analysis/ of the first unless given"
    )
    gate.add(of["gate"])
    exchange.add_import(of["import"])
    exchange.add_export(of["export"])
    of["report"].set_defaults(run=_report)
    of["report"].add_argument(
        "studies",
        nargs="*",
        default=["latest"],
        metavar="STUDY",
        help="folder, name, or latest, which it is unless given",
    )
    of["report"].add_argument(
        "--out", type=Path, help="the file; report.html in analysis/ of the first unless given"
    )
    of["report"].add_argument(
        "--watch",
        action="store_true",
        help="write it anew while the study trains, until the command that does so has ended",
    )
    of["report"].add_argument(
        "--seed", metavar="KEY", help="the stream that is the unit, where several vary apart"
    )
    _add_reproduce(of["reproduce"])


def _add_reproduce(of: argparse.ArgumentParser) -> None:
    of.set_defaults(run=_reproduce)
    of.add_argument(
        "names", nargs="*", metavar="EXPERIMENT", help="such as ordering; all ten unless given"
    )
    of.add_argument("--without", nargs="+", default=[], metavar="EXPERIMENT", help="not these")
    of.add_argument(
        "--again", action="store_true", help="also in a second setting: do verdicts carry over?"
    )
    of.add_argument(
        "--set",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="of every run, such as epochs=2",
    )
    of.add_argument(
        "--out", type=Path, help="folder of the files; multirun_outputs/seed_report unless given"
    )
    of.add_argument(
        "--publish", type=Path, metavar="README", help="put the verdicts into a Markdown file"
    )


def _list(given: argparse.Namespace) -> int:
    from analysis.study.listing import listing
    from analysis.tables.frame import Table

    found = listing()
    caption = "Left and failed are of the last command on the study." if len(found) else ""
    show(Table(found, f"{len(found)} studies in {results()}", caption).to_text())
    return 0


def _rename(given: argparse.Namespace) -> int:
    from analysis.study.folders import find
    from analysis.study.listing import rename

    show(f"renamed: {rename(find(given.study), given.name)}")
    return 0


def _doctor(given: argparse.Namespace) -> int:
    from analysis.doctor.doctor import report
    from analysis.study.folders import find

    text, code = report(find(given.study), given.quarantine)
    show(text)
    return code


def _judge(given: argparse.Namespace) -> int:
    from analysis.claims.outputs import drawn
    from analysis.claims.seed_report.reproduction import verdicts
    from analysis.study.folders import find, own_folder
    from src.storage.study_files import card_written

    folders = {folder.name: folder for folder in map(find, given.studies)}
    out = given.out or own_folder(next(iter(folders.values())))
    for name, folder in folders.items():
        if written_at := card_written(folder):
            when = f"{written_at:%Y-%m-%d %H:%M:%S}"
            show(f"{name}: card of {when}, as its training command put it")
    # Everything is drawn and judged before anything is written.
    exhibits = [drawn(folder, out, f"{name}-") for name, folder in folders.items()]
    whose = ", ".join(folders) if len(folders) <= 3 else f"{len(folders)} studies"
    text, judged = verdicts(folders, out, title=f"The claims of {whose}, judged")
    written = [path for each in exhibits for path in each.write()]
    show(f"\n{text}")
    for path in (*written, *judged):
        show(f"written: {path}")
    if not judged and (out / "verdicts.md").exists():
        show(f"unchanged: {out / 'verdicts.md'}, judged before of the same runs")
    return 0


def _report(given: argparse.Namespace) -> int:
    from analysis.claims.table import judged, sweeps_of
    from analysis.cli.watch import watch
    from analysis.files import write
    from analysis.report.page import together
    from analysis.study.folders import find, own_folder
    from analysis.sweep import load_sweep
    from src.storage.study_files import read_card

    folders = list(dict.fromkeys(map(find, given.studies)))
    if len({folder.name for folder in folders}) < len(folders):
        raise AnalysisError("the studies of a page must have different names")
    path = given.out or own_folder(folders[0]) / "report.html"

    def written(html: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        return write(path, html.encode())

    if given.watch:
        if len(folders) > 1 or given.seed:
            raise AnalysisError("--watch takes one STUDY, and no --seed")
        watch(folders[0], written)
    # Also after --watch: what was judged of a study that is whole stands on top.
    plans = {folder: read_card(folder) or {} for folder in folders}
    claimed = {str(p.get("experiment", f.name)): f for f, p in plans.items() if p.get("claims")}
    claims = [judged(sweeps_of(claimed))[0]] if claimed else []
    sweeps = [load_sweep(folder).units(given.seed) for folder in folders]
    page = together(sweeps, [table for table in claims if len(table)])
    show(f"written: {written(page.html)}")
    return 0


def _reproduce(given: argparse.Namespace) -> int:
    from analysis.claims.seed_report.publication import publish
    from analysis.claims.seed_report.reproduction import EXPERIMENTS, SEED_REPORT, reproduce

    names = [name for name in given.names or EXPERIMENTS if name not in given.without]
    # Runs of other words lie in studies of their own: no verdict mixes them with the report's.
    suffix = f"-{sha256(' '.join(given.set).encode()).hexdigest()[:6]}" if given.set else ""
    out = given.out or results() / f"{SEED_REPORT}{suffix}"
    show(reproduce(names, again=given.again, out=out, more=given.set, suffix=suffix))
    if given.publish:
        for path in publish(out, given.publish):
            show(f"written: {path}")
    return 0
