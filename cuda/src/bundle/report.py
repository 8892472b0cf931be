"""Puts the results of gpu-evidence.sh together: FOLDER/DEVICE-COMMIT.json and .md.

usage: report.py LOGS FOLDER
"""

import json
import os
import re
import sys

LARGE = 24e6  # pixels, from which on targets of bandwidth count


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def read_json(path):
    text = read(path)
    return json.loads(text) if text.strip() else None


def environment(logs):
    lines = [line.split(" ", 1) for line in read(f"{logs}/environment.txt").splitlines()]
    return {line[0]: line[1].strip() for line in lines if len(line) == 2}


def steps(logs):
    lines = [line.split("\t") for line in read(f"{logs}/steps.tsv").splitlines()]
    return {name: {"verdict": verdict, "seconds": int(seconds)} for name, verdict, seconds in lines}


def test_counts(logs):
    """What JUnit's console says at its end."""
    text = read(f"{logs}/tests.log")
    found = {}
    for word in ("found", "successful", "failed", "skipped", "aborted"):
        match = re.search(rf"\[\s*(\d+) tests {word}", text)
        found[word] = int(match.group(1)) if match else None
    return found


def checks(logs, name):
    match = re.search(r"^(\d+) passed, (\d+) failed$", read(f"{logs}/{name}.log"), re.MULTILINE)
    return {"passed": int(match.group(1)), "failed": int(match.group(2))} if match else None


def sanitizers(logs, verdicts):
    found = {}
    for tool in ("memcheck", "racecheck", "initcheck", "synccheck"):
        summary = re.findall(r"^=+ ((?:ERROR|RACECHECK) SUMMARY: .*)$", read(f"{logs}/{tool}.log"), re.MULTILINE)
        found[tool] = {"verdict": verdicts.get(tool, {}).get("verdict", "not reached"),
                       "summary": summary[-1] if summary else None, "checks": checks(logs, tool)}
    return found


# ---------------------------------------------------------------------------------------------------------- targets


def pixels(size):
    n, c, h, w = map(int, size.split("x"))
    return n * c * h * w


def target(name, allowed, got, good):
    return {"target": name, "allowed": allowed, "got": got,
            "verdict": "not measured" if good is None else "reached" if good else "missed"}


def worst_fraction(cases, least, allowed, name):
    """Of the subtraction's bandwidth, over cases that are large."""
    large = [c for c in cases if pixels(c["size"]) >= LARGE]
    if not large:
        return target(name, allowed, None, None)
    worst = min(large, key=lambda c: c["fraction_of_subtract_bandwidth"])
    return target(name, allowed, f"{worst['fraction_of_subtract_bandwidth']:.3f} ({worst['case']}, {worst['input']}, "
                                 f"{worst['size']})", worst["fraction_of_subtract_bandwidth"] >= least)


def small_graph(speed):
    name, allowed = "16x3x96x96 in a graph, float32", "an empty node + 3 us, one node"
    cases = [c for c in speed["cases"] if c["size"] == "16x3x96x96" and c["input"] == "float32" and fast(c)]
    if not cases:
        return target(name, allowed, None, None)
    slowest = max(cases, key=lambda c: c["microseconds"])
    over = slowest["microseconds"] - speed["empty_node_microseconds"]
    nodes = max(c["nodes_per_launch"] for c in cases)
    return target(name, allowed, f"an empty node + {over:.2f} us ({slowest['case']}), {nodes:g} nodes",
                  over <= 3 and nodes == 1)


def fast(case):
    """The kernel that is made for the case, with gradient and in place."""
    return case["mapping"] in ("FOUR_COLUMNS", "WHOLE_BLOCK") and case["output"] != "none"


def against_torch(torch, name, allowed, chosen, least):
    """The fastest of the contenders chosen, over DctLoss, at the size where it is nearest."""
    groups = {}
    for case in (torch or {}).get("cases", []):
        groups.setdefault((case["shape"], case["penalty"]), []).append(case)
    ratios = []
    for (shape, penalty), cases in groups.items():
        own = [c for c in (torch or {})["cases"]
               if c["shape"] == shape and c["contender"] == "DctLoss" and penalty in (None, c["penalty"])]
        rivals = [c for c in cases if chosen(c["contender"])]
        if own and rivals and pixels(shape) >= LARGE:
            best = min(rivals, key=lambda c: c["microseconds"])
            ratios.append((best["microseconds"] / max(c["microseconds"] for c in own), shape, best["contender"]))
    if not ratios:
        return target(name, allowed, None, None)
    ratio, shape, contender = min(ratios)
    return target(name, allowed, f"{ratio:.2f} x ({contender}, {shape})", ratio >= least)


