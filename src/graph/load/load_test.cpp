#include "core/gzip.h"
#include "graph/load/cypher_csv.h"
#include "graph/load/load_file.h"
#include "graph/load/object_source.h"
#include "graph/load/record_feed.h"

#include "graph/test_graph.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// A text that comes in small pieces.
class Pieces final : public load::ByteSource {
  public:
    explicit Pieces(std::string text, size_t size = 3) : text_(std::move(text)), size_(size) {}
    core::Result<bool> More(std::string& into) override {
        into += text_.substr(0, size_);
        text_.erase(0, size_);
        return !text_.empty();
    }

  private:
    std::string text_;
    size_t size_;
};

struct Outcome {
    bool good = false;
    load::LoadCounts counts;
    std::vector<load::LoadError> errors;
    std::string failure;
};

Outcome Load(TestGraph& graph, const std::string& text, const load::LoadOptions& options = {}) {
    Outcome outcome;
    Pieces pieces(text);
    load::CsvReader reader(pieces);
    load::CsvReader::Record record;
    const auto any = reader.Next(record);
    if (!any) return {.failure = any.error().message};
    const auto header = options.cypher ? load::ReadCypherHeader(record, options.user_edge_ids)
                                       : load::ReadHeader(record);
    if (!header) return {.failure = header.error().message};
    BulkLoad bulk(graph.Store(), 1 << 20);
    auto loaded = load::LoadFile(
        bulk, "f.csv", *header, reader, options, {}, outcome.counts,
        {.error = [&](load::LoadError error) { outcome.errors.push_back(std::move(error)); }});
    REQUIRE(bulk.Finish());
    if (!loaded)
        outcome.failure = loaded.error().message;
    else
        outcome.good = !loaded->has_value() && outcome.counts.Errors() == 0;
    return outcome;
}

}  // namespace

TEST_CASE("Records of CSV are read as RFC 4180 has them, in pieces of any size") {
    const std::string text =
        "\xef\xbb\xbf"
        "a,\"b,\"\"c\"\"\n d\",\r\n\r\n1,\"\",x\n,,\nlast,2,3";
    for (const size_t size : {1U, 2U, 7U, 1000U}) {
        Pieces pieces(text, size);
        load::CsvReader reader(pieces);
        load::CsvReader::Record record;
        std::string read;
        while (*reader.Next(record)) {
            read += std::to_string(reader.RecordNumber()) + ":";
            for (const auto& field : record)
                read += "[" + std::string(field.text) + "]" + (field.quoted ? "q" : "");
        }
        CHECK(read == "1:[a][b,\"c\"\n d]q[]2:[1][]q[x]3:[][][]4:[last][2][3]");
    }
    Pieces open("a,\"b");
    load::CsvReader reader(open);
    load::CsvReader::Record record;
    CHECK_FALSE(reader.Next(record));
}

