#include "graph/storage/column.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "core/temp_dir.h"
#include "graph/storage/bulk_load.h"
#include "graph/storage/column_writer.h"
#include "graph/storage/graph_store.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// Rows of one label's vertices, with the columns that are made of them.
class Made {
  public:
    static constexpr NameId kLabel = 3;

    void Add(std::vector<std::pair<NameId, Value>> values) {
        vertex_ += 1 + vertex_ % 5 % 2;
        VertexRow row;
        row.labels = {kLabel};
        for (auto& [key, value] : values) row.values.push_back({key, std::move(value), 0, {}});
        rows.push_back(EncodeRow(row));
        vertices.push_back(vertex_);
        AppendVarint(list_, vertex_ - last_);
        last_ = vertex_;
        REQUIRE(writer_.Take(rows.back()));
        writer_.Add(kLabel, vertex_, list_.size());
    }
    /// Null where the label has none.
    const LabelColumns* Read() {
        writer_.Finish(heads, data);
        const std::array<LabelList, 1> lists{{{kLabel, vertices.size(), list_}}};
        REQUIRE(ReadColumns(heads, data, lists, last_ + 1, OtherKeys::kTold, read_));
        return read_.empty() ? nullptr : &read_[0];
    }
    [[nodiscard]] bool Reads(std::string_view some_heads, std::string_view some_data) const {
        std::vector<LabelColumns> read;
        const std::array<LabelList, 1> lists{{{kLabel, vertices.size(), list_}}};
        return ReadColumns(some_heads, some_data, lists, last_ + 1, OtherKeys::kTold, read);
    }

    std::vector<std::string> rows;
    std::vector<uint64_t> vertices;
    std::string heads, data;

  private:
    uint64_t vertex_ = 0, last_ = 0;
    std::string list_;
    ColumnWriter writer_;
    std::vector<LabelColumns> read_;
};

/// What a column says of each vertex is what its row says.
void Check(const Made& made, const LabelColumns& columns, NameId key) {
    const ValueColumn* const column = columns.Find(key);
    REQUIRE(column != nullptr);
    size_t at = 0;
    for (size_t b = 0; b < columns.blocks.size(); ++b) {
        const ColumnBlock& block = column->blocks[b];
        DeltaList numbers(columns.blocks[b].numbers, columns.blocks[b].before);
        for (size_t i = 0; i < block.count; ++i, ++at) {
            uint64_t vertex = 0;
            REQUIRE(numbers.Next(vertex));
            REQUIRE(vertex == made.vertices[at]);
            Values values;
            REQUIRE(DecodeValuesOf(made.rows[at], key, values));
            CAPTURE(at);
            if (block.InRow(i)) continue;
            REQUIRE(values.size() == (block.There(i) ? 1 : 0));
            if (values.empty()) continue;
            Value value;
            const uint64_t word = block.Word(i);
            CHECK((word >= block.least && word <= block.most));
            REQUIRE(column->ToValue(word, made.rows[at], value));
            CHECK(SameValue(value, values[0]));
            CHECK(value.Index() == values[0].Index());
        }
    }
    CHECK(at == made.vertices.size());
}

}  // namespace

TEST_CASE("Words sort as the values do") {
    const std::vector<double> doubles{
        -std::numeric_limits<double>::infinity(), -1e300, -1, 0, 1e-300, 2,
        std::numeric_limits<double>::infinity()};
    for (size_t i = 1; i < doubles.size(); ++i) {
        CHECK(WordOfDouble(doubles[i - 1]) < WordOfDouble(doubles[i]));
        CHECK(DoubleOfWord(WordOfDouble(doubles[i])) == doubles[i]);
    }
    for (const double number : {-0.0, std::numeric_limits<double>::quiet_NaN()}) {
        std::string val;
        uint64_t word = 0;
        AppendValue(val, Value(number));
        CHECK(ReadWord(val, word) == ColumnType::kNone);
    }
    CHECK(WordOfWhole(INT64_MIN) == 0);
    CHECK(WordOfWhole(-1) < WordOfWhole(0));
    CHECK(WholeOfWord(WordOfWhole(INT64_MAX)) == INT64_MAX);
}

