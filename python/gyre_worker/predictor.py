"""Calls predict_fn once for many inputs where that is shown to give what single calls give."""

import sys

from gyre_worker import stacking
from gyre_worker.agreement import agree
from gyre_worker.stacking import ROWS, STACK, Unstackable

AUTO, STACKED, SINGLE = "auto", "stack", "single"
UNTRIED, ON, OFF = "untried", "on", "off"

TRUST = 12  # points of the first signature; one more agreeing trial does for each later one
DIFFERENT = 4  # points of a trial whose two single answers differ, where equal ones give 1
MOST_SIGNATURES = 256
MOST_REFUSED = 8  # signatures, with none trusted: then no more are tried


class Raised:
    """In an output's place: what predict_fn raised for that input."""

    __slots__ = ("error",)

    def __init__(self, error):
        self.error = error


class _Trial:
    """What is known of one signature."""

    __slots__ = ("how", "plan", "made", "points", "trusted", "refused", "same_agrees", "most")

    def __init__(self):
        self.how = None
        self.plan = None
        self.made = 0  # trials that agreed
        self.points = 0
        self.trusted = False
        self.refused = False
        self.same_agrees = False  # equal inputs gave equal answers; nothing is known of others
        self.most = sys.maxsize  # items that one call can bear


class _Batch:
    """The outputs of the batch that runs, by request, and the calls that gave them."""

    __slots__ = ("same", "outputs", "calls", "number", "another", "compared")

    def __init__(self, same):
        self.same = same
        self.outputs = {}
        self.calls = {}
        self.number = 0
        self.another = False  # the next call is the first of another shape than those before
        self.compared = set()  # the signatures of which two answers were compared

    def put(self, items, outputs):
        """Of one call."""
        call = (self.number, self.another)
        for (index, _), output in zip(items, outputs):
            self.outputs[index] = output
            self.calls[index] = call
        self.number += 1
        self.another = False

    def failed(self, items) -> bool:
        return any(type(self.outputs[index]) is Raised for index, _ in items)


