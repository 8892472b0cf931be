"""Puts the results of gpu-evidence.sh together, as far as there are any: PATH.json and PATH.md.

usage: report.py LOGS PATH
"""

import json
import os
import re
import sys
from collections import Counter

LARGE = 24e6  # pixels, from which on targets of bandwidth count


STEPS = ("benchmark", "pytorch", "check", "tests", "presets", "memcheck", "racecheck", "initcheck", "synccheck")
MOST_NAMES = 50  # of tests that failed


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def read_json(path, kept, problems):
    """What a step has written, if it has the lists `kept`; else None, and a problem if there is a file."""
    text = read(path)
    if not os.path.exists(path):
        return None
    try:
        found = json.loads(text)
        if all(isinstance(found[name], list) for name in kept):
            return found
        raise ValueError(f"not all of {', '.join(kept)} are lists")
    except (ValueError, KeyError, TypeError) as error:
        problems.append(f"{os.path.basename(path)}: unreadable, {type(error).__name__}: {error}")
        return None


def environment(logs):
    lines = [line.split(" ", 1) for line in read(f"{logs}/environment.txt").splitlines()]
    return {line[0]: line[1].strip() for line in lines if len(line) == 2}


def steps(logs):
    lines = [line.split("\t") for line in read(f"{logs}/steps.tsv").splitlines()]
    found = {line[0]: {"verdict": line[1], "seconds": int(line[2])}
             for line in lines if len(line) == 3 and line[2].isdigit()}
    return found | {name: {"verdict": "not run", "seconds": 0} for name in STEPS if name not in found}


def test_counts(logs, name):
    """JUnit's console names each test when it starts and when it ends: right for a suite that did not end, too."""
    text = read(f"{logs}/{name}.log")
    lines = re.findall(r"^(JUnit .*) :: (STARTED|SUCCESSFUL|FAILED|ABORTED|SKIPPED)$", text, re.MULTILINE)
    counts = Counter(state for _, state in lines)
    running = Counter(test for test, state in lines if state == "STARTED")
    running -= Counter(test for test, state in lines if state not in ("STARTED", "SKIPPED"))
    found = re.search(r"\[\s*(\d+) tests found", text)
    failed_containers = re.search(r"\[\s*(\d+) containers failed", text)
    return {"found": int(found.group(1)) if found else None} | {
        state: counts[state.upper()] for state in ("started", "successful", "failed", "aborted", "skipped")} | {
        "failed_containers": int(failed_containers.group(1)) if failed_containers else None,
        "names_of_failed": [test for test, state in lines if state == "FAILED"][:MOST_NAMES],
        "still_running": list(running.elements())[:MOST_NAMES]}


def checks(logs, name):
    match = re.search(r"^(\d+) passed, (\d+) failed$", read(f"{logs}/{name}.log"), re.MULTILINE)
    return {"passed": int(match.group(1)), "failed": int(match.group(2))} if match else None


def sanitizers(logs, verdicts):
    found = {}
    for tool in ("memcheck", "racecheck", "initcheck", "synccheck"):
        summary = re.findall(r"^=+ ((?:ERROR|RACECHECK) SUMMARY: .*)$", read(f"{logs}/{tool}.log"), re.MULTILINE)
        found[tool] = {"verdict": verdicts[tool]["verdict"],
                       "summary": summary[-1] if summary else None, "checks": checks(logs, tool)}
    return found


# ---------------------------------------------------------------------------------------------------------- targets


def pixels(size):
    n, c, h, w = map(int, size.split("x"))
    return n * c * h * w


def target(name, allowed, got, good):
    return {"target": name, "allowed": allowed, "got": got,
            "verdict": "not measured" if good is None else "reached" if good else "missed"}


