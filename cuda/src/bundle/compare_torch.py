"""The same loss, forward and backward, by DctLoss and by PyTorch in several forms, on one GPU in one process.

usage: compare_torch.py LIBRARY JSON          compares
       compare_torch.py LIBRARY --dry         no PyTorch: only that the library computes the loss

Ends with 1 if a contender computes another loss or DctLoss fails, with 3 without PyTorch or its device. JSON is written
anew after every result.
"""

import ctypes
import json
import math
import os
import random
import statistics
import sys
import time
import traceback

import border

SHAPES = [(4, 3, 1080, 1920), (16, 3, 1024, 1024), (16, 3, 96, 96)]  # those of the targets come first
CHECKED_SHAPE = (2, 3, 64, 96)
FORMS = ("conv2d", "reshape + two matmuls", "reshape + one matmul")
PENALTIES = [("charbonnier", 1e-3), ("squared", 0.0)]
SAMPLES = 15
WARM_UPS = 3
SHORTEST_SAMPLE = 0.02  # seconds
ROTATING_BYTES = 512 << 20
LOSS_TOLERANCE, GRADIENT_TOLERANCE = 1e-5, 1e-4  # relative, float32 against float64


def compare(library, path):
    try:
        import torch

        if not torch.cuda.is_available():
            raise RuntimeError(f"PyTorch {torch.__version__} finds no CUDA device")
    except Exception as error:  # a broken installation raises whatever it likes
        traceback.print_exc()
        print(f"PyTorch: {first_lines(error)}".replace("\n", " "))
        return 3

    torch.backends.cuda.matmul.allow_tf32 = False  # 10 bits are not the same loss
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = True
    # An own stream, as in graphs and data loaders; never the default one, which waits for all others.
    with torch.cuda.stream(torch.cuda.Stream()):
        return 0 if Comparison(torch, border.Border(library), path).run() else 1