class Predictor:
    """`predict(value, indexes)` calls the model for the requests of these indexes.

    In the mode "auto" inputs of a signature are joined from the first batch on, and two of each are
    run alone beside that until enough of them agreed. A joint answer that differs from a single one
    is given to nobody: all get single ones, now and until the model is loaded anew. One that raises
    ends it for its signature. In the mode "stack" nothing is run beside.
    """

    def __init__(self, predict, mode: str = AUTO, why: str = ""):
        self._predict = predict
        self._forced = mode == STACKED
        self._trust = TRUST
        self._trials = {}
        self._refused = 0
        self.state = OFF if mode == SINGLE else UNTRIED
        self._over = mode == SINGLE
        self._notes = [(self.state, why)] if why else []
        self.calls = None  # after run, where it took several: {index: (number, another shape's first)}

    def notes(self) -> list:
        """(state, why) of each change since the last call."""
        if not self._notes:
            return self._notes
        notes, self._notes = self._notes, []
        return notes

    def run(self, values: list, same, kinds=None) -> list:
        """An output or Raised for each of `values`, [(index, input)]. same(i, j) says whether two
        requests are equal; only those of one kinds[index] share a call."""
        self.calls = None
        if len(values) == 1:
            return [self._single(values[0])]
        batch = _Batch(same)
        if self._over:
            self._alone(values, batch)
        else:
            self._groups(values, batch, kinds)
        if batch.number > 1:
            self.calls = batch.calls
        return [batch.outputs[index] for index, _ in values]

    def _groups(self, values, batch, kinds):
        groups = {}
        for item in values:
            kind = kinds[item[0]] if kinds else None
            groups.setdefault((stacking.signature(item[1]), kind), []).append(item)
        shapes = set()
        for (signature, _), items in groups.items():
            if signature is None:
                self._alone(items, batch)
                continue
            batch.another = bool(shapes) and signature not in shapes
            shapes.add(signature)
            if len(items) == 1:
                self._alone(items, batch)
            else:
                self._group(signature, self._trial(signature), items, batch)
        if not shapes and self.state == UNTRIED:
            self._become(OFF, f"inputs of type {type(values[0][1]).__name__} are not joined")

    def _trial(self, signature):
        trial = self._trials.get(signature)
        if trial is None:
            trial = _Trial()
            if len(self._trials) < MOST_SIGNATURES:
                self._trials[signature] = trial
            else:
                trial.refused = True
        return trial

    def _single(self, item):
        try:
            return self._predict(item[1], (item[0],))
        except (Exception, SystemExit) as error:
            return Raised(error)

    def _singles(self, items):
        """A generator, since an exception leads by its frames to those of all callers, and what
        these know of it would keep both: a generator's frame leads no further."""
        for item in items:
            yield self._single(item)

    def _alone(self, items, batch):
        for item, output in zip(items, self._singles(items)):
            batch.put((item,), (output,))

    def _group(self, signature, trial, items, batch):
        if trial.refused or self._over or len(items) == 1:
            self._alone(items, batch)
        elif trial.trusted or signature in batch.compared or (
            trial.same_agrees and all(batch.same(items[0][0], item[0]) for item in items)
        ):
            while items:
                most = trial.most
                self._joint(trial, items[:most], batch)
                items = items[most:]
        else:
            self._try(signature, trial, items, batch)

    def _joint(self, trial, items, batch):
        """Halves the items where the call raises, so that a bad one fails alone."""
        if len(items) == 1:
            self._alone(items, batch)
            return
        error = None
        try:
            outputs = self._call(trial.how, trial.plan, items)
        except Unstackable:  # not these; others may still be
            outputs = None
        except (Exception, SystemExit) as raised:
            error = f"{type(raised).__name__}: {raised}"
        if error is None:
            if outputs is None:
                self._alone(items, batch)
            else:
                batch.put(items, outputs)
            return
        # Beyond the except clause, or else each error would carry all before it along.
        middle = len(items) // 2
        self._joint(trial, items[:middle], batch)
        self._joint(trial, items[middle:], batch)
        if batch.failed(items):
            return
        trial.most = min(trial.most, middle)  # each half is fine: it was the size
        if trial.most == 1:
            self._refuse(trial, f"a call with two items raised {error}")

    def _call(self, how, plan, items):
        values = [value for _, value in items]
        spans, total = _spans(values, how)
        whole = self._predict(stacking.join(values, how), tuple(index for index, _ in items))
        return stacking.split(plan, whole, spans, total)

    def _try(self, signature, trial, items, batch):
        """All in one call, and two of them alone beside that; all alone where these differ."""
        sample, singles = (), None
        if not self._forced:
            first = trial.made % len(items)
            sample = (first, _most_different(items, first, batch.same))
        indexes = tuple(index for index, _ in items)
        why, wrong = "", False
        for how, (value, spans, total) in self._joined(trial, items).items():
            try:
                whole = self._predict(value, indexes)
                if singles is None and sample:
                    singles = list(self._singles([items[at] for at in sample]))
                    if any(type(single) is Raised for single in singles):
                        break
                plan = self._plan(how, whole, singles, [spans[at] for at in sample], total)
                if trial.plan is not None and plan != trial.plan:
                    raise Unstackable("the output's structure changes from batch to batch")
                parts = stacking.split(plan, whole, spans, total)
            except Unstackable as error:
                why, wrong = str(error), True
            except (Exception, SystemExit) as error:
                why = why or f"predict_fn raised {type(error).__name__}: {error}"
            else:
                trial.how, trial.plan = how, plan
                batch.put(items, parts)
                self._agreed(signature, trial, [items[at] for at in sample], singles, batch)
                return
        if why and not wrong and len(items) > 2:  # a bad item, or too many
            middle = len(items) // 2
            self._group(signature, trial, items[:middle], batch)
            self._group(signature, trial, items[middle:], batch)
            return
        had = dict(zip(sample, singles or ()))
        for at, single in had.items():
            batch.put((items[at],), (single,))
        self._alone([item for at, item in enumerate(items) if at not in had], batch)
        why = f"{why} (inputs {_describe(signature)})" if why else ""
        if not why or batch.failed(items):
            return  # nothing is learnt from these
        if wrong:
            self._over = True
            self._become(OFF, why)
        else:
            self._refuse(trial, why)

    def _joined(self, trial, items) -> dict:
        """By how they are joined: all inputs, each one's rows in it, and how many there are. Made
        before any call, since predict_fn may change its input in place."""
        values = [value for _, value in items]
        ways = (ROWS, STACK)
        if trial.how is not None:
            ways = (trial.how,)
        elif self._forced and stacking.is_flat(values[0]):
            ways = (STACK, ROWS)
        joined = {}
        for how in ways:
            try:
                joined[how] = (stacking.own(stacking.join(values, how)), *_spans(values, how))
            except Exception:
                continue
        return joined

    def _plan(self, how, whole, singles, spans, total):
        if self._forced:
            return stacking.plan_of(whole, total, how)
        return stacking.find_plan(whole, singles, spans, total, agree)

    def _agreed(self, signature, trial, sample, singles, batch):
        what = f"inputs {_describe(signature)}"
        if self._forced:
            trial.trusted = True
            self._become(ON, f"the environment says so, and {what} can be joined")
            return
        trial.made += 1
        batch.compared.add(signature)
        if batch.same(sample[0][0], sample[1][0]):
            trial.same_agrees = True
            if self.state == UNTRIED:
                self._become(ON, f"equal {what} agree; others are tried")
            return
        if trial.points == 0:
            self._become(ON, f"joint and single answers agree for {what}")
        trial.points += 1 if agree(*singles) else DIFFERENT
        if trial.points >= self._trust:
            trial.trusted = True
            self._trust = 1

    def _refuse(self, trial, why):
        trial.refused = True
        trial.trusted = False
        self._refused += 1
        if not any(other.trusted for other in self._trials.values()):
            self._over = self._refused >= MOST_REFUSED
            self._become(OFF, why)

    def _become(self, state, why):
        self.state = state
        self._notes.append((state, why))


def _most_different(items, first, same) -> int:
    """Where the item is whose input is farthest from that of the one at `first`."""
    index, value = items[first]

    def distance(at):
        if at == first:
            return -1.0
        other, other_value = items[at]
        return 0.0 if same(index, other) else 1.0 + stacking.distance(value, other_value)

    return max(reversed(range(len(items))), key=distance)


def _spans(values, how):
    if how == STACK:
        return [(i, i + 1) for i in range(len(values))], len(values)
    spans, at = [], 0
    for value in values:
        end = at + stacking.rows(value)
        spans.append((at, end))
        at = end
    return spans, at


def _describe(signature) -> str:
    tag = signature[0]
    if tag == "tensor":
        return f"{signature[1]}[rows, {', '.join(map(str, signature[4]))}]".replace(", ]", "]")
    if tag == "array":
        return f"{signature[1]}[rows, {', '.join(map(str, signature[3]))}]".replace(", ]", "]")
    if tag == "list":
        return "list"
    return f"{tag}({', '.join(_describe(part) for part in signature[1:])})"
