#include "core/file_system.h"
#include "graph/test_graph.h"

using namespace gyre::graph;

TEST_CASE("What is written is there after the store was opened again") {
    TestGraph graph;
    CHECK(graph.Ask("g.V(1).out('knows').values('name').order()") == "josh vadas");
    graph.Reopen();
    CHECK(graph.Ask("g.V(1).out('knows').values('name').order()") == "josh vadas");
    CHECK(graph.Ask("g.V().count()") == "6");
    CHECK(graph.Ask("g.V().hasLabel('software').count()") == "2");
    CHECK(graph.Ask("g.V(3).in().count()") == "3");
    const std::string added = graph.Ask("g.addV('x').id()");
    graph.Reopen();
    CHECK(graph.Ask("g.addV('x').id()") != added);
    CHECK(graph.Ask("g.V(" + added + ").count()") == "1");
}

TEST_CASE("A statement that fails leaves nothing, and neither do those before it") {
    TestGraph graph;
    CHECK(graph.Ask("g.addV('person').property('name', 'eve'); g.V(1).values('name').sum()")
              .starts_with("error: marko is of type String"));
    CHECK(graph.Ask("g.V().count()") == "6");
    CHECK(graph.Ask("g.V().has('name', 'eve').count()") == "0");
    CHECK(graph.Ask("g.addV('new-label').fail('no')") == "error: no");
    CHECK(graph.Ask("g.addV('new-label').label()") == "new-label");
    graph.Reopen();
    CHECK(graph.Ask("g.V().hasLabel('new-label').count()") == "1");
}

TEST_CASE("Elements and properties are added, changed and dropped") {
    TestGraph graph;
    CHECK(graph.Ask("g.V(1).property('age', 30).values('age')") == "30");
    CHECK(graph.Ask("g.V(1).property(list, 'age', 31).values('age')") == "30 31");
    CHECK(graph.Ask("g.V(1).property(set, 'age', 31).values('age')") == "30 31");
    CHECK(graph.Ask("g.V(1).property(single, 'age', 29).values('age')") == "29");
    CHECK(graph.Ask("g.E(7).property('weight', 2).values('weight')") == "2");
    CHECK(graph.Ask("g.V(1).properties('age').property('since', 2020).values('since')") == "2020");
    CHECK(graph.Ask("g.V(1).properties('age').valueMap()") == "{since:2020}");
    CHECK(graph.Ask("g.V(1).property(['a': 1, 'b': 2]).valueMap('a', 'b')") == "{a:[1], b:[2]}");
    CHECK(graph.Ask("g.V(1).property(null).property(set, null).values('name')") == "marko");
    CHECK(graph.Ask("g.V(1).properties('age').drop()") == "");
    CHECK(graph.Ask("g.V(1).values('age')") == "");
    CHECK(graph.Ask("g.E(7).properties().drop(); g.E(7).valueMap()") == "{}");
    CHECK(graph.Ask("g.E(7).drop(); g.V(1).out('knows')") == "v4");
    CHECK(graph.Ask("g.V(4).drop(); g.E().count()") == "2");
    CHECK(graph.Ask("g.V(1).out('knows').count()") == "0");
    CHECK(graph.Ask("g.V(3).in('created').count()") == "2");
    CHECK(graph.Ask("g.V().hasLabel('person').count()") == "3");
    CHECK(graph.Ask("g.V().drop(); g.V().count()") == "0");
    CHECK(graph.Ask("g.E().count()") == "0");
}

TEST_CASE("ElementIdStrategy has a property stand for ids") {
    TestGraph graph;
    const std::string with = "g.withStrategies(new ElementIdStrategy(idPropertyKey: 'no'))";
    CHECK(graph.Ask(with + ".addV('x').property(id, 'a').id()") == "a");
    CHECK(graph.Ask("g.V().has('no', 'a').label()") == "x");
    CHECK(graph.Ask(with + ".V('a', 'b').label()") == "x");
    CHECK(graph.Ask(with + ".V().hasId('a').count()") == "1");
    CHECK(graph.Ask(with + ".addV('y').id()").size() == 36);
    CHECK(graph.Ask(
              "g.withStrategies(ElementIdStrategy).addV('z').id(); g.V().has('__id').label()") ==
          "z");
}