def first_lines(error):
    """What an exception is and says, as far as a table can hold it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return "\n".join([f"{type(error).__name__}: {lines[0] if lines else ''}"] + lines[1:3])[:600]


def finite(number):
    """JSON has no NaN."""
    return number if math.isfinite(number) else None


class Comparison:
    def __init__(self, torch, library, path):
        self.torch, self.library, self.path = torch, library, path
        self.results = {
            "torch": torch.__version__,
            "torch_cuda": torch.version.cuda,
            "device": torch.cuda.get_device_name(0),
            "tf32": False,
            "weights": "1 / (1 + 0.1 (u + v))",
            "agreement": [],
            "cases": [],
            "failures": [],
        }

    def run(self):
        """Whether all that ran is the same loss, and DctLoss ran."""
        for penalty, parameter in PENALTIES:
            self.check(penalty, parameter)
            for shape in SHAPES:
                self.measure(shape, penalty, parameter)
        own = {(c["shape"], c["penalty"]) for c in self.results["cases"] if c["contender"] == "DctLoss"}
        agreed = {a["penalty"] for a in self.results["agreement"] if a["contender"] == "DctLoss"}
        return (all(a["agrees"] for a in self.results["agreement"]) and len(agreed) == len(PENALTIES)
                and len(own) == len(SHAPES) * len(PENALTIES))

    def write(self):
        # A reader, or a later one after a kill, finds all of it or what was there before.
        with open(self.path + ".new", "w") as file:
            json.dump(self.results, file, indent=1)
        os.replace(self.path + ".new", self.path)

    def attempt(self, what, function, *arguments):
        """What the function returns; None if it raises, which is written down and ends nothing else."""
        try:
            return function(*arguments)
        except Exception as error:
            self.results["failures"].append({"what": what, "error": first_lines(error)})
            print(f"{what}: FAILED", flush=True)
            traceback.print_exc(file=sys.stdout)
        try:
            self.torch.cuda.empty_cache()
        except Exception as error:
            print(f"after that: {first_lines(error)}", flush=True)
        self.write()
        return None

    # ------------------------------------------------------------------------------------------- the loss in PyTorch

    def rho(self, penalty, parameter):
        if penalty == "squared":
            return lambda e: e * e
        # As the library has it: 0 for equal images, without cancellation.
        return lambda e: e * e / (self.torch.sqrt(e * e + parameter * parameter) + parameter)

    def forms(self, penalty, parameter, dtype):
        """Functions of prediction and target that give the loss."""
        torch = self.torch
        rho = self.rho(penalty, parameter)
        c = torch.tensor(border.cosines(), dtype=torch.float64)
        w = torch.tensor(border.falling_weights(), dtype=torch.float64)
        # basis[u, v, y, x] = W[u, v] C[u, y] C[v, x]
        basis = torch.einsum("uv,uy,vx->uvyx", w, c, c)
        kernels = basis.reshape(64, 1, 8, 8).to("cuda", dtype)
        matrix = basis.reshape(64, 64).t().contiguous().to("cuda", dtype)
        c, w = c.to("cuda", dtype), w.to("cuda", dtype)
        ct = c.t().contiguous()

        def blocks(p, t):
            n, channels, height, width = p.shape
            return (p - t).reshape(n, channels, height // 8, 8, width // 8, 8).permute(0, 1, 2, 4, 3, 5)

        def conv2d(p, t):
            n, channels, height, width = p.shape
            difference = (p - t).reshape(n * channels, 1, height, width)
            return rho(torch.nn.functional.conv2d(difference, kernels, stride=8)).mean()

        def two_products(p, t):
            return rho(w * (c @ blocks(p, t) @ ct)).mean()

        def one_product(p, t):
            return rho(blocks(p, t).reshape(-1, 64) @ matrix).mean()

        return dict(zip(FORMS, (conv2d, two_products, one_product)))

    def contenders(self, shape, penalty, parameter):
        """By name what makes a function of prediction, target and memory for the gradient: it gives loss and gradient."""
        torch = self.torch

        def differentiated(form):
            def run(p, t, _):
                loss = form(p, t)
                return loss.detach(), torch.autograd.grad(loss, p)[0]
            return run

        def eager(name):
            return lambda: differentiated(self.forms(penalty, parameter, torch.float32)[name])

        def compiled(name):
            def build():
                torch.compiler.reset()  # it gives up on functions that it has compiled eight times
                form = self.forms(penalty, parameter, torch.float32)[name]
                return differentiated(torch.compile(form, dynamic=False))
            return build

        found = {"DctLoss": lambda: self.own(shape, penalty, parameter),
                 "DctLoss, forward and then backward": lambda: self.own_in_two_steps(shape, penalty, parameter)}
        return found | {"eager " + name: eager(name) for name in FORMS} | {
            "torch.compile " + name: compiled(name) for name in FORMS}

    # ------------------------------------------------------------------------------------------- the loss of DctLoss

    def prepared(self, shape, penalty, parameter):
        torch = self.torch
        job = self.library.job(shape, penalty, parameter)
        constants = torch.frombuffer(bytearray(self.library.constants(job)), dtype=torch.uint8).cuda()
        workspace = torch.zeros(self.library.workspace_bytes(job), dtype=torch.uint8, device="cuda")
        loss = torch.zeros((), dtype=torch.float64, device="cuda")
        job.constants, job.workspace, job.loss = constants.data_ptr(), workspace.data_ptr(), loss.data_ptr()
        return job, loss, (constants, workspace)

    def own(self, shape, penalty, parameter):
        """Loss and gradient in one kernel."""
        job, loss, held = self.prepared(shape, penalty, parameter)

        def run(p, t, g, _held=held):
            self.call(job, shape, p, t, g, None)
            return loss, g
        return run

    def own_in_two_steps(self, shape, penalty, parameter):
        """As a function of autograd: the loss, and later its gradient times what comes from above."""
        torch, call = self.torch, self.call
        job, loss, held = self.prepared(shape, penalty, parameter)

        class Loss(torch.autograd.Function):
            @staticmethod
            def forward(context, p, t):
                context.save_for_backward(p, t)
                call(job, shape, p, t, None, None)
                return loss.float()

            @staticmethod
            def backward(context, upstream):
                p, t = context.saved_tensors
                g = torch.empty_like(p)
                call(job, shape, p, t, g, upstream.contiguous())
                return g, None

        def run(p, t, _, _held=held):
            value = Loss.apply(p, t)
            return value.detach(), torch.autograd.grad(value, p)[0]
        return run

    def call(self, job, shape, p, t, g, upstream):
        job.prediction, job.target = border.view(shape, p.data_ptr()), border.view(shape, t.data_ptr())
        job.gradient = border.view(shape, g.data_ptr()) if g is not None else border.View()
        job.upstream = upstream.data_ptr() if upstream is not None else 0
        self.library.loss(job, 0, self.torch.cuda.current_stream().cuda_stream)

    # ------------------------------------------------------------------------------------------------- what is done

    def images(self, shape):
        p = self.torch.rand(shape, device="cuda")
        t = self.torch.rand(shape, device="cuda")
        return p.requires_grad_(), t, self.torch.empty_like(t)

    def check(self, penalty, parameter):
        """All contenders compute one loss and one gradient."""
        made = self.attempt(f"float64 reference, {penalty}", self.reference, penalty, parameter)
        if made is None:
            return
        for name, build in self.contenders(CHECKED_SHAPE, penalty, parameter).items():
            off = self.attempt(f"agreement of {name}, {penalty}", self.compared, build, *made)
            if off is None:
                continue
            good = off[0] <= LOSS_TOLERANCE and off[1] <= GRADIENT_TOLERANCE
            self.results["agreement"].append({"penalty": penalty, "contender": name, "loss_error": finite(off[0]),
                                              "gradient_error": finite(off[1]), "agrees": good})
            print(f"{penalty}, {name}: loss off by {off[0]:.1e}, gradient by {off[1]:.1e}"
                  f"{'' if good else ': NOT THE SAME LOSS'}", flush=True)
            self.write()

    def reference(self, penalty, parameter):
        """Images, and their loss and gradient."""
        images = self.images(CHECKED_SHAPE)
        p = images[0].detach().double().requires_grad_()
        loss = self.forms(penalty, parameter, self.torch.float64)["reshape + two matmuls"](p, images[1].double())
        return images, loss.item(), self.torch.autograd.grad(loss, p)[0]

    @staticmethod
    def compared(build, images, exact, exact_gradient):
        loss, gradient = build()(*images)
        return (abs(loss.item() / exact - 1),
                ((gradient.double() - exact_gradient).norm() / exact_gradient.norm()).item())

    def measure(self, shape, penalty, parameter):
        torch, size = self.torch, "x".join(map(str, shape))
        count = min(64, 1 + ROTATING_BYTES // (3 * 4 * math.prod(shape)))
        sets = self.attempt(f"{size}, images", lambda: [self.images(shape) for _ in range(count)])
        if sets is None:
            return
        contenders = self.contenders(shape, penalty, parameter)
        if penalty == PENALTIES[0][0]:
            for name, form in (("MSE", torch.nn.functional.mse_loss), ("L1", torch.nn.functional.l1_loss)):
                contenders["PyTorch's " + name] = lambda form=form: (
                    lambda p, t, _: (None, torch.autograd.grad(form(p, t), p)[0]))
        own = None
        for name, build in contenders.items():
            what = f"{size}, {penalty}, {name}"
            time = self.attempt(what, lambda: self.time(build(), sets))
            if time is None:
                continue
            own = time if name == "DctLoss" else own
            self.results["cases"].append({
                "shape": size, "penalty": None if name.startswith("PyTorch's") else penalty, "contender": name,
                "microseconds": time * 1e6, "times_dctloss": time / own if own else None})
            print(f"{what}: {time * 1e6:.1f} us", flush=True)
            self.write()

    def time(self, run, sets):
        """Median seconds of a call."""
        torch = self.torch
        for i in range(WARM_UPS):
            run(*sets[i % len(sets)])
        torch.cuda.synchronize()
        start = time.perf_counter()
        run(*sets[0])
        torch.cuda.synchronize()
        calls = max(3, min(64, int(SHORTEST_SAMPLE / (time.perf_counter() - start))))
        samples, at = [], 0
        for _ in range(SAMPLES):
            before, after = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            before.record()
            for _ in range(calls):
                run(*sets[at % len(sets)])
                at += 1
            after.record()
            after.synchronize()
            samples.append(before.elapsed_time(after) * 1e-3 / calls)
        return statistics.median(samples)


# ----------------------------------------------------------------------------------------------------------- dry


def exact_loss(shape, penalty, parameter, p, t):
    """Loss and gradient in float64, by definition."""
    n, c, h, w = shape
    cosines, weights = border.cosines(), border.falling_weights()
    basis = [[[cosines[u][y] * cosines[v][x] for y in range(8) for x in range(8)] for v in range(8)] for u in range(8)]
    loss, gradient = 0.0, [0.0] * len(p)
    for top in range(0, n * c * h, 8):
        for left in range(0, w, 8):
            places = [(top + y) * w + left + x for y in range(8) for x in range(8)]
            difference = [p[i] - t[i] for i in places]
            for u in range(8):
                for v in range(8):
                    e = weights[u][v] * sum(b * d for b, d in zip(basis[u][v], difference))
                    if penalty == "squared":
                        value, slope = e * e, 2 * e
                    else:
                        root = math.sqrt(e * e + parameter * parameter)
                        value, slope = root - parameter, e / root
                    loss += value
                    for i, b in zip(places, basis[u][v]):
                        gradient[i] += weights[u][v] * slope * b
    pixels = n * c * h * w
    return loss / pixels, [g / pixels for g in gradient]


def dry(path):
    """The library through border.py alone."""
    library = border.Border(path)
    shape = (2, 1, 16, 24)
    pixels = math.prod(shape)
    random.seed(1)
    images = [(ctypes.c_float * pixels)(*[random.random() for _ in range(pixels)]) for _ in range(2)]

    def on_device(content):
        address = ctypes.c_int64()
        library.must("allocate", 0, len(content), ctypes.byref(address))
        buffer = ctypes.create_string_buffer(content, len(content))
        library.must("copy", address, ctypes.addressof(buffer), len(content), 0)
        return address.value

    for penalty, parameter in PENALTIES:
        job = library.job(shape, penalty, parameter)
        p, t = (border.view(shape, on_device(bytes(image))) for image in images)
        job.prediction, job.target = p, t
        job.gradient = border.view(shape, on_device(bytes(4 * pixels)))
        job.constants = on_device(library.constants(job))
        job.workspace = on_device(bytes(library.workspace_bytes(job)))
        job.loss = on_device(bytes(8))
        library.loss(job, 0, 0)
        loss, gradient = ctypes.c_double(), (ctypes.c_float * pixels)()
        library.must("copy", ctypes.addressof(loss), job.loss, 8, 0)
        library.must("copy", ctypes.addressof(gradient), job.gradient.address, 4 * pixels, 0)
        exact, exact_gradient = exact_loss(shape, penalty, parameter, *images)
        off = math.dist(gradient, exact_gradient) / math.hypot(*exact_gradient)
        print(f"{penalty}, {library.mapping(job)}: loss off by {abs(loss.value / exact - 1):.1e}, gradient by {off:.1e}")
        if abs(loss.value / exact - 1) > LOSS_TOLERANCE or off > GRADIENT_TOLERANCE:
            sys.exit("the library does not compute the loss")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    if sys.argv[2] == "--dry":
        dry(sys.argv[1])
    else:
        sys.exit(compare(sys.argv[1], sys.argv[2]))