def worst_fraction(cases, least, name):
    """Of the subtraction's bandwidth, over cases that are large."""
    allowed = f"at least {least:.2f} of a subtraction's bandwidth"
    large = [c for c in cases if pixels(c["size"]) >= LARGE]
    if not large:
        return target(name, allowed, None, None)
    worst = min(large, key=lambda c: c["fraction_of_subtract_bandwidth"])
    return target(name, allowed, f"{worst['fraction_of_subtract_bandwidth']:.3f} ({worst['case']}, {worst['input']}, "
                                 f"{worst['size']}; {len(large)} cases)",
                  worst["fraction_of_subtract_bandwidth"] >= least)


def small_graph(speed):
    name, allowed = "16x3x96x96 in a graph, float32", "an empty node + 3 us, one node"
    cases = [c for c in cases_of(speed) if c["size"] == "16x3x96x96" and c["input"] == "float32" and fast(c)]
    if not cases:
        return target(name, allowed, None, None)
    slowest = max(cases, key=lambda c: c["microseconds"])
    over = slowest["microseconds"] - speed["empty_node_microseconds"]
    nodes = max(c["nodes_per_launch"] for c in cases)
    return target(name, allowed, f"an empty node + {over:.2f} us ({slowest['case']}), {nodes:g} nodes",
                  over <= 3 and nodes == 1)


def cases_of(results):
    return (results or {}).get("cases", [])


def fast(case):
    """The kernel that is made for the case, with gradient and in place."""
    return case["mapping"] in ("FOUR_COLUMNS", "WHOLE_BLOCK") and case["output"] != "none"


def disagreement(torch, penalty, contender):
    """Why a contender does not count, or None. What is PyTorch's own has no penalty, and another loss."""
    if penalty is None:
        return None
    agrees = [a["agrees"] for a in torch["agreement"] if (a["penalty"], a["contender"]) == (penalty, contender)]
    return None if agrees and all(agrees) else "not the same loss" if agrees else "not checked to be the same loss"


def dropped(torch):
    """Contenders with times that do not count."""
    found = {f"{c['contender']}, {c['penalty']}": disagreement(torch, c["penalty"], c["contender"])
             for c in cases_of(torch)}
    return {what: why for what, why in found.items() if why}


def against_torch(torch, name, allowed, chosen, least):
    """The fastest of the contenders chosen, over DctLoss, at the size where it is nearest."""
    groups = {}
    for case in cases_of(torch):
        groups.setdefault((case["shape"], case["penalty"]), []).append(case)
    ratios, wrong = [], []
    for (shape, penalty), cases in groups.items():
        own = [c for c in torch["cases"]
               if c["shape"] == shape and c["contender"] == "DctLoss" and penalty in (None, c["penalty"])]
        rivals = [c for c in cases if chosen(c["contender"]) and not disagreement(torch, penalty, c["contender"])]
        if own and rivals and pixels(shape) >= LARGE:
            wrong += [f"DctLoss, {c['penalty']}: {why}" for c in own
                      if (why := disagreement(torch, c["penalty"], "DctLoss"))]
            best = min(rivals, key=lambda c: c["microseconds"])
            ratios.append((best["microseconds"] / max(c["microseconds"] for c in own), shape, best["contender"]))
    if wrong or not ratios:
        return target(name, allowed, wrong[0] if wrong else None, None)
    ratio, shape, contender = min(ratios)
    return target(name, allowed, f"{ratio:.2f} x ({contender}, {shape})", ratio >= least)


def suite(tests, verdict):
    name = "contract suite on CUDA"
    if not tests["started"]:
        return target(name, "green", verdict, False if verdict.startswith("failed") else None)
    of = f"{tests['found']}" if tests["found"] is not None else f"{tests['started']} started"
    got = f"{tests['successful']} of {of} tests" + ("" if verdict == "passed" else f"; {verdict}")
    green = verdict == "passed" and tests["successful"] == tests["found"] and not tests["failed_containers"]
    # A suite that did not end, and had no failure until then, says neither.
    told = verdict == "passed" or verdict.startswith("failed") or tests["failed"] > 0
    return target(name, "green", got, green if told else None)