TEST_CASE("io() reads and writes what it may, and nothing else") {
    TestGraph graph;
    const auto says = [&](const std::string& script, const char* what) {
        return graph.Run(script).find(what) != std::string::npos;
    };
    CHECK(says("g.io('/etc/passwd').read()", "not implemented"));
    CHECK(says("g.io('/etc/passwd.json').read()", "graph.fixtures"));
    CHECK(says("g.io('a.json').write()", "graph.fixtures"));
    CHECK(says("g.io('a.json')", "expected read() or write() after io()"));
    gyre::core::TempDir folder;
    graph.options.files = folder.Path();
    CHECK(says("g.io('none.json').read()", "none"));
    for (const char* name : {"/tmp/a.json", "../a.json", "data/../../a.json", ".a.json"}) {
        CAPTURE(name);
        CHECK(says("g.io('" + std::string(name) + "').write()", "is not in it"));
    }
    CHECK(std::filesystem::is_empty(folder.Path()));
    graph.options.permissions.write = false;
    CHECK(says("g.io('a.json').write()", "not allowed"));
    graph.options.permissions.write = true;
    CHECK(graph.Run("g.io('data/a.json').write()") == "");
    CHECK(std::filesystem::exists(folder.Path() / "a.json"));
}

TEST_CASE("A graph that io() has written is the same when it is read") {
    gyre::core::TempDir folder;
    TestGraph graph;
    graph.options.files = folder.Path();
    const std::string all =
        "g.V().order().by('name').union(values('name', 'age'), outE().order()"
        ".by('weight').union(label(), values('weight'), inV().values('name')))";
    const std::string wanted = graph.Ask(all);
    for (const char* name : {"m.xml", "m.json"}) {
        CAPTURE(name);
        TestGraph copy(GraphMode::kTinkerGraph, false);
        copy.options.files = folder.Path();
        CHECK(graph.Run("g.io('" + std::string(name) + "').write()") == "");
        CHECK(copy.Run("g.io('" + std::string(name) + "').read()") == "");
        CHECK(copy.Ask(all) == wanted);
        CHECK(copy.Ask("g.E().count()") == "6");
    }
    // GraphSON keeps ids' types and all that belongs to a value, GraphML neither.
    CHECK(graph.Ask("g.V(1).property(list, 'name', 'm & <m>', 'since', 2020).id()") == "1");
    CHECK(graph.Run("g.io('x').with(IO.writer, IO.graphml).write()")
              .find("Multiple properties exist for the provided key: [name]") != std::string::npos);
    CHECK_FALSE(std::filesystem::exists(folder.Path() / "x"));
    CHECK(graph.Run("g.io('x').with(IO.writer, IO.graphson).write()") == "");
    TestGraph copy(GraphMode::kTinkerGraph, false);
    copy.options.files = folder.Path();
    CHECK(copy.Run("g.io('x').with(IO.reader, IO.graphson).read()") == "");
    CHECK(copy.Ask("g.V(1).properties('name').valueMap()") == "{} {since:2020}");
    CHECK(copy.Ask("g.V(1).values('name')") == "marko m & <m>");
    CHECK(copy.Ask("g.E(7).inV()") == "v2");
    CHECK(graph.Run("g.V(1).properties('name').drop(); g.V(1).property('name', 'm\t& \"<m>')") ==
          "");
    CHECK(graph.Run("g.io('y.xml').write()") == "");
    TestGraph third(GraphMode::kTinkerGraph, false);
    third.options.files = folder.Path();
    CHECK(third.Run("g.io('y.xml').read()") == "");
    CHECK(third.Ask("g.V('1').values('name')") == "m\t& \"<m>");
}

