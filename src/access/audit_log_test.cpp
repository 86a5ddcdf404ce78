#include "access/audit_log.h"

#include <doctest/doctest.h>

#include <vector>

#include "core/faulty_file_system.h"
#include "core/json.h"

using namespace gyre;
using namespace gyre::access;

namespace {

std::vector<core::Json> Lines(std::string_view text) {
    std::vector<core::Json> lines;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        REQUIRE(end != text.npos);
        auto line = core::ParseJson(text.substr(0, end));
        REQUIRE(line);
        lines.push_back(std::move(*line));
        text.remove_prefix(end + 1);
    }
    return lines;
}

AuditEvent Allowed(std::string_view request, std::string_view resource) {
    return {.request_id = request,
            .source = "127.0.0.1",
            .access_key_id = "AKIA1",
            .caller = "arn:aws:iam::1:user/ann",
            .action = "s3:GetObject",
            .resource = resource,
            .outcome = "allowed",
            .policy = "reader",
            .statement = "#0",
            .reason = {}};
}

}  // namespace

TEST_CASE("every decision is a line of its own") {
    core::FakeClock clock;
    core::Guarded<std::string> written;
    AuditLog log([&](std::string_view lines) { written.Lock()->append(lines); }, clock);
    for (int i = 0; i < 100; ++i) log.Record(Allowed("r" + std::to_string(i), "arn:a"));
    log.Flush();
    const auto lines = Lines(*written.Lock());
    REQUIRE(lines.size() == 100);
    for (int i = 0; i < 100; ++i) {
        CHECK(core::JsonString(lines[i], "request") == "r" + std::to_string(i));
    }
}

TEST_CASE("in a flood the first decision of a kind is a line, and its repetitions share one") {
    core::FakeClock clock;
    core::Guarded<std::string> written;
    {
        AuditLog log([&](std::string_view lines) { written.Lock()->append(lines); }, clock,
                     {.lines_a_second = 1});
        for (int i = 0; i < 100; ++i) log.Record(Allowed("r" + std::to_string(i), "arn:a"));
        log.Record(Allowed("other", "arn:b"));
        clock.Advance(core::seconds(2));
        log.Record(Allowed("later", "arn:a"));
    }
    const auto lines = Lines(*written.Lock());
    REQUIRE(lines.size() == 4);
    CHECK(core::JsonString(lines[0], "request") == "r0");
    CHECK(core::JsonString(lines[0], "statement") == "#0");
    CHECK(core::JsonFind(lines[0], "repeated") == nullptr);
    CHECK(core::JsonFind(lines[0], "reason") == nullptr);
    CHECK(core::JsonString(lines[1], "resource") == "arn:b");
    CHECK(core::JsonInt(lines[2], "repeated") == 99);
    CHECK(core::JsonString(lines[2], "resource") == "arn:a");
    CHECK(core::JsonString(lines[3], "request") == "later");
}

TEST_CASE("an unknown caller cannot make every refusal a line of its own") {
    core::FakeClock clock;
    core::Guarded<std::string> written;
    AuditLog log([&](std::string_view lines) { written.Lock()->append(lines); }, clock,
                 {.lines_a_second = 1});
    for (int i = 0; i < 50; ++i) {
        const std::string key = "GUESS" + std::to_string(i) + "\n{}";
        log.Record({.request_id = "r",
                    .source = "10.0.0.9",
                    .access_key_id = key,
                    .caller = {},
                    .action = "s3",
                    .resource = key,
                    .outcome = "refused",
                    .policy = {},
                    .statement = {},
                    .reason = "InvalidAccessKeyId"});
    }
    log.Flush();
    const auto lines = Lines(*written.Lock());
    REQUIRE(lines.size() == 2);
    CHECK(core::JsonString(lines[0], "key") == "GUESS0\n{}");
    CHECK(core::JsonInt(lines[1], "repeated") == 49);
}

TEST_CASE("a full file is put aside, and only so many are kept") {
    core::FakeClock clock;
    core::FaultyFileSystem files;
    REQUIRE(files.MakeDirectories("/data"));
    auto log = AuditLog::Open(files, "/data/audit.log", clock, {.max_bytes = 300, .kept = 2});
    REQUIRE(log);
    for (int i = 0; i < 5; ++i) {
        (*log)->Record(Allowed("r" + std::to_string(i), "arn:" + std::to_string(i)));
        (*log)->Flush();
    }
    for (const auto& [name, request] :
         {std::pair("audit.log", "r4"), {"audit.log.1", "r3"}, {"audit.log.2", "r2"}}) {
        const auto text = core::ReadFile(files, std::string("/data/") + name);
        REQUIRE(text);
        const auto lines = Lines(*text);
        REQUIRE(lines.size() == 1);
        CHECK(core::JsonString(lines[0], "request") == request);
    }
    CHECK(files.List("/data")->size() == 3);
}

TEST_CASE("a file that could not be written is tried again") {
    core::FakeClock clock;
    core::FaultyFileSystem files;
    REQUIRE(files.MakeDirectories("/data"));
    auto log = AuditLog::Open(files, "/data/audit.log", clock);
    REQUIRE(log);
    files.FailAt(0);
    (*log)->Record(Allowed("lost", "arn:a"));
    (*log)->Flush();
    (*log)->Record(Allowed("kept", "arn:b"));
    (*log)->Flush();
    const auto text = core::ReadFile(files, "/data/audit.log");
    REQUIRE(text);
    CHECK(text->find("kept") != text->npos);
}
