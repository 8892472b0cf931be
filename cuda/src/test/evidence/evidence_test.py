"""gpu-evidence.sh, its report and the control flow of its PyTorch comparison, on programs that are made up.

What is lent for minutes must not be lost: whatever ends, hangs, disagrees or is half written costs its own part alone.
Needs bash and Python; no GPU, no Java, no PyTorch. The last line is `N passed, N failed`.
"""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import types
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MODULE = Path(__file__).resolve().parents[3]
sys.dont_write_bytecode = True
sys.path.insert(0, str(MODULE / "src/bundle"))
import compare_torch
import report

COMMIT = "0123456789abcdef0123456789abcdef01234567"
STEPS = list(report.STEPS)
PATIENCE = 120  # seconds, on a machine with other work

# Each hangs where HANGS says so, with a child, after what it prints first; process ids go to $PIDS.
HANG = 'hang() { if [ "$HANGS" = "$1" ]; then sleep 600 & echo $$ $! >>"$PIDS"; wait; fi; }\n'
SPEED = "#!/bin/bash\n" + HANG + """
case $1 in
  --device)
    case ${DEVICE:-} in
      none) echo "no CUDA device to run on" && exit 3 ;;
      broken) echo "no such symbol" && exit 127 ;;
    esac
    echo "Stub GPU 1, sm_90" ;;
  --check) hang "${TOOL:-check}" && echo "5 passed, 0 failed" ;;
  --json) cp "$(dirname "$0")/speed-sample.json" "$2" && hang benchmark ;;
esac
"""
JAVA = "#!/bin/bash\n" + HANG + """
case "$*" in
  *--version*) echo "openjdk 25" ;;
  *--include-tag=presets*)
    hang presets
    echo "SKIPPED example with the CUDA presets: /somewhere/lib.so: libcuda.so.1 is missing" ;;
  *)
    echo "JUnit Jupiter > A > one() :: STARTED"
    echo "JUnit Jupiter > A > one() :: SUCCESSFUL"
    echo "JUnit Jupiter > A > two() :: STARTED"
    hang tests
    echo "JUnit Jupiter > A > two() :: SUCCESSFUL"
    echo "[         2 tests found           ]"
    echo "[         0 containers failed     ]" ;;
esac
"""
SANITIZER = """#!/bin/bash
case $1 in
  --version) echo "Version 2025.4" ;;
  *) TOOL=$2 "${@:5}" && echo "========= ERROR SUMMARY: 0 errors" ;;
esac
"""
# Libraries of the CUDA toolkit must not replace those that PyTorch brings.
TORCH = """import os, shutil, subprocess, sys
if os.environ["LD_LIBRARY_PATH"] != "/nowhere":
    sys.exit(5)
shutil.copy(os.path.join(os.path.dirname(__file__), "torch-sample.json"), sys.argv[2])
if os.environ.get("HANGS") == "pytorch":
    child = subprocess.Popen(["sleep", "600"])
    with open(os.environ["PIDS"], "a") as file:
        print(os.getpid(), child.pid, file=file, flush=True)
    child.wait()
"""


def speed_case(**other):
    return {"size": "16x3x1024x1024", "case": "squared", "input": "float32", "output": "float32",
            "mapping": "FOUR_COLUMNS", "microseconds": 10.0, "gigabytes_per_second": 3000.0, "ratio_to_subtract": 1.0,
            "fraction_of_subtract_bandwidth": 0.99, "nodes_per_launch": 1.0, "repeatable": True} | other


def speed(*cases):
    return {"launches": 64, "replays": 21, "empty_node_microseconds": 1.5, "left_out": [], "cases": list(cases)}


def torch_case(contender, microseconds, penalty="squared"):
    return {"shape": "16x3x1024x1024", "penalty": penalty, "contender": contender, "microseconds": microseconds,
            "times_dctloss": None}


def agreement(contender, agrees=True, penalty="squared"):
    return {"penalty": penalty, "contender": contender, "loss_error": 1e-8, "gradient_error": None, "agrees": agrees}


def torch(agrees, *cases):
    return {"torch": "2.0", "agreement": agrees, "cases": list(cases), "failures": [{"what": "a", "error": ""}]}


GOOD_TORCH = torch([agreement("DctLoss"), agreement("eager conv2d")],
                   torch_case("DctLoss", 10.0), torch_case("eager conv2d", 500.0))


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)