def targets(speed, torch, tests, verdicts, found_sanitizers):
    cases = [c for c in (speed or {}).get("cases", []) if fast(c)]
    plain = [c for c in cases if "magnitudes" not in c["case"]]
    same = [c for c in plain if c["input"] == c["output"]]
    ran = verdicts.get("tests", {}).get("verdict")
    clean = [s["verdict"] == "passed" for s in found_sanitizers.values()]
    absent = [s["verdict"].startswith(("missing", "not reached")) for s in found_sanitizers.values()]
    every = (speed or {}).get("cases", [])
    return [
        worst_fraction([c for c in same if c["input"] == "float32"], 0.95,
                       "at least 0.95 of a subtraction's bandwidth", "float32, 24 Mpx and more"),
        worst_fraction([c for c in same if c["input"] != "float32"], 0.95,
                       "at least 0.95 of a subtraction's bandwidth", "16-bit with 16-bit gradient, 24 Mpx and more"),
        worst_fraction([c for c in cases if "magnitudes" in c["case"] and c["input"] == c["output"]], 0.90,
                       "at least 0.90 of a subtraction's bandwidth", "magnitudes, 24 Mpx and more"),
        small_graph(speed) if speed else target("16x3x96x96 in a graph, float32", "an empty node + 3 us", None, None),
        against_torch(torch, "PyTorch's best eager form, float32", "at least 20 x DctLoss's time",
                      lambda name: name.startswith("eager"), 20),
        against_torch(torch, "torch.compile, float32", "at least 4 x DctLoss's time",
                      lambda name: name.startswith("torch.compile"), 4),
        against_torch(torch, "PyTorch's own MSE, float32", "more than 1 x DctLoss's time",
                      lambda name: name == "PyTorch's MSE", 1),
        target("contract suite on CUDA", "green",
               ran if tests["found"] is None else f"{tests['successful']} of {tests['found']} tests",
               None if ran is None else ran == "passed" and bool(tests["successful"])
               and tests["successful"] == tests["found"]),
        target("compute-sanitizer", "four tools clean", f"{sum(clean)} clean",
               None if all(absent) else all(clean)),
        target("bitwise repeatable", "every case", f"{sum(c['repeatable'] for c in every)} of {len(every)} cases",
               all(c["repeatable"] for c in every) if every else None),
        target("mappings agree", "gradients of the fast mappings have the bits of ONE_COLUMN",
               f"{sum(c.get('same_bits_as_fast_mapping', False) for c in every)} of "
               f"{sum('same_bits_as_fast_mapping' in c for c in every)} comparisons",
               all(c.get("same_bits_as_fast_mapping", True) for c in every) if every else None),
    ]


# --------------------------------------------------------------------------------------------------------- Markdown


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows] + [""]


def markdown(all_results):
    e = all_results["environment"]
    lines = [f"# {all_results['device']}, commit {all_results['commit'][:12]}", "",
             f"{e.get('date')}; {e.get('device')}; {e.get('host')}; kernels {e.get('kernels', '')[:12]}.", "",
             "## Targets", ""]
    lines += table(["target", "allowed", "got", ""],
                   [[t["target"], t["allowed"], t["got"], t["verdict"]] for t in all_results["targets"]])
    lines += ["## Steps", ""]
    lines += table(["step", "verdict", "seconds"],
                   [[name, s["verdict"], s["seconds"]] for name, s in all_results["steps"].items()])
    speed, torch = all_results["benchmark"], all_results["pytorch"]
    if speed:
        lines += ["## Kernels", "",
                  f"Graphs of up to {speed['launches']} launches, medians of {speed['replays']} replays that alternate "
                  f"with the subtraction's; an empty kernel takes {speed['empty_node_microseconds']:.2f} us. A ratio "
                  "compares times with a subtraction of the same data type, a fraction bandwidths.", ""]
        lines += table(
            ["size", "input", "gradient", "case", "mapping", "us", "GB/s", "ratio to subtract", "fraction"],
            [[c["size"], c["input"], c["output"], c["case"], c["mapping"], f"{c['microseconds']:.2f}",
              f"{c['gigabytes_per_second']:.0f}", f"{c['ratio_to_subtract']:.3f}",
              f"{c['fraction_of_subtract_bandwidth']:.3f}"] for c in speed["cases"]])
    if torch:
        lines += ["## PyTorch", "", f"PyTorch {torch['torch']}, TF32 off, forward and backward.", ""]
        lines += table(["size", "penalty", "contender", "us", "times DctLoss"],
                       [[c["shape"], c["penalty"] or "", c["contender"], f"{c['microseconds']:.1f}",
                         f"{c['times_dctloss']:.2f}" if c["times_dctloss"] else ""] for c in torch["cases"]])
        lines += table(["penalty", "contender", "loss off by", "gradient off by", ""],
                       [[a["penalty"], a["contender"], f"{a['loss_error']:.1e}", f"{a['gradient_error']:.1e}",
                         "" if a["agrees"] else "NOT THE SAME LOSS"] for a in torch["agreement"]])
        lines += [f"Failed: {f['what']}: {f['error'].splitlines()[-1]}" for f in torch["failures"]]
    return "\n".join(lines) + "\n"


def main(logs, folder):
    e = environment(logs)
    verdicts = steps(logs)
    speed, torch = read_json(f"{logs}/speed.json"), read_json(f"{logs}/pytorch.json")
    tests, found = test_counts(logs), sanitizers(logs, verdicts)
    device = e.get("device", "unknown device").split(",")[0]
    results = {
        "device": device, "commit": e.get("commit", "unknown"), "kernels_sha256": e.get("kernels"),
        "date": e.get("date"), "environment": e, "steps": verdicts, "tests": tests, "check": checks(logs, "check"),
        "sanitizers": found, "targets": targets(speed, torch, tests, verdicts, found), "benchmark": speed,
        "pytorch": torch,
    }
    name = re.sub(r"[^a-z0-9]+", "-", device.lower()).strip("-") + "-" + re.sub(r"^([0-9a-f]{12})[0-9a-f]*", r"\1",
                                                                              results["commit"])
    path = os.path.join(folder, name)
    with open(path + ".json", "w") as file:
        json.dump(results, file, indent=1)
        file.write("\n")
    with open(path + ".md", "w") as file:
        file.write(markdown(results))
    for t in results["targets"]:
        print(f"{t['verdict']:12} {t['target']}: {t['got']}; allowed: {t['allowed']}")
    print(f"{path}.json and .md: to be committed under benchmarks/results")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
