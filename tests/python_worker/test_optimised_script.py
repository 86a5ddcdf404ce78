"""TorchScript that computes on an optimised copy, and stays what it was to its handler."""

import copy
import io

import pytest
import torch
from conftest import PYTHON  # noqa: F401  (it puts gyre_worker on the path)
from torch import nn

from gyre_worker import optimised_script


class Network(nn.Module):
    """What folds: a convolution with batch normalisation."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(),
                                  nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 4))
        self.body[1].running_var.fill_(2.0)

    def forward(self, x):
        return self.body(x)

    @torch.jit.export
    def features(self, x):
        return self.body[0](x)


class Counter(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.count.add_(1)
        return x + self.count


class Noise(nn.Module):
    def forward(self, x):
        return x + torch.rand_like(x)


class Recurrent(nn.Module):
    """Another structure of inputs and outputs; it writes to what it gets."""

    def forward(self, x, state: tuple[torch.Tensor, list[torch.Tensor]], scale: float = 1.0):
        state[1][0].add_(1)
        return {"y": x * scale + state[0]}, state[1]


def loaded(module):
    out = io.BytesIO()
    torch.jit.save(torch.jit.script(module.eval()), out)
    out.seek(0)
    return torch.jit.load(out).eval()


@pytest.fixture
def optimised(capfd):
    """The module after it was optimised; what was said of it afterwards is optimised.said()."""

    def make(module):
        assert optimised_script.optimise_loaded() >= 1
        make.said()
        return module

    make.said = lambda: capfd.readouterr().out
    return make


def part(module, number):
    return getattr(module.body, str(number))


def is_copy_used(module) -> bool:
    return module.__dict__["forward"]._copy is not None


PICTURES = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)


def test_answers_are_the_originals(optimised):
    module = loaded(Network())
    with torch.inference_mode():
        expected = module(PICTURES)
        optimised(module)
        for batch in (PICTURES, PICTURES, PICTURES[:1], PICTURES.repeat(3, 1, 1, 1)):
            answer = module(batch)
            torch.testing.assert_close(answer[:1], expected[:1], rtol=1e-5, atol=1e-5)
    assert is_copy_used(module) and optimised.said() == ""


def test_it_computes_on_the_copy_once_both_agree(optimised):
    module = optimised(loaded(nn.Linear(8, 4)))
    forward = module.__dict__["forward"]
    with torch.no_grad():
        module(PICTURES)
        forward._copy = lambda x: "the copy's"
        assert module(PICTURES) == "the copy's" and module.forward(PICTURES) == "the copy's"
        assert optimised.said() == ""
        assert torch.is_tensor(module(PICTURES[0]))  # of another kind: compared first, and it differs
    assert "answered otherwise" in optimised.said() and not is_copy_used(module)


def test_the_module_is_what_was_loaded(optimised):
    module = loaded(Network())
    code, names, kind = module.code, list(module.state_dict()), type(module)
    optimised(module)
    assert type(module) is kind and isinstance(module, torch.jit.ScriptModule)
    assert module.code == code and list(module.state_dict()) == names
    assert len(list(module.parameters())) == 6 and not module.training
    assert module.forward.code == code and module.graph is not None
    assert module.features(PICTURES).shape == (2, 8, 6, 6)
    again = io.BytesIO()
    torch.jit.save(module, again)
    again.seek(0)
    for other in (torch.jit.load(again), copy.deepcopy(module), torch.jit.script(nn.Sequential(module))):
        torch.testing.assert_close(other(PICTURES), module(PICTURES))


def test_gradients_are_the_originals(optimised):
    module = optimised(loaded(Network()))
    pictures = PICTURES.clone().requires_grad_()
    module(pictures).sum().backward()
    assert pictures.grad.abs().sum() > 0 and part(module, 0).weight.grad is not None
    assert module(PICTURES).requires_grad


def test_training_is_the_originals(optimised):
    module = optimised(loaded(Network()))
    with torch.no_grad():
        expected = module(PICTURES)
        before = part(module, 1).running_mean.clone()
        module.train()(PICTURES)
        assert not torch.equal(part(module, 1).running_mean, before)
        assert not torch.equal(module.eval()(PICTURES), expected)


@pytest.mark.parametrize("change", [
    lambda module: module.load_state_dict({k: v * 2 for k, v in module.state_dict().items()}),
    lambda module: part(module, 0).weight.mul_(2),
    lambda module: module.to(torch.float64)], ids=["load_state_dict", "in place", "to"])
def test_changed_weights_are_heeded(optimised, change):
    module, twin = loaded(Network()), loaded(Network())
    twin.load_state_dict(module.state_dict())
    optimised(module)
    with torch.no_grad():
        module(PICTURES)
        for one in (module, twin):
            change(one)
        pictures = PICTURES.to(next(twin.parameters()).dtype)
        assert torch.equal(module(pictures), twin.forward(pictures))


def test_what_changes_itself_stays_as_it_is(capfd):
    module = loaded(Counter())
    optimised_script.optimise_loaded()
    assert "forward" not in module.__dict__
    with torch.no_grad():
        assert [float(module(torch.zeros(1))) for _ in range(2)] == [1, 2]
    assert float(module.count) == 2


def test_answers_that_differ_put_the_original_back(optimised):
    module = optimised(loaded(Noise()))
    with torch.no_grad():
        module(PICTURES)
    assert not is_copy_used(module)
    assert optimised.said() == ("gyre: TorchScript goes on as it was loaded: "
                                "the optimised one answered otherwise\n")


def test_a_copy_that_raises_puts_the_original_back(optimised):
    module = optimised(loaded(Network()))

    def fail(*_):
        raise RuntimeError("no kernel\nfor this")

    with torch.no_grad():
        expected = module(PICTURES)
        module.__dict__["forward"]._copy = fail
        torch.testing.assert_close(module(PICTURES), expected)
    assert not is_copy_used(module) and "raised RuntimeError: no kernel\n" in optimised.said()


def test_a_wrong_input_is_an_error_and_no_more(optimised):
    module = optimised(loaded(Network()))
    with torch.no_grad():
        module(PICTURES)
        for _ in range(2):
            with pytest.raises(RuntimeError):
                module(PICTURES[:, :2])
    assert is_copy_used(module) and optimised.said() == ""


def test_structures_and_inputs_that_are_written_to(optimised):
    module = optimised(loaded(Recurrent()))
    with torch.no_grad():
        for number in range(1, 4):
            state = torch.ones(2), [torch.zeros(1)]
            answer, rest = module(torch.ones(2), state, scale=2.0)
            assert answer["y"].tolist() == [3, 3] and float(rest[0]) == float(state[1][0]) == 1, number
    assert is_copy_used(module)


def test_only_outermost_modules_are_optimised(optimised):
    module = optimised(loaded(nn.Sequential(Network(), nn.Softmax(dim=1))))
    assert "forward" in module.__dict__ and "forward" not in getattr(module, "0").__dict__
