#include "serving/shadow/answer_comparison.h"

#include <doctest/doctest.h>

#include <cstring>

using namespace gyre::serving::shadow;

namespace {

std::string Compare(const std::string& type, const std::string& a, const std::string& b,
                    double tolerance = 0) {
    return DifferenceOf({200, type, a}, {200, type, b}, tolerance).value_or("same");
}

std::string Npy(const std::string& type, const std::string& shape, const std::string& data) {
    const std::string head =
        "{'descr': '" + type + "', 'fortran_order': False, 'shape': (" + shape + "), }\n";
    return std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(head.size()) + '\0' + head +
           data;
}

std::string Bytes(std::initializer_list<float> values) {
    std::string bytes(values.size() * 4, '\0');
    std::memcpy(bytes.data(), values.begin(), bytes.size());
    return bytes;
}

TEST_CASE("answers are compared by what they mean") {
    const struct {
        const char* type;
        const char* first;
        const char* second;
        double tolerance;
        const char* difference;
    } cases[] = {
        {"application/json", "[1, 2.0]", "[1.0,2]", 0, "same"},
        {"application/json", "[1, 2]", "[1, 2.001]", 0, "$[1]: 2 and 2.001"},
        {"application/json", "[1, 2]", "[1, 2.001]", 0.001, "same"},
        {"application/json", "[1, 2]", "[1, 2.1]", 0.001, "$[1]: 2 and 2.1"},
        {"application/json", R"({"a":{"b":[1]}})", R"({"a":{"b":[2]}})", 0, "$.a.b[0]: 1 and 2"},
        {"application/json", R"({"a":1,"b":2})", R"({"b":2,"a":1})", 0, "same"},
        {"application/json", R"({"a":1})", R"({})", 0, "$.a: only in the first"},
        {"application/json", R"({})", R"({"a":1})", 0, "$.a: only in the second"},
        {"application/json", R"(["cat"])", R"(["dog"])", 1, "$[0]: \"cat\" and \"dog\""},
        {"application/json", "[1]", "[1, 2]", 1, "$: 1 elements and 2"},
        {"application/json", "[1]", R"({"a":1})", 1, "$: [1] and {\"a\":1}"},
        {"", "[1", "[1 ", 1, "the answers' bytes"},
        {"text/csv", "1,2\n3,x\n", "1.0,2\n3,x", 0, "same"},
        {"text/csv; charset=utf-8", "1,2", "1,2.5", 0.1, "row 0, field 1: 2 and 2.5"},
        {"text/csv", "1,2\n3", "1,2\n3,4", 0, "row 1: 1 fields and 2"},
        {"text/csv", "1\n2", "1", 0, "answer: 2 rows and 1"},
    };
    for (const auto& one : cases) {
        CAPTURE(one.first);
        CHECK(Compare(one.type, one.first, one.second, one.tolerance) == one.difference);
    }
}

TEST_CASE("arrays of floats") {
    const char* type = "application/x-npy";
    const std::string a = Npy("<f4", "2,", Bytes({1, 100}));
    CHECK(Compare(type, a, Npy("<f4", "2,", Bytes({1, 100.05F})), 0.001) == "same");
    CHECK(Compare(type, a, Npy("<f4", "2,", Bytes({1, 101})), 0.001).starts_with("element 1: 100"));
    CHECK(Compare(type, a, Npy("<f4", "1,2", Bytes({1, 100}))).find("shapes") != std::string::npos);
    CHECK(Compare(type, Npy("<i4", "1,", "abcd"), Npy("<i4", "1,", "abce"), 1) ==
          "the arrays' elements");
    CHECK(Compare(type, "\x93NUMPY", "\x93NUMPX").find("shapes") != std::string::npos);
}

TEST_CASE("whether there is an answer at all") {
    const auto compare = [](int a, int b) {
        return DifferenceOf({a, "", "x"}, {b, "", "y"}, 0).value_or("same");
    };
    CHECK(compare(200, 500) == "answer: status 200 and status 500");
    CHECK(compare(200, 0) == "answer: status 200 and no answer");
    CHECK(compare(400, 503) == "same");
    CHECK(compare(200, 201) == "the answers' bytes");
}

}  // namespace
