"""The network in PyTorch: `--variant eager`, `compiled`, or `autograd` and `autograd-compiled` as most would write it.

The first two write the gradients out: a third faster here than automatic ones, since the tied weights are then changed in
place by each of their two products, instead of by two gradients, their sum and a step.
"""

import common
import torch
from torch.nn import functional

N_BYTES_A_WORD = 8


class Network:
    """Parameters, and the steps that change them. `w` is (h, d); `v` is the decoder's (d, h), or None where tied."""

    def __init__(self, work):
        bound = common.initial_bound(work.hidden)
        uniform = lambda *shape: torch.empty(*shape).uniform_(-bound, bound)
        self.work = work
        self.dtype = torch.bfloat16 if work.precision == "bf16" else torch.float32
        self.threshold = common.mask_threshold(work.masking)
        self.w = uniform(work.hidden, common.N_VISIBLE)
        self.v = uniform(common.N_VISIBLE, work.hidden) if work.untied else None
        self.b = torch.zeros(work.hidden)
        self.c = torch.zeros(common.N_VISIBLE)
        self.fused_adam = None
        if work.optimizer == "adam" and work.variant == "eager":
            # One pass over the parameters; compiled steps fuse the formula below by themselves.
            self.fused_adam = torch.optim.Adam(self.parameters(), lr=work.learning_rate, fused=True)
        elif work.optimizer == "adam":
            self.n_steps = torch.zeros(())
            self.moments = [(torch.zeros_like(p), torch.zeros_like(p)) for p in self.parameters()]

    def parameters(self):
        return [p for p in (self.w, self.v, self.b, self.c) if p is not None]

    def random_bytes(self, n_rows):
        """(n_rows, 784) bytes, drawn eight at a time: an eighth of the time of one at a time, a twentieth of `bernoulli_`."""
        words = torch.empty(n_rows * common.N_VISIBLE // N_BYTES_A_WORD, dtype=torch.int64)
        return words.random_(-(2**63), None).view(torch.uint8).view(n_rows, common.N_VISIBLE)

    def written_step(self, x, noise):
        """One step with the gradients written out; gives the sum of squared errors over the batch."""
        n, low = x.shape[0], lambda tensor: tensor.to(self.dtype)
        corrupted = low(torch.where(noise >= self.threshold, x, 0.0))
        w = low(self.w)
        decoder = w if self.v is None else low(self.v).t()
        if self.dtype == torch.float32:
            code = torch.sigmoid(torch.addmm(self.b, corrupted, w.t()))
            restored = torch.sigmoid(torch.addmm(self.c, code, decoder))
        else:
            code = torch.sigmoid((corrupted @ w.t()).float() + self.b)
            restored = torch.sigmoid((low(code) @ decoder).float() + self.c)
        error = restored - x
        d_visible = error * restored * (1 - restored) * (2 / n)
        d_hidden = (low(d_visible) @ decoder.t()).float() * code * (1 - code)
        outer = [(low(d_hidden).t(), corrupted)]
        if self.v is None:
            self.change(outer + [(low(code).t(), low(d_visible))], None, d_hidden, d_visible)
        else:
            self.change(outer, (low(d_visible).t(), low(code)), d_hidden, d_visible)
        return error.square().sum()

    def change(self, of_w, of_v, d_hidden, d_visible):
        """The optimizer's step from the factors of the weights' gradients and the deltas of the units."""
        rate = self.work.learning_rate
        biases = [d_hidden.sum(0), d_visible.sum(0)]
        if self.work.optimizer == "sgd" and self.dtype == torch.float32:
            for weights, factors in [(self.w, of_w), (self.v, [of_v] if of_v else [])]:
                for left, right in factors:
                    weights.addmm_(left, right, alpha=-rate)
            self.b.sub_(biases[0], alpha=rate)
            self.c.sub_(biases[1], alpha=rate)
            return
        matrices = [sum((left @ right).float() for left, right in of_w)]
        matrices += [(of_v[0] @ of_v[1]).float()] if of_v else []
        if self.work.optimizer == "sgd":
            for parameter, gradient in zip(self.parameters(), matrices + biases):
                parameter.sub_(gradient, alpha=rate)
        elif self.fused_adam:
            for parameter, gradient in zip(self.parameters(), matrices + biases):
                parameter.grad = gradient
            self.fused_adam.step()
        else:
            self.adam(matrices + biases)

    def adam(self, gradients):
        beta1, beta2, epsilon = common.ADAM["beta1"], common.ADAM["beta2"], common.ADAM["epsilon"]
        self.n_steps.add_(1)
        rate = self.work.learning_rate / (1 - beta1**self.n_steps)
        correction = 1 / (1 - beta2**self.n_steps).sqrt()
        for parameter, gradient, (first, second) in zip(self.parameters(), gradients, self.moments):
            first.lerp_(gradient, 1 - beta1)
            second.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
            parameter.sub_(rate * first / (second.sqrt() * correction + epsilon))

    def loss(self, x, noise):
        """The sum of squared errors over the batch, for automatic gradients."""
        corrupted = torch.where(noise >= self.threshold, x, 0.0)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.dtype == torch.bfloat16):
            code = torch.sigmoid(functional.linear(corrupted, self.w, self.b))
            decoder = self.w.t() if self.v is None else self.v
            restored = torch.sigmoid(functional.linear(code, decoder, self.c).float())
        return (restored - x).square().sum()

    def automatic_step(self, compiled):
        """A step through autograd and the framework's own fused optimizer, with the gradients compiled or not."""
        for parameter in self.parameters():
            parameter.requires_grad_()
        if self.work.optimizer == "sgd":
            optimizer = torch.optim.SGD(self.parameters(), lr=self.work.learning_rate, fused=True)
        else:
            optimizer = torch.optim.Adam(self.parameters(), lr=self.work.learning_rate, fused=True)
        loss = torch.compile(self.loss, dynamic=False) if compiled else self.loss

        def step(x, noise):
            optimizer.zero_grad(set_to_none=True)
            total = loss(x, noise)
            (total / x.shape[0]).backward()
            optimizer.step()
            return total.detach()

        return step