def alive(pid):
    """A zombie is not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


class Script(Folder):
    def setUp(self):
        super().setUp()
        self.bundle, self.out = self.folder / "bundle", self.folder / "out"
        self.pids = self.folder / "pids"
        for name in ("jre/bin", "classes", "tests", "lib", "tools"):
            (self.bundle / name).mkdir(parents=True)
        for name in ("gpu-evidence.sh", "src/bundle/report.py"):
            shutil.copy(MODULE / name, self.bundle)
        for name, text in (("speed", SPEED), ("jre/bin/java", JAVA), ("tools/compute-sanitizer", SANITIZER),
                           ("compare_torch.py", TORCH), ("commit", COMMIT + "\n"), ("kernels.sha256", "f00\n"),
                           ("speed-sample.json", json.dumps(speed(speed_case()))),
                           ("torch-sample.json", json.dumps(GOOD_TORCH))):
            (self.bundle / name).write_text(text)
            (self.bundle / name).chmod(0o755)

    def start(self, *options, **environment):
        path = f"{self.bundle}/tools:{os.environ['PATH']}"
        return subprocess.Popen(
            [self.bundle / "gpu-evidence.sh", "--out", self.out, *options], cwd=self.folder, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            env=os.environ | {"PATH": path, "LD_LIBRARY_PATH": "/nowhere", "PIDS": str(self.pids), "HANGS": ""}
            | environment)

    def run_script(self, status, *options, **environment):
        process = self.start(*options, **environment)
        printed = process.communicate(timeout=PATIENCE)[0]
        self.assertEqual(process.returncode, status, printed)
        return printed

    def results(self, name="stub-gpu-1-0123456789ab"):
        return json.loads((self.out / f"{name}.json").read_text())

    def verdicts(self):
        return {name: step["verdict"] for name, step in self.results()["steps"].items()}

    def hanging(self):
        """The processes of the step that hangs, when there are any."""
        end = time.time() + PATIENCE
        while not (self.pids.exists() and self.pids.read_text().endswith("\n")):
            self.assertLess(time.time(), end)
            time.sleep(0.05)
        return self.pids.read_text().split()

    def assert_gone(self, pids):
        end = time.time() + 10
        while any(map(alive, pids)):
            self.assertLess(time.time(), end, f"of {pids} some are left")
            time.sleep(0.05)

    def test_all_well(self):
        printed = self.run_script(0)
        self.assertEqual(sorted(os.listdir(self.out)),
                         ["stub-gpu-1-0123456789ab" + end for end in ("-logs.tar.gz", ".json", ".md")])
        self.assertEqual(list(self.bundle.glob("run.*")), [])
        results = self.results()
        self.assertEqual([line[3:] for line in printed.splitlines() if line.startswith("== ")], STEPS)
        self.assertEqual(results["steps"].pop("presets")["verdict"],
                         "missing: example with the CUDA presets: lib.so: libcuda.so.1 is missing")
        self.assertEqual({step["verdict"] for step in results["steps"].values()}, {"passed"})
        self.assertEqual({t["target"]: t["verdict"] for t in results["targets"]}["contract suite on CUDA"], "reached")
        self.assertEqual(results["problems"], [])
        with tarfile.open(self.out / "stub-gpu-1-0123456789ab-logs.tar.gz") as logs:
            self.assertIn("logs/tests.log", logs.getnames())

    def ended_in(self, step, kind=signal.SIGTERM):
        if kind == signal.SIGTERM:  # no help from the kernel is needed
            (self.bundle / "tools/setpriv").write_text("#!/bin/bash\nexit 1\n")
            (self.bundle / "tools/setpriv").chmod(0o755)
        process = self.start(HANGS=step)
        pids = self.hanging()
        process.send_signal(kind)
        process.communicate(timeout=PATIENCE)
        self.assert_gone(pids)
        before = STEPS[:STEPS.index(step)]
        verdicts = self.verdicts()
        self.assertTrue(all(verdicts[name].startswith(("passed", "missing")) for name in before), verdicts)
        self.assertTrue(all(verdicts[name] == "not run" for name in STEPS[len(before) + 1:]), verdicts)
        return process.returncode, verdicts[step]

    def test_killed(self):
        if subprocess.run(["setpriv", "--pdeathsig", "TERM", "true"], stderr=subprocess.DEVNULL).returncode == 0:
            self.assertEqual(self.ended_in("check", signal.SIGKILL), (-signal.SIGKILL, "not run"))

    def test_steps_that_do_not_fit(self):
        # 15 s are the script's reserve: the other 25 must do for its beginning on a machine with other work, too.
        self.run_script(1, "--budget", "40", HANGS="benchmark")
        verdicts = self.verdicts()
        self.assertRegex(verdicts.pop("benchmark"), r"not over after \d+ s")
        self.assertEqual(set(verdicts.values()), {"no time left"})
        self.assertEqual(len(self.results()["benchmark"]["cases"]), 1)

    def test_chosen_steps(self):
        self.run_script(0, "--steps", "racecheck,check")
        verdicts = self.verdicts()
        self.assertEqual((verdicts.pop("check"), verdicts.pop("racecheck")), ("passed", "passed"))
        self.assertEqual(set(verdicts.values()), {"not run"})

    def test_wrong_options(self):
        for options in (["--steps", "chek"], ["--budget", "soon"], ["--budget"], ["--fast"], ["no.tar.gz"]):
            self.run_script(2, *options)

    def test_earlier_results_stay(self):
        self.run_script(0, "--steps", "check")
        first = {path: path.read_bytes() for path in self.out.iterdir()}
        self.run_script(0, "--steps", "memcheck")
        self.assertEqual({path: path.read_bytes() for path in first}, first)
        self.assertEqual(self.results("stub-gpu-1-0123456789ab-2")["steps"]["memcheck"]["verdict"], "passed")
        self.assertEqual(len(os.listdir(self.out)), 6)

    def test_no_device(self):
        self.run_script(3, DEVICE="none")
        self.assertEqual(self.results("unknown-device-0123456789ab")["steps"]["device"]["verdict"],
                         "missing: no CUDA device to run on")

    def test_device_that_is_not_named(self):
        self.run_script(1, "--steps", "check", DEVICE="broken")
        steps = self.results("unknown-device-0123456789ab")["steps"]
        self.assertEqual((steps["device"]["verdict"], steps["check"]["verdict"]), ("failed: no such symbol", "passed"))


def ends(step):
    def test(self):
        self.assertEqual(self.ended_in(step), (128 + signal.SIGTERM, "cut off by a signal"))
    return test


for _step in STEPS[:6]:
    setattr(Script, f"test_terminated_in_{_step}", ends(_step))


class Report(Folder):
    def report(self, **files):
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (self.folder / name.replace("_", ".")).write_text(text)
        with contextlib.redirect_stdout(io.StringIO()):
            status = report.main(str(self.folder), str(self.folder / "report"))
        results = json.loads((self.folder / "report.json").read_text())
        self.markdown = (self.folder / "report.md").read_text()
        return status, results, {t["target"]: (t["verdict"], t["got"]) for t in results["targets"]}

    def test_of_nothing(self):
        status, results, targets = self.report()
        self.assertEqual((status, {verdict for verdict, _ in targets.values()}), (0, {"not measured"}))

    def test_half_written_json(self):
        whole = json.dumps(speed(speed_case()))
        for half in (whole[:-20], "", "[]", "{}", "null", '{"cases": 1}'):
            status, results, targets = self.report(speed_json=half, pytorch_json=GOOD_TORCH)
            self.assertEqual(status, 1)
            self.assertIn("speed.json: unreadable", results["problems"][0])
            self.assertEqual(targets["PyTorch's best eager form, float32"][0], "reached")

    def test_json_without_what_is_expected(self):
        status, results, _ = self.report(speed_json={"cases": [{}]}, steps_tsv="check\tpassed\t1\nbench")
        self.assertEqual(status, 1)
        self.assertEqual(results["steps"]["check"]["verdict"], "passed")
        self.assertIn("## Problems", self.markdown)

    def test_contenders_of_another_loss(self):
        eager, compiled = "eager conv2d", "torch.compile conv2d"
        cases = [torch_case("DctLoss", 10.0), torch_case(eager, 500.0), torch_case("eager other", 250.0),
                 torch_case(compiled, 70.0)]
        _, results, targets = self.report(pytorch_json=torch(
            [agreement("DctLoss"), agreement(eager, False), agreement("eager other")], *cases))
        self.assertEqual(targets["PyTorch's best eager form, float32"],
                         ("reached", "25.00 x (eager other, 16x3x1024x1024)"))
        self.assertEqual(targets["torch.compile, float32"], ("not measured", None))
        self.assertEqual(results["dropped"], {f"{eager}, squared": "not the same loss",
                                              f"{compiled}, squared": "not checked to be the same loss"})
        self.assertIn(f"does not count: {eager}, squared, not the same loss", self.markdown)

    def test_wrong_dctloss(self):
        own = [agreement("DctLoss", False), agreement("eager conv2d")]
        mse = torch_case("PyTorch's MSE", 20.0, None)
        _, _, targets = self.report(pytorch_json=torch(own, *GOOD_TORCH["cases"], mse))
        for name in ("PyTorch's best eager form, float32", "PyTorch's own MSE, float32"):
            self.assertEqual(targets[name], ("not measured", "DctLoss, squared: not the same loss"))

    def test_checks_that_failed(self):
        _, _, targets = self.report(speed_json=speed(speed_case()), check_log="4 passed, 1 failed\n")
        self.assertEqual(targets["float32, 24 Mpx and more"], ("not measured", "1 checks failed"))

    def test_counts_of_a_suite_that_did_not_end(self):
        feed = "".join(f"JUnit Jupiter > A > {line}\n" for line in (
            "a() :: STARTED", "a() :: SUCCESSFUL", "b() :: STARTED", "b() :: FAILED", "c() :: SKIPPED",
            "d() :: STARTED"))
        _, results, targets = self.report(tests_log=feed, steps_tsv="tests\tnot over after 150 s\t150\n")
        tests = results["tests"]
        self.assertEqual([tests[n] for n in ("found", "started", "successful", "failed", "skipped")],
                         [None, 3, 1, 1, 1])
        self.assertEqual(tests["names_of_failed"], ["JUnit Jupiter > A > b()"])
        self.assertEqual(tests["still_running"], ["JUnit Jupiter > A > d()"])
        self.assertEqual(targets["contract suite on CUDA"],
                         ("missed", "1 of 3 started tests; not over after 150 s"))


class Stub(compare_torch.Comparison):
    """Contenders as told: what makes them raises, or they are off by so much."""

    def __init__(self, path, off, without_images=()):
        self.off, self.without_images = off, without_images
        functional = types.SimpleNamespace(mse_loss=None, l1_loss=None)
        super().__init__(types.SimpleNamespace(
            __version__="0", version=types.SimpleNamespace(cuda="0"), nn=types.SimpleNamespace(functional=functional),
            cuda=types.SimpleNamespace(get_device_name=lambda _: "none", empty_cache=lambda: 1 / 0)), None, str(path))

    def contenders(self, shape, penalty, parameter):
        def build(off):
            if off is None:
                raise RuntimeError("not on this Python\n\nsecond line\nthird\nfourth")
            return off
        return {name: lambda off=off: build(off) for name, off in self.off.items()}

    def reference(self, penalty, parameter):
        return None, None, None

    @staticmethod
    def compared(build, *_):
        return 0.0, build()

    def images(self, shape):
        if shape in self.without_images:
            raise MemoryError("of the device")

    def time(self, run, sets):
        return 1e-6


class Comparison(Folder):
    def compare(self, *arguments):
        path = self.folder / "pytorch.json"
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            good = Stub(path, *arguments).run()
        self.printed = printed.getvalue()
        return good, json.loads(path.read_text())

    def test_all_agree(self):
        good, results = self.compare({"DctLoss": 0.0, "eager": 0.0})
        self.assertTrue(good)
        self.assertEqual((len(results["agreement"]), len(results["cases"]), results["failures"]), (4, 18, []))

    def test_one_that_cannot_be_built(self):
        good, results = self.compare({"DctLoss": 0.0, "torch.compile": None, "eager": 0.0})
        self.assertTrue(good)
        self.assertEqual((len(results["cases"]), len(results["failures"])), (18, 8))
        self.assertEqual(results["failures"][0]["error"], "RuntimeError: not on this Python\nsecond line\nthird")
        self.assertIn("Traceback", self.printed)

    def test_one_that_disagrees(self):
        for off in (0.5, float("nan")):
            good, results = self.compare({"DctLoss": 0.0, "eager": off})
            self.assertFalse(good)
            self.assertEqual([a["agrees"] for a in results["agreement"]], [True, False] * 2)

    def test_without_dctloss(self):
        good, results = self.compare({"DctLoss": None, "eager": 0.0})
        self.assertFalse(good)
        self.assertTrue(all(c["times_dctloss"] is None for c in results["cases"]))

    def test_no_memory_for_one_size(self):
        good, results = self.compare({"DctLoss": 0.0}, compare_torch.SHAPES[:1])
        self.assertFalse(good)
        self.assertEqual(len({c["shape"] for c in results["cases"]}), 2)

    def test_no_pytorch(self):
        program = MODULE / "src/bundle/compare_torch.py"
        done = subprocess.run(
            [sys.executable, "-S", program, "none.so", self.folder / "x"], capture_output=True, text=True,
            env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(done.returncode, 3)
        self.assertIn("torch", done.stdout.splitlines()[-1])


def flat(suite):
    return [test for part in suite for test in (flat(part) if isinstance(part, unittest.TestSuite) else [part])]


def run(test):
    result = unittest.TestResult()
    test.run(result)
    return test, result.failures + result.errors


if __name__ == "__main__":
    tests = flat(unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"]))
    # Reports redirect the process's output, so they take turns; scripts are processes of their own, which mostly wait.
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(run, (t for t in tests if isinstance(t, Script))))
    results += [run(t) for t in tests if not isinstance(t, Script)]
    failed = [(test, problems) for test, problems in results if problems]
    for test, problems in failed:
        print(f"FAILED {test.id()}")
        for _, text in problems:
            print(text)
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if failed else 0)
