#include "serving/kserve/v2_settings.h"

#include <doctest/doctest.h>
#include <boost/json.hpp>

namespace gyre::serving::kserve {
namespace {

using core::LogLevel;

TEST_CASE("log settings are the level of the log, and choose it") {
    CHECK(LogSettings(LogLevel::kInfo) == *core::ParseJson(R"({"log_file":"","log_info":true,
        "log_warning":true,"log_error":true,"log_verbose_level":0,"log_format":"default"})"));
    const struct {
        LogLevel from;
        const char* wanted;
        LogLevel to;
    } rows[] = {
        {LogLevel::kInfo, "{}", LogLevel::kInfo},
        {LogLevel::kInfo, R"({"log_verbose_level":2})", LogLevel::kDebug},
        {LogLevel::kDebug, R"({"log_verbose_level":0})", LogLevel::kInfo},
        {LogLevel::kInfo, R"({"log_info":false})", LogLevel::kWarning},
        {LogLevel::kWarning, R"({"log_warning":false})", LogLevel::kError},
        {LogLevel::kError, R"({"log_info":true,"log_file":"","log_error":true})", LogLevel::kInfo},
    };
    for (const auto& row : rows) {
        CAPTURE(row.wanted);
        const auto level = ChangedLogLevel(row.from, *core::ParseJson(row.wanted));
        REQUIRE(level);
        CHECK(*level == row.to);
        CHECK(ChangedLogLevel(row.from, LogSettings(row.from)) == row.from);
    }
    for (const char* wrong :
         {"[]", R"({"log_info":1})", R"({"log_file":"x"})", R"({"log_error":false})",
          R"({"log_verbose_level":-1})", R"({"log_format":"ISO8601"})", R"({"loud":true})"}) {
        CAPTURE(wrong);
        CHECK_FALSE(ChangedLogLevel(LogLevel::kInfo, *core::ParseJson(wrong)));
    }
}

TEST_CASE("traces are off, and cannot be switched on") {
    CHECK(CheckTraceSettings(TraceSettings()));
    CHECK(CheckTraceSettings(*core::ParseJson(R"({"trace_level":null})")));
    CHECK(CheckTraceSettings(*core::ParseJson(R"({"trace_level":["OFF"]})")));
    const auto on = CheckTraceSettings(*core::ParseJson(R"({"trace_level":["TIMESTAMPS"]})"));
    REQUIRE_FALSE(on);
    CHECK(on.error().code == core::Code::kUnimplemented);
    CHECK_FALSE(CheckTraceSettings(*core::ParseJson(R"({"trace_rate":"1"})")));
    CHECK_FALSE(CheckTraceSettings(*core::ParseJson("1")));
}

}  // namespace
}  // namespace gyre::serving::kserve
