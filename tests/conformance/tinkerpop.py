"""TinkerPop's feature files against a server of its own: `python -m conformance.tinkerpop REPOSITORY [WORD…]`.

REPOSITORY is a copy of TinkerPop's (its gremlin-test and gremlin-python), of 3.7 or 3.8: the server's graphs speak the
same. Each scenario is asked twice: as the
bytecode that gremlinpython makes of it, by TinkerPop's own step definitions, and as a script with bindings. With
words, only scenarios whose name or feature has one. Prints a line for each that fails."""

import collections
import gc
import importlib
import os
import pathlib
import re
import sys
import tempfile
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from conformance.features import scenarios  # noqa: E402
from support.platform import Platform  # noqa: E402

RESOURCES = "gremlin-test/src/main/resources/org/apache/tinkerpop/gremlin/"
PYTHON = "gremlin-python/src/main/python"


class World:
    """radish's, as far as TinkerPop's steps use it."""

    def __init__(self):
        self.config = types.SimpleNamespace(user_data={})


def pretend_radish(steps, hooks):
    radish, world = types.ModuleType("radish"), World()
    patterns = {"w": r"(\w+)", "d": r"(\d+)", "QuotedString": r'"(.*)"'}

    def step(text):
        pattern = re.sub(r"\\\{(\w+):(\w+)\\\}", lambda m: patterns[m.group(2)],
                         re.escape(text).replace(r"\:", ":"))
        numbers = [kind == "d" for kind in re.findall(r"\{\w+:(\w+)\}", text)]

        def take(function):
            steps.append((re.compile(pattern + "$"), numbers, function))
            return function
        return take

    def pick(function):
        setattr(world, function.__name__, function)
        return function

    class Hook:
        def __init__(self, when):
            self.when = when

        def __getattr__(self, name):
            def take(function):
                hooks[self.when + "_" + name] = function
                return function
            return take

    radish.given = radish.when = radish.then = step
    radish.world, radish.pick = world, pick
    radish.before, radish.after = Hook("before"), Hook("after")
    sys.modules["radish"] = radish
    return world


def pretend_hamcrest():
    hamcrest = types.ModuleType("hamcrest")

    def assert_that(value, matcher=None, reason=""):
        if callable(matcher):
            assert matcher(value), f"{reason[:300]}: {value!r} is not {matcher.__doc__}"[:900]
        else:
            assert value, matcher

    def made(name, test):
        def make(wanted):
            def matcher(value):
                return test(value, wanted)
            matcher.__doc__ = f"{name} {wanted!r}"
            return matcher
        return make
    hamcrest.assert_that = assert_that
    hamcrest.equal_to = hamcrest.is_ = made("equal to", lambda a, b: a == b)
    hamcrest.is_in = made("in", lambda a, b: a in b)
    hamcrest.contains_string = made("containing", lambda a, b: b in a)
    hamcrest.ends_with = made("ending in", lambda a, b: a.endswith(b))
    hamcrest.starts_with = made("starting with", lambda a, b: a.startswith(b))
    hamcrest.__all__ = [n for n in vars(hamcrest) if not n.startswith("__")]
    sys.modules["hamcrest"] = hamcrest


