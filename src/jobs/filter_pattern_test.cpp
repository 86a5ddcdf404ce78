#include "jobs/filter_pattern.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace gyre::jobs {
namespace {

struct Case {
    std::string_view pattern, line;
    bool matches;
};

void CheckAll(std::initializer_list<Case> cases) {
    for (const Case& c : cases) {
        CAPTURE(c.pattern);
        CAPTURE(c.line);
        const auto pattern = FilterPattern::Parse(c.pattern);
        REQUIRE_MESSAGE(pattern, pattern.error().message);
        CHECK(pattern->Matches(c.line) == c.matches);
    }
}

}  // namespace

TEST_CASE("terms are in a line, or are not") {
    CheckAll({{"", "anything", true},
              {"ERROR", "an ERROR here", true},
              {"ERROR", "an error here", false},
              {"ERROR disk", "disk ERROR", true},
              {"ERROR disk", "ERROR", false},
              {"\"out of memory\"", "killed: out of memory", true},
              {"\"out of memory\"", "memory of out", false},
              {"?ERROR ?WARN", "WARN x", true},
              {"?ERROR ?WARN", "INFO x", false},
              {"-DEBUG", "DEBUG x", false},
              {"x -DEBUG", "INFO x", true},
              {"\"a \\\" b\"", "a \" b", true}});
}

TEST_CASE("a regular expression matches some of a line") {
    CheckAll({{"%AUTHORIZED%", "[ERROR 401] UNAUTHORIZED REQUEST", true},
              {"%AUTHORIZED%", "authorized", false},
              {"%^[hc]at%", "cat and dog", true},
              {"%^[hc]at%", "a cat", false},
              {"%colou?r%", "color", true},
              {"%^a{3,5}$%", "aaaaaa", false},
              {"%10\\.10\\.0\\.1%", "10.10.0.1", true},
              {"%10\\.10\\.0\\.1%", "10.10x0.1", false},
              {"%gray|grey%", "a grey cat", true},
              {"%\\d{1,3}\\.\\d{1,3}% ", "at 1.2", true}});
}

TEST_CASE("properties of lines that are JSON are compared") {
    constexpr std::string_view kEvent = R"({"eventType": "UpdateTrail", "ip": "111.111.1.1",
        "arrayKey": ["value", "another"], "objectList": [{"name": "a", "id": 1}, {"name": "b"}],
        "none": null, "yes": true, "no": false, "n": 42.5, "whole": 7, "a b": {"c-d_e": 1}})";
    CheckAll({{"{ $.eventType = \"UpdateTrail\" }", kEvent, true},
              {"{$.eventType=UpdateTrail}", kEvent, true},
              {"{ $.eventType = \"Update*\" }", kEvent, true},
              {"{ $.eventType = Update }", kEvent, false},
              {"{ $.eventType = *da*ail }", kEvent, true},
              {"{ $.eventType = %Trail% }", kEvent, true},
              {"{ $.eventType = %^Trail% }", kEvent, false},
              {"{ $.ip != 123.123.* }", kEvent, true},
              {"{ $.ip != 111.111.* }", kEvent, false},
              {"{ $.arrayKey[0] = \"value\" }", kEvent, true},
              {"{ $.arrayKey[1] = \"value\" }", kEvent, false},
              {"{ $.arrayKey[2] = \"value\" }", kEvent, false},
              {"{ $.arrayKey[*] = \"another\" }", kEvent, true},
              {"{ $.objectList[1].name = b }", kEvent, true},
              {"{ $.* = 7 }", kEvent, true},
              {"{ $.n > 42 }", kEvent, true},
              {"{ $.n >= 42.5 }", kEvent, true},
              {"{ $.n < 4.25e1 }", kEvent, false},
              {"{ $.whole <= 7 }", kEvent, true},
              {"{ $.whole = 7.0 }", kEvent, true},
              {"{ $.whole != 7 }", kEvent, false},
              {"{ $.eventType > 1 }", kEvent, false},
              {"{ $.none IS NULL }", kEvent, true},
              {"{ $.eventType IS NULL }", kEvent, false},
              {"{ $.absent IS NULL }", kEvent, false},
              {"{ $.absent NOT EXISTS }", kEvent, true},
              {"{ $.none NOT EXISTS }", kEvent, false},
              {"{ $.absent = \"*\" }", kEvent, false},
              {"{ $.whole = \"*\" }", kEvent, true},
              {"{ $.absent != 1 }", kEvent, false},
              {"{ $.yes IS TRUE }", kEvent, true},
              {"{ $.no IS FALSE }", kEvent, true},
              {"{ $.no IS TRUE }", kEvent, false},
              {"{ $['a b'].c-d_e = 1 }", kEvent, true},
              {"{ $.[\"a b\"].c-d_e = 2 }", kEvent, false},
              {"{ $.x = 1 }", "x = 1", false},
              {"{ $.x = 1 }", R"({"x": 1} and more)", false}});
    constexpr std::string_view kUser =
        R"({"user": {"id": 1, "email": "John.Stiles@example.com"}, "actions": ["GET", "PUT"]})";
    CheckAll({{"{ ($.user.id = 1) && ($.actions[0] = \"GET\") }", kUser, true},
              {"{ $.user.id = 2 || $.user.email = *@example.com }", kUser, true},
              {"{ $.user.id = 2 && $.user.id = 1 || $.user.id = 1 }", kUser, true},
              {"{ $.user.id = 2 && ($.user.id = 1 || $.user.id = 1) }", kUser, false},
              {"{ ($.user.id = 1 && $.actions[2] NOT EXISTS) }", kUser, true}});
}