def clean(found):
    verdicts = [s["verdict"] for s in found.values()]
    passed = verdicts.count("passed")
    return target("compute-sanitizer", "four tools clean", f"{passed} clean",
                  False if any(v.startswith("failed") for v in verdicts) else True if passed == 4 else None)


def targets(speed, torch, tests, check, verdicts, found_sanitizers):
    every = cases_of(speed)
    cases = [c for c in every if fast(c) and c["input"] == c["output"]]
    plain = [c for c in cases if "magnitudes" not in c["case"]]
    compared = [c["same_bits_as_fast_mapping"] for c in every if "same_bits_as_fast_mapping" in c]
    fast_enough = [
        worst_fraction([c for c in plain if c["input"] == "float32"], 0.95, "float32, 24 Mpx and more"),
        worst_fraction([c for c in plain if c["input"] != "float32"], 0.95,
                       "16-bit with 16-bit gradient, 24 Mpx and more"),
        worst_fraction([c for c in cases if "magnitudes" in c["case"]], 0.90, "magnitudes, 24 Mpx and more"),
        small_graph(speed),
        against_torch(torch, "PyTorch's best eager form, float32", "at least 20 x DctLoss's time",
                      lambda name: name.startswith("eager"), 20),
        against_torch(torch, "torch.compile, float32", "at least 4 x DctLoss's time",
                      lambda name: name.startswith("torch.compile"), 4),
        against_torch(torch, "PyTorch's own MSE, float32", "more than 1 x DctLoss's time",
                      lambda name: name == "PyTorch's MSE", 1),
    ]
    if check and check["failed"]:  # how fast a wrong result comes is no result
        for t in fast_enough:
            t.update(got=f"{check['failed']} checks failed", verdict="not measured")
    return fast_enough + [
        suite(tests, verdicts["tests"]["verdict"]),
        clean(found_sanitizers),
        target("bitwise repeatable", "every case", f"{sum(c['repeatable'] for c in every)} of {len(every)} cases",
               all(c["repeatable"] for c in every) if every else None),
        target("mappings agree", "gradients of the fast mappings have the bits of ONE_COLUMN",
               f"{sum(compared)} of {len(compared)} comparisons", all(compared) if compared else None),
    ]