TEST_CASE("Records that are read ahead are those that are read one by one") {
    std::string text = "h\r\n";
    for (int i = 0; i < 30'000; ++i) {
        text += "p" + std::to_string(i) + (i % 7 == 0 ? ",\"a \"\"b\"\"\n" : ",x");
        text += i % 7 == 0 ? std::to_string(i) + "\",\r\n" : (i % 11 == 0 ? "\n\n" : "\n");
    }
    text += "last,\"1\"";
    for (const size_t size : {size_t{1000}, size_t{70'001}, text.size()}) {
        Pieces some(text, size), same(text, size);
        load::CsvReader one(some), ahead(same);
        load::CsvReader::Record record;
        REQUIRE(*one.Next(record));
        REQUIRE(*ahead.Next(record));
        load::RecordFeed feed(ahead);
        uint64_t records = 0, batches = 0, wrong = 0;
        while (true) {
            const auto batch = feed.Next();
            REQUIRE(batch);
            if (*batch == nullptr) break;
            ++batches;
            for (size_t i = 0; i < (*batch)->Size(); ++i) {
                REQUIRE(*one.Next(record));
                ++records;
                wrong += one.RecordNumber() != (*batch)->First() + i;
                wrong +=
                    !std::ranges::equal(record, (**batch)[i], [](const auto& a, const auto& b) {
                        return a.text == b.text && a.quoted == b.quoted;
                    });
            }
        }
        CHECK_FALSE(*one.Next(record));
        CHECK(records == 30'001);
        CHECK(batches > 1);
        CHECK(wrong == 0);
        REQUIRE(feed.Next());  // the end stays the end
    }
    // What stands before an error is given.
    Pieces open("h\na\nb\n\"c");
    load::CsvReader reader(open);
    load::RecordFeed feed(reader);
    uint64_t records = 0;
    auto batch = feed.Next();
    for (; batch && *batch != nullptr; batch = feed.Next()) records += (*batch)->Size();
    CHECK(records == 3);
    REQUIRE_FALSE(batch);
    CHECK(batch.error().message == "a quoted field does not end");
    // It may be left at any time.
    Pieces much(text, 100);
    load::CsvReader left(much);
    load::RecordFeed unread(left);
}

TEST_CASE("Vertices and edges of all types are loaded, and loaded again without a change") {
    TestGraph graph(GraphMode::kNeptune, false);
    const std::string vertices =
        "~id,~label,name:String,age:Int(single),tags:String[],born:Date,ok:Bool,w:Double,n:Long\n"
        "a,person;author,Ann,34,x;y\\;z,1990-05-06T10:00:00Z,true,1.5,5000000000\n"
        "b,person,\"Bob, Jr\",,,,,,\n";
    Outcome outcome = Load(graph, vertices);
    CHECK(outcome.good);
    CHECK(outcome.counts.rows == 2);
    CHECK(outcome.counts.records == 12);  // 3 labels, 8 values of a, 1 of b
    CHECK(graph.Ask("g.V('a').valueMap()") ==
          "{name:[Ann], age:[34], tags:[x, y;z], born:[1990-05-06T10:00:00Z], ok:[true], w:[1.5], "
          "n:[5000000000]}");
    CHECK(graph.Ask("g.V().hasLabel('author').id()") == "a");
    CHECK(graph.Ask("g.V('b').valueMap()") == "{name:[Bob, Jr]}");
    const std::string edges = "~id,~from,~to,~label,since:Int\ne1,a,b,knows,2020\n,b,a,knows,\n";
    outcome = Load(graph, edges);
    CHECK(outcome.good);
    CHECK(graph.Ask("g.V('a').out('knows').id()") == "b");
    CHECK(graph.Ask("g.E('e1').values('since')") == "2020");
    CHECK(graph.Ask("g.E().count()") == "2");
    outcome = Load(graph, vertices);
    CHECK(outcome.counts.duplicates == 12);
    outcome = Load(graph, "~id,~from,~to,~label,since:Int\ne1,a,b,knows,2020\n");
    CHECK(outcome.counts.records == 2);
    CHECK(outcome.counts.duplicates == 2);
    CHECK(graph.Ask("g.V().count(); g.E().count()") == "2");
    CHECK(graph.Ask("g.V('a').values('age').count()") == "1");
    CHECK(Load(graph, "~id,~label\na,robot\n").good);
    CHECK(graph.Ask("g.V().hasLabel('robot').label()") == "person::author::robot");
    CHECK(Load(graph, "~id,age:Int(single)\na,40\n", {.replace_single = true}).good);
    CHECK(graph.Ask("g.V('a').values('age')") == "40");
}

TEST_CASE("Records of CSV are counted as Neptune's guide has them") {
    TestGraph graph(GraphMode::kNeptune, false);
    const Outcome outcome =
        Load(graph, "~id,~label,name,team\nP-2,Player,Kohli,India\nP-2,Player,Kohli,India\n");
    CHECK(outcome.counts.records == 6);
    CHECK(outcome.counts.duplicates == 3);
}

TEST_CASE("A second value of a single property is an error, and the rest of its row is not") {
    TestGraph graph(GraphMode::kNeptune, false);
    CHECK(Load(graph, "~id,~label,age:Int(single)\na,p,34\nb,p,1\n").good);
    const std::string more = "~id,age:Int(single),name\na,40,Ann\na,34,\nb,2,Bob\n";
    Outcome outcome = Load(graph, more, {.fail_on_error = false});
    REQUIRE(outcome.errors.size() == 2);
    CHECK(outcome.errors[0].code == "SINGLE_CARDINALITY_VIOLATION");
    CHECK(outcome.errors[0].message == "The vertex 'a' has an existing value for property 'age'");
    CHECK(outcome.errors[0].record == 2);
    CHECK(outcome.counts.insert_errors == 2);
    CHECK(outcome.counts.duplicates == 1);
    CHECK(graph.Ask("g.V('a','b').values('age','name')") == "34 Ann 1 Bob");
    outcome = Load(graph, more);
    CHECK_FALSE(outcome.good);
    CHECK(outcome.errors.size() == 1);
    CHECK(Load(graph, "~id,tags:String[](single)\na,x;y\n").errors.size() == 1);
    CHECK(Load(graph, "~id,~from,~to,w:Int\ne,a,b,1\n").good);
    outcome = Load(graph, "~id,~from,~to,w:Int\ne,a,b,2\n");
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].code == "SINGLE_CARDINALITY_VIOLATION");
    CHECK(Load(graph, "~id,~from,~to,w:Int\ne,a,b,2\n", {.replace_single = true}).good);
    CHECK(graph.Ask("g.E('e').values('w')") == "2");
}

TEST_CASE("An edge's id is of one edge, and its label may be left out") {
    TestGraph graph(GraphMode::kNeptune, false);
    CHECK(Load(graph, "~id\na\nb\n").good);
    CHECK(Load(graph, "~id,~from,~to\ne,a,b\n").good);
    CHECK(graph.Ask("g.E('e').label()") == "edge");
    CHECK(Load(graph, "~id,~from,~to,~label\nf,a,b,\n").good);
    CHECK(graph.Ask("g.E('f').label()") == "edge");
    for (const char* other : {"e,b,a,edge\n", "e,a,b,other\n", "e,a,none,edge\n"}) {
        const Outcome outcome = Load(graph, std::string("~id,~from,~to,~label\n") + other);
        REQUIRE(outcome.errors.size() == 1);
        CHECK(outcome.errors[0].code == "ID_ASSIGNED_TO_MULTIPLE_EDGES");
        CHECK(outcome.counts.duplicates == 0);
    }
    CHECK(graph.Ask("g.V('a').out().id()") == "b b");
    CHECK(Load(graph, "~from,~to,w:Int[]\na,b,1;2\n").failure.find("no array") !=
          std::string::npos);
    CHECK(Load(graph, "~from,~to,w:Int(set)\na,b,1\n").failure.find("one value") !=
          std::string::npos);
    CHECK(Load(graph, "~from,~to,w:Int(single)\na,b,1\n").good);
}

TEST_CASE("Empty texts are values where they are allowed") {
    TestGraph graph(GraphMode::kNeptune, false);
    const std::string text = "~id,name,age:Int\na,\"\",\nb,,\n";
    CHECK(Load(graph, text).good);
    CHECK(graph.Ask("g.V().has('name').count()") == "0");
    CHECK(Load(graph, text, {.empty_strings = true}).good);
    CHECK(graph.Ask("g.V().has('name','').id()") == "a");
}

TEST_CASE("A file that cannot be read to its end keeps what came before") {
    TestGraph graph(GraphMode::kNeptune, false);
    Outcome outcome = Load(graph, "~id,name\na,x\nb,\"y\n", {.fail_on_error = false});
    CHECK_FALSE(outcome.good);
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].code == "PARSING_ERROR");
    CHECK(outcome.errors[0].file == "f.csv");
    CHECK(outcome.errors[0].record == 3);
    CHECK(outcome.counts.parsing_errors == 1);
    CHECK(graph.Ask("g.V().id()") == "a");
}