def compiled(function):
    """The whole step in one graph, called from C++."""
    torch._inductor.config.cpp_wrapper = True
    return torch.compile(function, mode="max-autotune", dynamic=False, fullgraph=True)


def train(work, pixels):
    network = Network(work)
    if work.variant.startswith("autograd"):
        step = network.automatic_step(work.variant == "autograd-compiled")
    else:
        step = torch.no_grad()(compiled(network.written_step) if work.variant == "compiled" else network.written_step)
    images = pixels.float() / 255
    n = len(images)

    def epoch(_):
        total = torch.zeros((), dtype=torch.float64)
        for rows in torch.randperm(n).split(work.batch):
            total += step(images[rows], network.random_bytes(len(rows)))
        return total.item() / n

    return epoch


def encode(work, pixels):
    network = Network(work)
    images = pixels.float() / 255
    codes = torch.empty(len(images), work.hidden)

    def into(rows, out):
        torch.addmm(network.b, rows, network.w.t(), out=out).sigmoid_()

    def written(rows, out):
        out.copy_(torch.sigmoid(functional.linear(rows, network.w, network.b)))

    part = compiled(written) if work.variant == "compiled" else into

    @torch.no_grad()
    def epoch(_):
        for first in range(0, len(images), ENCODE_ROWS):
            part(images[first : first + ENCODE_ROWS], codes[first : first + ENCODE_ROWS])

    return epoch


# Parts of 1000 rows to all at once measured the same; smaller ones slower.
ENCODE_ROWS = 6000


def main():
    work = common.parse_work()
    torch.set_num_threads(work.threads)
    torch.manual_seed(work.seed)
    pixels = torch.from_numpy(common.read_images(work.images))
    epoch = (train if work.task == "train" else encode)(work, pixels)
    common.run(work, f"PyTorch {work.variant}", torch.__version__, len(pixels), epoch)


if __name__ == "__main__":
    main()