TEST_CASE("GraphML is read as TinkerPop reads it") {
    const auto read = [](const std::string& body) {
        gyre::core::TempDir folder;
        TestGraph graph(GraphMode::kTinkerGraph, false);
        graph.options.files = folder.Path();
        REQUIRE(gyre::core::WriteFileAtomically(gyre::core::RealFileSystem(),
                                                folder.Path() / "g.xml", body));
        std::string error = graph.Run("g.io('g.xml').read()");
        if (!error.empty()) return error;
        return graph.Ask(
            "g.V().order().by(id).union(id(), label(), values(), "
            "outE().union(label(), values(), inV().id()))");
    };
    const std::string keys =
        "<graphml><key id='n' for='node' attr.name='name' attr.type='string'/>"
        "<key id='i' attr.name='age' attr.type='int'/><key id='b' attr.name='ok' "
        "attr.type='boolean'/><key id='f' attr.name='w' attr.type='float'/>";
    CHECK(read(keys + "<graph><node id='a'><data key='n'>x<![CDATA[<y>]]></data><data key='labelV'>"
                      "q</data></node></graph></graphml>") == "a vertex x<y>");
    CHECK(read(keys + "<key id='labelV' attr.name='labelV'/><key id='labelE' attr.name='labelE'/>"
                      "<graph><edge id='e' source='a' target='b'><data key='f'>0.5</data>"
                      "<data key='labelE'>knows</data></edge><node id='a'><data key='labelV'>person"
                      "</data><data key='i'>-3</data><data key='b'>true</data></node></graph>"
                      "</graphml>") == "a person -3 true knows 0.5 b b vertex");
    CHECK(read(keys + "<graph><node id='a'><data key='i'>3x</data></node></graph></graphml>") ==
          "the file is no GraphML: '3x' is no int");
    CHECK(read(keys + "<graph><node id='a'/><node id='a'/></graph></graphml>") ==
          "Vertex with id already exists: a");
    CHECK(read(keys + "<graph><node id='\x8e'/></graph></graphml>") ==
          "the file is no GraphML: a text in it is not UTF-8");
    CHECK(
        read(keys + "<graph><node id='a'><data key='n'>&#xD800;</data></node></graph></graphml>") ==
        "the file is no GraphML: a text in it is not UTF-8");
    CHECK(read(keys + "<graph><edge source='a'/></graph></graphml>") ==
          "the file is no GraphML: an edge has no target");
    CHECK(read("<graph/>") == "the file is no GraphML: its root is not graphml");
    CHECK(read("<graphml><node id='a'").starts_with("the file is no GraphML: "));
    CHECK(read("").starts_with("the file is no GraphML: "));
}

TEST_CASE("A property is null where the graph has such, and gone where it has not") {
    for (const bool nulls : {false, true}) {
        CAPTURE(nulls);
        TestGraph graph;
        graph.options.rules.null_properties = nulls;
        const char* const one = nulls ? "1" : "0";
        CHECK(graph.Ask("g.addV('n').property('name', 'x').property('age', null).has('age', null)"
                        ".count()") == one);
        CHECK(graph.Ask("g.V().has('n', 'name', 'x').properties('age').count()") == one);
        CHECK(graph.Ask("g.V(1).property('age', null).properties('age').count()") == one);
        CHECK(graph.Ask("g.V(1).property(list, 'nick', null).properties('nick').count()") == one);
        CHECK(graph.Ask("g.V(2).property('a', 1, 'm', null).properties('a').properties('m')"
                        ".count()") == one);
        CHECK(graph.Ask("g.E(7).property('weight', null).properties('weight').count()") == one);
        CHECK(graph.Ask("g.mergeV([name: 'josh']).option(onMatch, [age: null]).properties('age')"
                        ".count()") == one);
        graph.Reopen();
        CHECK(graph.Ask("g.V(1).has('age', null).count()") == one);
        CHECK(graph.Ask("g.E(7).has('weight', null).count()") == one);
        CHECK(graph.Ask("g.V(1).properties('age').drop(); g.V(1).properties('age').count()") ==
              "0");
    }
}

TEST_CASE("addV and addE take what the documentation shows") {
    TestGraph graph;
    CHECK(graph.Ask("g.addV('person').property('name', 'stephen').as('a').addE('knows').to(V(1))"
                    ".outV().values('name')") == "stephen");
    CHECK(graph.Ask("g.V(1).as('a').out('created').addE('createdBy').to('a').property('year', 2009)"
                    ".inV()") == "v1");
    CHECK(graph.Ask("g.V(3).out('createdBy')") == "v1");
    CHECK(graph.Ask("g.addE('next').from(V(1)).to(V(6)).inV()") == "v6");
    CHECK(graph.Ask("g.V().hasLabel('person').addE('self').to(identity()).count()") == "5");
    CHECK(graph.Ask("g.addV(constant('odd')).label()") == "odd");
    CHECK(graph.Ask("g.addV().label()") == "vertex");
    CHECK(graph.Ask("g.addE('x').from(V(1)).to(V(77))").find("found no vertex") !=
          std::string::npos);
    CHECK(graph.Ask("g.addV().property(id, 1)") == "error: Vertex with id already exists: 1");
}