TEST_CASE("Packed files are read as streams, of several parts too") {
    const std::string text = "~id,name\n" + std::string(300'000, 'x');
    const std::string file = core::Gzip(text) + core::Gzip("\nb,y\n");
    const auto read = [](const std::string& bytes, const char* name) -> std::string {
        const auto source = load::Unpacked(std::make_unique<Pieces>(bytes, 1000), name);
        std::string all;
        while (true) {
            const auto more = source->More(all);
            if (!more) return more.error().message;
            if (!*more) return all;
        }
    };
    CHECK(read(file, "a.csv.gz") == text + "\nb,y\n");
    CHECK(read(text, "a.csv") == text);
    CHECK(read(file.substr(0, file.size() - 3), "a.csv.gz") == "what is compressed is cut off");
    CHECK(read(file + "rest", "a.csv.gz") == "it is no gzip data");
    CHECK(read(text, "a.csv.bz2") == "it is no bzip2 data");
}

TEST_CASE("Errors name the record and the reason") {
    TestGraph graph(GraphMode::kNeptune, false);
    const std::string bad = "~id,~label,age:Int\na,p,1\nb,p,x\n,p,2\nc,p,3,4\nd,p,5\n";
    Outcome outcome = Load(graph, bad);
    CHECK_FALSE(outcome.good);
    CHECK(outcome.counts.rows == 2);
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].code == "DATATYPE_MISMATCH_ERROR");
    CHECK(outcome.errors[0].record == 3);
    CHECK(outcome.errors[0].message == "column age: 'x' is no Int");
    outcome = Load(graph, bad, {.fail_on_error = false});
    CHECK(outcome.counts.rows == 5);
    CHECK(outcome.counts.records == 8);  // those of a, b and d, and one each of what is no record
    CHECK(outcome.counts.parsing_errors == 2);
    CHECK(outcome.counts.mismatches == 1);
    CHECK(graph.Ask("g.V().count()") == "2");
    outcome = Load(graph, "~from,~to,~label\na,zz,x\n");
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].code == "FROM_OR_TO_VERTEX_ARE_MISSING");
    CHECK(outcome.errors[0].message == "there is no vertex 'zz'");
    CHECK(Load(graph, "~id,age:Whole\n").failure.find("'age:Whole' is not") != std::string::npos);
    CHECK(Load(graph, "name\n").failure == "a file of vertices has the column ~id");
    CHECK(Load(graph, "~from,~id\n").failure.find("~to") != std::string::npos);
}

