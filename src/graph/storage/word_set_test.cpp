#include "graph/storage/word_set.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "graph/compare.h"
#include "graph/storage/column_writer.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// Of words up to 15, and the greatest of all.
WordSet Some(std::mt19937& random) {
    WordSet some;
    for (uint32_t i = random() % 4; i > 0; --i) {
        const uint64_t low = random() % 16;
        some = some.Or({low, random() % 8 == 0 ? UINT64_MAX : low + random() % 4});
    }
    return some;
}

constexpr std::array<uint64_t, 22> kWords{0,  1,  2,  3,  4,  5,  6,  7,  8,  9,       10,
                                          11, 12, 13, 14, 15, 16, 17, 18, 19, 1 << 20, UINT64_MAX};

/// A column of these values, and what it calls each.
class OneColumn {
  public:
    explicit OneColumn(const Values& values) {
        std::string list;
        for (size_t i = 0; i < std::max<size_t>(values.size(), 16); ++i) {
            VertexRow row;
            row.values.push_back({0, values[i % values.size()], 0, {}});
            rows_.push_back(EncodeRow(row));
            AppendVarint(list, 1);
            REQUIRE(writer_.Take(rows_.back()));
            writer_.Add(1, i + 1, list.size());
        }
        writer_.Finish(heads_, data_);
        const std::array<LabelList, 1> lists{{{1, rows_.size(), list}}};
        REQUIRE(ReadColumns(heads_, data_, lists, 1 << 20, OtherKeys::kTold, read_));
        REQUIRE(read_.size() == 1);
    }
    const ValueColumn& Column() { return read_[0].columns[0]; }
    uint64_t WordAt(size_t i) { return Column().blocks[0].Word(i); }

  private:
    ColumnWriter writer_;
    std::vector<std::string> rows_;
    std::string heads_, data_;
    std::vector<LabelColumns> read_;
};

bool Holds(Comparison comparison, const Value& a, const Value& b) {
    switch (comparison) {
        case Comparison::kEqual:
            return EqualValues(a, b);
        case Comparison::kNotEqual:
            return !EqualValues(a, b);
        case Comparison::kLess:
            return CompareValues(a, b) < 0;
        case Comparison::kLessEqual:
            return CompareValues(a, b) <= 0;
        case Comparison::kGreater:
            return CompareValues(a, b) > 0;
        case Comparison::kGreaterEqual:
            break;
    }
    return CompareValues(a, b) >= 0;
}

/// What words tell of each value beside each constant is what the values tell.
void CheckAll(const Values& values, const Values& constants) {
    OneColumn made(values);
    for (const Value& constant : constants) {
        for (const Comparison comparison :
             {Comparison::kEqual, Comparison::kNotEqual, Comparison::kLess, Comparison::kLessEqual,
              Comparison::kGreater, Comparison::kGreaterEqual}) {
            const auto words = WordsThat(made.Column(), comparison, constant);
            CAPTURE(DisplayText(constant));
            CAPTURE(static_cast<int>(comparison));
            if (!words) continue;
            for (size_t i = 0; i < values.size(); ++i) {
                CAPTURE(DisplayText(values[i]));
                CHECK(words->Has(made.WordAt(i)) == Holds(comparison, values[i], constant));
            }
        }
    }
}

}  // namespace

TEST_CASE("Sets of words are what their parts say") {
    std::mt19937 random(5);
    for (int round = 0; round < 500; ++round) {
        const WordSet a = Some(random), b = Some(random);
        for (const uint64_t word : kWords) {
            CHECK(a.And(b).Has(word) == (a.Has(word) && b.Has(word)));
            CHECK(a.Or(b).Has(word) == (a.Has(word) || b.Has(word)));
            CHECK(a.Not().Has(word) == !a.Has(word));
        }
        const uint64_t low = random() % 20, high = low + random() % 5;
        bool any = false, all = true;
        for (uint64_t word = low; word <= high; ++word) {
            any = any || a.Has(word);
            all = all && a.Has(word);
        }
        CHECK(a.Meets(low, high) == any);
        CHECK(a.Covers(low, high) == all);
    }
}

TEST_CASE("Words compare with constants as values do, at the ends of their types too") {
    const double infinity = std::numeric_limits<double>::infinity();
    const Values constants{Value(0),
                           Value(-1),
                           Value(int64_t{INT64_MIN}),
                           Value(INT64_MAX),
                           Value(2.5),
                           Value(-0.0),
                           Value(0.1F),
                           Value(0.1),
                           Value(1e300),
                           Value(-1e300),
                           Value(infinity),
                           Value(-infinity),
                           Value(std::nan("")),
                           Value(int8_t{3}),
                           Value("b"),
                           Value("bb"),
                           Value(""),
                           Value(true),
                           Value(false),
                           Value(Date{7, 0}),
                           Value(Date{-1, 3600}),
                           Value(int64_t{1} << 53),
                           Value((int64_t{1} << 53) + 1),
                           Value(9007199254740992.0),
                           Value(BigInteger{"5"}),
                           Value()};
    CheckAll({Value(INT64_MIN), Value(INT64_MAX), Value(int64_t{0}), Value(int64_t{-1}),
              Value(int64_t{3}), Value((int64_t{1} << 53) + 1), Value(int64_t{1} << 53)},
             constants);
    CheckAll({Value(INT32_MIN), Value(INT32_MAX), Value(0), Value(2), Value(3)}, constants);
    CheckAll({Value(int8_t{-128}), Value(int8_t{127}), Value(int8_t{3})}, constants);
    CheckAll({Value(0.0), Value(0.1), Value(-2.5), Value(1e300), Value(infinity), Value(-infinity),
              Value(9007199254740992.0)},
             constants);
    CheckAll({Value(0.0F), Value(0.1F), Value(-2.5F)}, constants);
    CheckAll({Value(true), Value(false)}, constants);
    CheckAll({Value(Date{7, 0}), Value(Date{-1, 0}), Value(Date{8, 0})}, constants);
    CheckAll({Value("a"), Value("b"), Value("c"), Value("bb")}, constants);
}
