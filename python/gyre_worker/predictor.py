"""Calls predict_fn once for many inputs where that is shown to give what single calls give."""

import sys

from gyre_worker import stacking
from gyre_worker.agreement import agree, alike
from gyre_worker.stacking import ROWS, STACK, Unstackable

AUTO, STACKED, SINGLE = "auto", "stack", "single"
UNTRIED, ON, OFF = "untried", "on", "off"

TRIED_AT_ONCE = 4  # items whose single answers one trial compares with the joint one
TRUST = 8  # points of the first signature; one more agreeing trial does for each later one
DIFFERENT = 4  # points of a trial whose single answers differ among themselves
MOST_SIGNATURES = 256
MOST_REFUSED = 8  # signatures, with none trusted: then no more are tried


class Raised:
    """In an output's place: what predict_fn raised for that input."""

    __slots__ = ("error",)

    def __init__(self, error):
        self.error = error


class _Trial:
    """What is known of one signature."""

    __slots__ = ("how", "plan", "points", "trusted", "refused", "same_agrees", "most")

    def __init__(self):
        self.how = None
        self.plan = None
        self.points = 0
        self.trusted = False
        self.refused = False
        self.same_agrees = False  # equal inputs gave equal answers; nothing is known of others
        self.most = sys.maxsize  # items that one call can bear


class Predictor:
    """`predict(value, indexes)` calls the model for the requests of these indexes.

    In the mode "auto" inputs of a signature are joined once trials with real requests agreed: the
    trial runs them one by one, and joined beside that, and answers with the single ones. A joint
    answer that differs ends it for the whole model; one that raises, for that signature.
    """

    def __init__(self, predict, mode: str = AUTO, why: str = ""):
        self._predict = predict
        self._agree = alike if mode == STACKED else agree
        self._trust = 1 if mode == STACKED else TRUST
        self._trials = {}
        self._refused = 0
        self.state = OFF if mode == SINGLE else UNTRIED
        self._over = mode == SINGLE
        self._notes = [(self.state, why)] if why else []

    def notes(self) -> list:
        """(state, why) of each change since the last call."""
        if not self._notes:
            return self._notes
        notes, self._notes = self._notes, []
        return notes

    def run(self, values: list, same) -> list:
        """An output or Raised for each of `values`, [(index, input)]. same(i, j) says whether two
        requests are equal."""
        if self._over or len(values) == 1:
            return [self._single(item) for item in values]
        outputs = {}
        groups = {}
        for item in values:
            groups.setdefault(stacking.signature(item[1]), []).append(item)
        for signature, items in groups.items():
            if signature is None or len(items) == 1:
                outputs.update((item[0], self._single(item)) for item in items)
            else:
                outputs.update(self._group(signature, items, same))
        if None in groups and self.state == UNTRIED and len(groups) == 1:
            self._become(OFF, f"inputs of type {type(values[0][1]).__name__} are not joined")
        return [outputs[index] for index, _ in values]

    def _single(self, item):
        try:
            return self._predict(item[1], (item[0],))
        except (Exception, SystemExit) as error:
            return Raised(error)

    def _group(self, signature, items, same):
        trial = self._trials.get(signature)
        if trial is None:
            trial = _Trial()
            if len(self._trials) < MOST_SIGNATURES:
                self._trials[signature] = trial
            else:
                trial.refused = True
        done = {}
        while items:
            if trial.refused or self._over or len(items) == 1:
                done.update((item[0], self._single(item)) for item in items)
                break
            if trial.trusted or (
                trial.same_agrees and all(same(items[0][0], item[0]) for item in items)
            ):
                self._chunks(trial, items, done)
                break
            self._try(signature, trial, items[:TRIED_AT_ONCE], same, done)
            items = items[TRIED_AT_ONCE:]
        return done

    def _chunks(self, trial, items, done):
        while items:
            most = trial.most
            self._joint(trial, items[:most], done)
            items = items[most:]

    def _joint(self, trial, items, done):
        """Fills `done`; halves the items where the call raises, so that a bad one fails alone."""
        if len(items) == 1:
            done[items[0][0]] = self._single(items[0])
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
                outputs = [self._single(item) for item in items]
            done.update(zip((item[0] for item in items), outputs))
            return
        # Beyond the except clause, or else each error would carry all before it along.
        middle = len(items) // 2
        self._joint(trial, items[:middle], done)
        self._joint(trial, items[middle:], done)
        if any(type(done[item[0]]) is Raised for item in items):
            return
        trial.most = min(trial.most, middle)  # each half is fine: it was the size
        if trial.most == 1:
            self._refuse(trial, f"a call with two items raised {error}")

    def _call(self, how, plan, items):
        values = [value for _, value in items]
        spans, total = _spans(values, how)
        whole = self._predict(stacking.join(values, how), tuple(index for index, _ in items))
        return stacking.split(plan, whole, spans, total)

    def _try(self, signature, trial, items, same, done):
        # Joined first, for predict_fn may change its input in place.
        joined = {}
        for how in (ROWS, STACK) if trial.how is None else (trial.how,):
            try:
                values = [value for _, value in items]
                joined[how] = (stacking.join(values, how), *_spans(values, how))
            except Exception:
                continue
        singles = [self._single(item) for item in items]
        done.update((item[0], single) for item, single in zip(items, singles))
        if not joined or any(type(single) is Raised for single in singles):
            return  # nothing is learnt from these
        indexes = tuple(index for index, _ in items)
        why, wrong = "", False
        for how, (value, spans, total) in joined.items():
            try:
                whole = self._predict(value, indexes)
                plan = stacking.find_plan(whole, singles, spans, total, self._agree)
                if trial.plan is not None and plan != trial.plan:
                    raise Unstackable("the output's structure changes from batch to batch")
            except Unstackable as error:
                why, wrong = str(error), True
            except (Exception, SystemExit) as error:
                why = why or f"predict_fn raised {type(error).__name__}: {error}"
            else:
                trial.how, trial.plan = how, plan
                return self._agreed(signature, trial, items, singles, same)
        if wrong:
            self._over = True
            self._become(OFF, f"{why} (inputs {_describe(signature)})")
        else:
            self._refuse(trial, f"{why} (inputs {_describe(signature)})")

    def _agreed(self, signature, trial, items, singles, same):
        if self._agree is agree:
            if all(same(items[0][0], item[0]) for item in items):
                trial.same_agrees = True
                if self.state == UNTRIED:
                    self._become(ON, f"equal inputs {_describe(signature)} agree; others are tried")
                return
            alike_answers = all(agree(singles[0], single) for single in singles)
            trial.points += 1 if alike_answers else DIFFERENT
        else:
            trial.points += 1
        if trial.points >= self._trust:
            trial.trusted = True
            self._trust = 1
            self._become(
                ON, f"joint and single answers agree for inputs {_describe(signature)}"
            )

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