TEST_CASE("openCypher's CSV has system columns, id spaces and single values") {
    TestGraph graph(GraphMode::kNeptune, false);
    const load::LoadOptions options{.cypher = true};
    Outcome outcome = Load(graph,
                           "name:ID(movies),:LABEL,year:Int,tags:String[],seen:DateTime,ok:BOOL,"
                           "no:Bool,day:Date,at:LocalDateTime,for:Duration,where:Point,mark:Char\n"
                           "m1,Movie;Old,1999,a;b,1990-05-06T10:00:00Z,true,yes,1990-05-06,"
                           "1990-05-06T10:00,P1D,{x:1},c\n"
                           "m2,Movie,,,,,,,,,,\n",
                           options);
    CHECK(outcome.failure == "");
    CHECK(outcome.good);
    CHECK(graph.Ask("g.V('movies:m1').valueMap()") ==
          "{name:[m1], year:[1999], tags:[a, b], seen:[1990-05-06T10:00:00Z], ok:[true], "
          "no:[false], day:[1990-05-06], at:[1990-05-06T10:00], for:[P1D], where:[{x:1}], "
          "mark:[c]}");
    CHECK(graph.Ask("g.V('movies:m1').label()") == "Movie::Old");
    CHECK(Load(graph, ":ID,name\nkeanu,Keanu\n", options).good);
    outcome = Load(graph,
                   ":ID,:START_ID,:END_ID(movies),:TYPE,role:String\n"
                   "r1,keanu,m1,ACTED_IN,Neo\n"
                   "r1,keanu,m2,ACTED_IN,Again\n",
                   options);
    CHECK(outcome.good);
    CHECK(outcome.counts.duplicates == 1);
    CHECK(graph.Ask("g.V('keanu').outE('ACTED_IN').values('role')") == "Neo");
    // Rows of one node become one; values that are there stay.
    load::LoadOptions replacing = options;
    replacing.replace_single = true;
    outcome = Load(graph, ":ID,:LABEL,name,age:Long\nkeanu,Actor,K. R.,60\n", replacing);
    CHECK(outcome.good);
    CHECK(outcome.counts.duplicates == 1);  // the row
    CHECK(graph.Ask("g.V('keanu').valueMap()") == "{name:[Keanu], age:[60]}");
    CHECK(graph.Ask("g.V('keanu').label()") == "vertex::Actor");
}

TEST_CASE("Headers and records that are no openCypher CSV are refused") {
    TestGraph graph(GraphMode::kNeptune, false);
    load::LoadOptions options{.cypher = true};
    const auto failure = [&](const std::string& header) {
        return Load(graph, header + "\n", options).failure;
    };
    CHECK(failure(":LABEL,name") == "a file of nodes has the column :ID");
    CHECK(failure(":ID,:ID") == "the column ':ID' is there twice");
    CHECK(failure(":id,name").find(":id") != std::string::npos);
    CHECK(failure(":ID,age:Int(single)").find("age:Int(single)") != std::string::npos);
    CHECK(failure(":START_ID,:END_ID,:TYPE").find(":ID, unless") != std::string::npos);
    CHECK(failure(":ID,:START_ID,:TYPE").find(":END_ID") != std::string::npos);
    CHECK(failure(":ID,:START_ID,:END_ID,:TYPE,:LABEL").find(":LABEL is none") !=
          std::string::npos);
    CHECK(failure(":ID,:START_ID,:END_ID,:TYPE,a:Int[]").find("no array") != std::string::npos);
    CHECK(failure(":ID(x),:START_ID,:END_ID,:TYPE").find("no space") != std::string::npos);
    Outcome outcome = Load(graph, ":ID,:START_ID,:END_ID,:TYPE\n,a,b,T\n", options);
    REQUIRE(outcome.errors.size() == 1);
    CHECK(outcome.errors[0].message == "the record has no :ID");
    options.user_edge_ids = false;
    CHECK(failure(":ID,:START_ID,:END_ID,:TYPE").find("userProvidedEdgeIds") != std::string::npos);
    CHECK(Load(graph, ":ID\na\nb\n", options).good);
    CHECK(Load(graph, ":START_ID,:END_ID,:TYPE\na,b,T\n", options).good);
    CHECK(graph.Ask("g.V('a').out('T').id()") == "b");
}