class Suite:
    def __init__(self, repository, url):
        self.steps, self.hooks = [], {}
        self.world = pretend_radish(self.steps, self.hooks)
        pretend_hamcrest()
        os.environ["GREMLIN_SERVER_URL"] = url
        # The client of that version: what the features ask is in no other.
        sys.path[:0] = [str(repository / PYTHON), str(repository / PYTHON / "tests/feature")]
        # Only a server of TinkerPop's own port is named there.
        for module in ("gremlin", "utils", "terrain", "feature_steps"):
            importlib.import_module(module)
        self.feature_steps = sys.modules["feature_steps"]
        self.feature_steps.ignores.clear()
        self.world.config.user_data["serializer"] = "application/vnd.graphbinary-v1.0"
        client = importlib.import_module("gremlin_python.driver.client")
        serializer = importlib.import_module("gremlin_python.driver.serializer")
        self.client = client.Client(url, "g", message_serializer=serializer.GraphBinarySerializersV1())
        self.passed, self.failed, self.skipped = (collections.Counter() for _ in range(3))

    def run(self, path, words):
        for scenario in scenarios(path):
            if words and not any(w in scenario.name or w in str(path) for w in words):
                continue
            for way in ("bytecode", "script"):
                self.one(path, scenario, way)

    def context(self, scenario):
        wanted = types.SimpleNamespace(
            sentence=scenario.name.split(" #")[0], all_scenarios=[],
            context=types.SimpleNamespace(remote_conn={}, lookup_v={}, lookup_e={}, lookup_vp={}, ignore=False))
        if "cache" not in vars(self.world):
            self.hooks["before_all"]([], None)
        for name, cached in self.world.cache.items():
            for key in ("remote_conn", "lookup_v", "lookup_e", "lookup_vp"):
                getattr(wanted.context, key)[name] = cached[key]
        for key in ("lookup_v", "lookup_e", "lookup_vp"):
            getattr(wanted.context, key)["empty"] = {}
        self.hooks["before_each_scenario"](wanted)
        if "AllowNullPropertyValues" in scenario.tags:
            wanted.context.remote_conn["empty"].close()
            wanted.context.remote_conn["empty"] = getattr(sys.modules["terrain"], "__create_remote")("gnulls")
            self.client._traversal_source = "gnulls"
            self.client.submit("g.V().drop()", request_options={"aliases": {"g": "gnulls"}}).all().result()
        traversals = wanted.context.traversals
        wanted.context.traversals = list(traversals) if traversals is not None else None
        return wanted

    def one(self, path, scenario, way):
        wanted = self.context(scenario)
        context = wanted.context
        try:
            if any(s.text.startswith("an unsupported test") for s in scenario.steps):
                self.skipped[way] += 1
                return
            if way == "bytecode" and context.traversals is None:
                self.skipped[way] += 1
                return
            for step in scenario.steps:
                self.step(step, scenario, context, way)
            self.passed[way] += 1
        except NotImplementedError:
            self.skipped[way] += 1
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            self.failed[way] += 1
            text = next((s.doc for s in scenario.steps if s.text.startswith("the traversal of")), "")
            print(f"FAIL {way} {path.parent.name}/{path.stem}: {scenario.name}\n   {' '.join(text.split())}\n"
                  f"   {type(error).__name__}: {' '.join(str(error).split())[:600]}")
        finally:
            self.hooks["after_each_scenario"](wanted)

    def step(self, step, scenario, context, way):
        if way == "script":
            if step.text == "the graph initializer of":
                self.script(step.doc, context, scenario.tags - {"GraphComputerOnly"})
                return
            if step.text == "the traversal of":
                context.script = step.doc
                return
            if step.text in ("iterated to list", "iterated next"):
                self.iterate(step, context,
                             lambda: self.script(context.script, context, scenario.tags))
                return
            if match := re.match(r'the graph should return (\d+) for count of "(.*)"$', step.text):
                assert not context.failed, context.failed_message
                rows = self.script(match.group(2).replace('\\"', '"'), context, scenario.tags - {"GraphComputerOnly"})
                assert len(rows) == int(match.group(1)), f"{len(rows)} and not {match.group(1)}"
                return
        elif step.text == "iterated next" and not context.ignore:
            self.iterate(step, context, lambda: [context.traversal.next()])
            return
        for pattern, numbers, function in self.steps:
            match = pattern.match(step.text)
            if not match:
                continue
            given = types.SimpleNamespace(
                # 3.8's steps pass over what has strategies, for the sake of other servers.
                context=context, text="" if step.text == "the traversal of" else step.doc,
                all_tags=[types.SimpleNamespace(name=t) for t in scenario.tags - {"AllowNullPropertyValues"}],
                table=[dict(zip(step.table[0], row)) for row in step.table[1:]] if step.table else [])
            function(given, *(int(v) if n else v for v, n in zip(match.groups(), numbers)))
            if context.ignore:
                raise NotImplementedError
            return
        raise NotImplementedError(step.text)

    def iterate(self, step, context, rows_of):
        """As Java's steps, for which what next() gives may also be one value."""
        try:
            rows = rows_of()
            if step.text == "iterated next":
                one = isinstance(rows[0], (str, int, float))
                rows = rows[:1] if one else list(rows[0])
            context.result = [self.feature_steps._convert_results(row) for row in rows]
            context.failed, context.failed_message = False, ""
        except Exception as error:
            context.failed, context.failed_message = True, str(error) or repr(error)

    def script(self, text, context, tags):
        empty = "gnulls" if "AllowNullPropertyValues" in tags else "ggraph"
        source = {"empty": empty}.get(context.graph_name, "g" + context.graph_name)
        bindings = {k: v for k, v in getattr(context, "traversal_params", {}).items() if k != "g"}
        for key, value in getattr(context, "traversal_side_effects", {}).items():
            bindings["side_" + key] = value
            text = text.replace("g.", f'g.withSideEffect("{key}", side_{key}).', 1)
        if "GraphComputerOnly" in tags:
            text = text.replace("g.", "g.withComputer().", 1)
        options = {"bindings": bindings, "aliases": {"g": source}}
        self.client._traversal_source = source
        return self.client.submit(text, request_options=options).all().result()


def version_of(repository):
    """As "3.8"."""
    return re.search(r"<version>(\d+\.\d+)\.", (repository / "gremlin-test/pom.xml").read_text()).group(1)


def main(repository, *words):
    # A client that is not closed closes itself when it is collected, also within another one's event loop.
    gc.disable()
    repository = pathlib.Path(repository).resolve()
    fixtures = repository / RESOURCES / "structure/io/graphson"
    with tempfile.TemporaryDirectory() as scratch:
        config = (f'[graph]\nfixtures = "{fixtures}"\ngremlin = "{version_of(repository)}"\n'
                  '[graph.graphs.gnulls]\nmode = "tinkergraph"\nnull_properties = true\n')
        platform = Platform(pathlib.Path(scratch), config).start()
        try:
            suite = Suite(repository, platform.url.replace("http", "ws") + "/gremlin")
            for path in sorted((repository / RESOURCES / "test/features").rglob("*.feature")):
                suite.run(path, words)
        finally:
            platform.stop()
    for way in ("bytecode", "script"):
        print(f"{way}: {suite.passed[way]} passed, {suite.failed[way]} failed, {suite.skipped[way]} skipped")
    return 1 if suite.failed.total() else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