TEST_CASE("mergeV and mergeE find, or create") {
    TestGraph graph;
    CHECK(graph.Ask("g.mergeV([(T.label): 'person', name: 'marko'])") == "v1");
    CHECK(graph.Ask("g.mergeV([(T.label): 'person', name: 'eve']).values('name')") == "eve");
    CHECK(graph.Ask("g.mergeV([(T.label): 'person', name: 'eve']).values('name')") == "eve");
    CHECK(graph.Ask("g.V().has('name', 'eve').count()") == "1");
    CHECK(graph.Ask("g.mergeV([name: 'marko']).option(onMatch, [age: 44]).values('age')") == "44");
    CHECK(graph.Ask("g.mergeV([(T.id): 70]).option(Merge.onCreate, [(T.label): 'dog', name: 'rex'])"
                    ".elementMap()") == "{id:70, label:dog, name:rex}");
    CHECK(graph.Ask("g.mergeE([(T.label): 'knows', (Direction.OUT): 1, (Direction.IN): 2])") ==
          "e7");
    CHECK(graph.Ask("g.mergeE([(T.label): 'has', (from): 1, (to): 70]).label()") == "has");
    CHECK(graph
              .Ask("g.mergeE([(T.label): 'owns', (Direction.from): 1, (Direction.to): 70])"
                   ".option(onCreate, [since: 2020]).elementMap('since')")
              .ends_with("OUT:{id:1, label:person}, since:2020}"));
    CHECK(graph.Ask("g.V(1).out('owns')") == "v70");
    CHECK(graph.Ask("g.inject([name: 'zoe', (T.label): 'person']).mergeV().values('name')") ==
          "zoe");
}

TEST_CASE("Neptune's rules: text ids, several labels, sets") {
    TestGraph graph(GraphMode::kNeptune, false);
    CHECK(graph.Ask("g.addV('a::b').property(id, 'x').property('p', 1).property('p', 2)"
                    ".property('p', 2).values('p')") == "1 2");
    CHECK(graph.Ask("g.V('x').label()") == "a::b");
    CHECK(graph.Ask("g.V().hasLabel('b').id()") == "x");
    CHECK(graph.Ask("g.V().hasLabel('a::b').id()") == "x");
    CHECK(graph.Ask("g.V('x').property(single, 'p', 9).values('p')") == "9");
    const std::string id = graph.Ask("g.addV('a').id()");
    CHECK(id.size() == 36);
    CHECK(graph.Ask("g.V('" + id + "').count()") == "1");
    const std::string edge = graph.Ask("g.addE('e').from(V('x')).to(V('" + id + "')).id()");
    CHECK(graph.Ask("g.E('" + edge + "').inV().id()") == id);
    CHECK(graph.Ask("g.V('" + edge + "').count()") == "0");
    graph.Reopen();
    CHECK(graph.Ask("g.V('" + id + "').in('e').id()") == "x");
    CHECK(graph.Ask("g.addV('a').property(id, 1)")
              .starts_with("error: Invalid id type: ids are strings here"));
    CHECK(graph.Ask("g.V('x').property(list, 'p', 1)") ==
          "error: List cardinality is not supported");
    CHECK(graph.Ask("g.V('x').properties('p').property('m', 1)") ==
          "error: Properties on a vertex property are not supported");
}

TEST_CASE("A scan does not meet what it makes") {
    TestGraph graph;
    CHECK(graph.Ask("g.V().addV('copy').count()") == "6");
    CHECK(graph.Ask("g.V().hasLabel('copy').count()") == "6");
    CHECK(graph.Ask("g.E().addE('twin').from(__.V(1)).to(__.V(2)).count()").starts_with("6"));
    CHECK(graph.Ask("g.E().hasLabel('twin').count()") == "6");
}