# --------------------------------------------------------------------------------------------------------- Markdown


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for row in rows:
        cells = ["" if cell is None else str(cell).replace("|", "/") for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return lines + [""]


def markdown(results):
    e = results["environment"]
    lines = [f"# {results['device']}, commit {results['commit'][:12]}", "",
             f"{e.get('date')}; {e.get('device')}; {e.get('host')}; kernels {e.get('kernels', '')[:12]}.", ""]
    for head, section in (("Targets", of_targets), ("Steps", of_steps), ("Tests", of_tests), ("Kernels", of_kernels),
                          ("PyTorch", of_torch), ("Problems", of_problems)):
        content = guarded(head, results["problems"], list, section, results)
        lines += [f"## {head}", "", *content] if content else []
    return "\n".join(lines).rstrip() + "\n"


def of_problems(results):
    """The last section: the others add to them."""
    return [f"- {problem}" for problem in results["problems"]]


def of_targets(results):
    return table(["target", "allowed", "got", ""],
                 [[t["target"], t["allowed"], t["got"], t["verdict"]] for t in results["targets"]])


def of_steps(results):
    return table(["step", "verdict", "seconds"],
                 [[name, s["verdict"], s["seconds"]] for name, s in results["steps"].items()])


def of_tests(results):
    tests = results["tests"]
    lines = [f"- failed: `{test}`" for test in tests["names_of_failed"]]
    lines += [f"- still running: `{test}`" for test in tests["still_running"]]
    return lines + [""] if lines else []


def of_kernels(results):
    speed = results["benchmark"]
    if not speed:
        return []
    lines = [f"Graphs of up to {speed['launches']} launches, medians of {speed['replays']} replays that alternate "
             f"with the subtraction's; an empty kernel takes {speed['empty_node_microseconds']:.2f} us. A ratio "
             "compares times with a subtraction of the same data type, a fraction bandwidths.", ""]
    lines += table(
        ["size", "input", "gradient", "case", "mapping", "us", "GB/s", "ratio to subtract", "fraction"],
        [[c["size"], c["input"], c["output"], c["case"], c["mapping"], f"{c['microseconds']:.2f}",
          f"{c['gigabytes_per_second']:.0f}", f"{c['ratio_to_subtract']:.3f}",
          f"{c['fraction_of_subtract_bandwidth']:.3f}"] for c in speed["cases"]])
    left_out = [f"- left out: {o['size']} {o['input']} to {o['output']}, {o['why']}"
                for o in speed.get("left_out", [])]
    return lines + left_out + ([""] if left_out else [])


def error(number):
    return "not finite" if number is None else f"{number:.1e}"


def of_torch(results):
    torch = results["pytorch"]
    if not torch:
        return []
    lines = [f"PyTorch {torch['torch']}, TF32 off, forward and backward.", ""]
    lines += table(["size", "penalty", "contender", "us", "times DctLoss"],
                   [[c["shape"], c["penalty"] or "", c["contender"], f"{c['microseconds']:.1f}",
                     f"{c['times_dctloss']:.2f}" if c["times_dctloss"] else ""] for c in torch["cases"]])
    lines += table(["penalty", "contender", "loss off by", "gradient off by", ""],
                   [[a["penalty"], a["contender"], error(a["loss_error"]), error(a["gradient_error"]),
                     "" if a["agrees"] else "NOT THE SAME LOSS"] for a in torch["agreement"]])
    notes = [f"- does not count: {what}, {why}" for what, why in dropped(torch).items()]
    notes += [f"- failed: {f['what']}: {(f['error'].splitlines() or [''])[0]}" for f in torch["failures"]]
    return lines + notes + ([""] if notes else [])


# ------------------------------------------------------------------------------------------------------------- files


def guarded(what, problems, fallback, function, *arguments):
    """What cannot be read or judged costs its own part of the report."""
    try:
        return function(*arguments)
    except Exception as error:
        problems.append(f"{what}: {type(error).__name__}: {error}")
        return fallback()


def replace(path, text):
    with open(path + ".new", "w") as file:
        file.write(text)
    os.replace(path + ".new", path)


def main(logs, path):
    e, verdicts, problems = environment(logs), steps(logs), []
    speed = read_json(f"{logs}/speed.json", ["cases"], problems)
    torch = read_json(f"{logs}/pytorch.json", ["agreement", "cases", "failures"], problems)
    tests, check, found = test_counts(logs, "tests"), checks(logs, "check"), sanitizers(logs, verdicts)
    results = {
        "device": e.get("device", "unknown device").split(",")[0], "commit": e.get("commit", "unknown"),
        "kernels_sha256": e.get("kernels"), "date": e.get("date"), "environment": e, "steps": verdicts,
        "problems": problems, "tests": tests, "presets": test_counts(logs, "presets"), "check": check,
        "sanitizers": found,
        "targets": guarded("targets", problems, list, targets, speed, torch, tests, check, verdicts, found),
        "dropped": guarded("PyTorch", problems, dict, dropped, torch), "benchmark": speed, "pytorch": torch,
    }
    text = markdown(results)  # may add problems
    replace(path + ".json", json.dumps(results, indent=1) + "\n")
    replace(path + ".md", text)
    for t in results["targets"]:
        print(f"{t['verdict']:12} {t['target']}: {t['got'] or 'nothing'}; allowed: {t['allowed']}")
    for problem in problems:
        print(f"PROBLEM: {problem}")
    print(f"{path}.json and .md: to be committed under benchmarks/results")
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