TEST_CASE("columns of a line are compared") {
    constexpr std::string_view kLine =
        "127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";
    CheckAll(
        {{"[ip, server, username, timestamp, request, status_code, bytes]", kLine, true},
         {"[ip, server, username, timestamp, request, status_code]", kLine, false},
         {"[ip, server, username, timestamp, request =*.html*, status_code = 4*, bytes > 1000]",
          kLine, true},
         {"[ip=%127\\.0\\.0\\.[1-9]%, ...]", kLine, true},
         {"[..., request =*.html*, status_code = 4*, bytes]", kLine, true},
         {"[..., status_code = 400 || status_code = 404, bytes]", kLine, true},
         {"[..., status_code != 404 && status_code != 500, bytes]", kLine, false},
         {"[ip, ..., timestamp = 10/Oct*, request, status_code, bytes < 1535]", kLine, true},
         {"[ip, ..., bytes>=1535]", kLine, false},
         {"[w1=ERROR, w2]", "ERROR disk", true},
         {"[w1!=ERROR&&w1!=%WARN%, w2]", "WARNING disk", false},
         {"[w1!=ERROR&&w1!=%WARN%, w2]", "INFO disk", true},
         {"[a = \"b c\"]", "\"b c\"", true},
         {"[a, ..., b]", "one", false},
         {"[...]", "", true}});
}

TEST_CASE("a pattern that is none is refused") {
    for (const std::string_view pattern : {"\"open",
                                           "%open",
                                           "%some(thing)%",
                                           "%something!%",
                                           "%[%",
                                           "%a% b",
                                           "{",
                                           "{}",
                                           "{ $ = 1 }",
                                           "{ $.x }",
                                           "{ $.x = }",
                                           "{ $.x > a }",
                                           "{ $.x IS }",
                                           "{ $.x NOT }",
                                           "{ $.x = 1 } b",
                                           "{ ($.x = 1 }",
                                           "{ $.x[ = 1 }",
                                           "{ $.x[a] = 1 }",
                                           "{ $.x = 1 && }",
                                           "[",
                                           "[]",
                                           "[a",
                                           "[a,]",
                                           "[..., ...]",
                                           "[a = ]",
                                           "[a b]",
                                           "[a] b",
                                           "[a > b]"}) {
        CAPTURE(pattern);
        const auto parsed = FilterPattern::Parse(pattern);
        REQUIRE_FALSE(parsed);
        CHECK(parsed.error().code == core::Code::kInvalidArgument);
    }
    CHECK(FilterPattern::Parse("{ $.x = 1 && }").error().message ==
          "Invalid filter pattern: a property ($.name) is expected at character 14");
    std::string deep = "{ ";
    for (int i = 0; i < 100; ++i) deep += '(';
    CHECK_FALSE(FilterPattern::Parse(deep));
}

}  // namespace gyre::jobs