TEST_CASE("Columns say what rows say, of every type, however many vertices have a value") {
    for (const size_t count : {16UL, 2047UL, 2048UL, 5000UL}) {
        CAPTURE(count);
        Made made;
        std::mt19937_64 random(count);
        for (size_t i = 0; i < count; ++i) {
            std::vector<std::pair<NameId, Value>> values;
            const auto number = static_cast<int64_t>(random());
            const auto some = static_cast<int64_t>(random() % 100);
            values.emplace_back(0, Value(number));
            values.emplace_back(1, Value(static_cast<int32_t>(some)));
            values.emplace_back(2, Value(std::bit_cast<double>(number)));
            values.emplace_back(3, Value(static_cast<float>(some) / 7));
            if (some % 3 != 0) values.emplace_back(4, Value(some % 2 == 0));
            values.emplace_back(5, Value(Date{number / 1000, 0}));
            values.emplace_back(6, Value("few" + std::to_string(some % 4)));
            if (some % 5 != 0) values.emplace_back(7, Value("many" + std::to_string(number)));
            values.emplace_back(8, Value(static_cast<int8_t>(some - 50)));
            values.emplace_back(9, Value(static_cast<int16_t>(some - 50)));
            values.emplace_back(10, Value(7));
            // One of another type now and then, or several of them.
            values.emplace_back(11, i % 50 == 20 ? Value("text") : Value(some));
            if (i % 50 == 30) values.emplace_back(11, Value(some + 1));
            values.emplace_back(12,
                                i % 50 == 20 ? Value(1) : Value("t" + std::to_string(some % 3)));
            made.Add(std::move(values));
        }
        const LabelColumns* const columns = made.Read();
        REQUIRE(columns != nullptr);
        CHECK(columns->columns.size() == 13);
        for (NameId key = 0; key < 13; ++key) {
            CAPTURE(key);
            Check(made, *columns, key);
        }
        CHECK(columns->Find(6)->type == ColumnType::kDictionary);
        CHECK(columns->Find(7)->type == ColumnType::kText);
        CHECK(columns->Find(12)->type == ColumnType::kDictionary);
        const ValueColumn& few = *columns->Find(6);
        REQUIRE(few.Texts() == 4);
        for (size_t code = 1; code < 4; ++code) CHECK(few.Text(code - 1) < few.Text(code));
        CHECK(few.Text(4).empty());
        CHECK(columns->Find(10)->blocks[0].width == 0);
        CHECK(columns->Find(13) == nullptr);
    }
}

TEST_CASE("Rare keys, keys of mixed types and small labels have no column") {
    Made made;
    for (int i = 0; i < 10'000; ++i) {
        std::vector<std::pair<NameId, Value>> values{{1, Value(i)}};
        if (i % 100 == 0) values.emplace_back(2, Value(i));
        values.emplace_back(3, i % 2 == 0 ? Value(i) : Value("text"));
        values.emplace_back(4, MakeList({Value(i)}));
        if (i >= 8000) values.emplace_back(5, Value(i));  // late, but not rare
        made.Add(std::move(values));
    }
    const LabelColumns* const columns = made.Read();
    REQUIRE(columns != nullptr);
    CHECK(columns->others == std::vector<NameId>{2, 3, 4});
    for (const NameId key : {2U, 3U, 4U}) {
        CHECK(columns->Find(key) == nullptr);
        CHECK(columns->MayHave(key));
    }
    for (const NameId key : {1U, 5U, 6U}) CHECK_FALSE(columns->MayHave(key));
    Check(made, *columns, 1);
    Check(made, *columns, 5);
    Made small;
    for (int i = 0; i < 15; ++i) small.Add({{1, Value(i)}});
    const LabelColumns* const of_few = small.Read();
    REQUIRE(of_few != nullptr);
    CHECK(of_few->columns.empty());
    CHECK(of_few->MayHave(1));
}

TEST_CASE("Bytes that are no columns are refused, wherever they are cut or changed") {
    Made made;
    for (int i = 0; i < 3000; ++i) {
        made.Add({{1, Value(i)}, {2, Value("t" + std::to_string(i % 9))}, {3, Value(i * 0.5)}});
    }
    REQUIRE(made.Read() != nullptr);
    REQUIRE(made.Reads(made.heads, made.data));
    for (size_t size = 1; size < made.heads.size(); ++size) {
        CHECK_FALSE(made.Reads(std::string_view(made.heads).substr(0, size), made.data));
    }
    for (size_t size = 0; size < made.data.size(); size += 97) {
        CHECK_FALSE(made.Reads(made.heads, std::string_view(made.data).substr(0, size)));
    }
    CHECK_FALSE(made.Reads(made.heads, made.data + "more"));
    CHECK_FALSE(made.Reads("", made.data));
}

TEST_CASE("A segment's columns are there after its store has been opened anew") {
    core::TempDir folder;
    NameId label = 0, key = 0;
    {
        auto store = std::move(*GraphStore::Open(folder.Path(), GraphMode::kNeptune));
        BulkLoad load(*store, 64 << 20);
        label = load.Intern("person");
        key = load.Intern("age");
        for (int i = 0; i < 3000; ++i) {
            VertexRow row;
            row.id = Value("p" + std::to_string(i));
            row.labels = {label};
            row.values.push_back({key, Value(i % 90), 0, {}});
            REQUIRE(load.AddVertex(row));
        }
        REQUIRE(load.Finish());
    }
    const auto segment = std::move(*Segment::Open(folder.Path() / "segments" / "1"));
    const LabelColumns* const columns = segment->ColumnsOf(label);
    REQUIRE(columns != nullptr);
    CHECK(segment->ColumnsOf(label + 9) == nullptr);
    const ValueColumn* const ages = columns->Find(key);
    REQUIRE(ages != nullptr);
    CHECK(ages->blocks[1].count == 3000 - kColumnBlock);
    CHECK(columns->blocks[0].IsRun());
    CHECK(ages->blocks[0].width == 1);
    for (size_t i = 0; i < kColumnBlock; ++i) {
        CHECK(WholeOfWord(ages->blocks[0].Word(i)) == static_cast<int64_t>(i % 90));
    }
}
