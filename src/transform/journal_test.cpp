#include "transform/journal.h"

#include <doctest/doctest.h>

#include <fstream>

#include "core/temp_dir.h"
#include "transform/answer_excerpt.h"

namespace gyre::transform {

TEST_CASE("a journal that is opened again knows what was written") {
    const core::TempDir folder;
    {
        auto journal = Journal::Open(folder.Path()).value();
        CHECK(journal->IsOpen(0));
        REQUIRE(journal->Part(0, {100, 7, 60, "text/csv"}));
        REQUIRE(journal->Part(0, {200, 9, 90, "text/csv"}));
        REQUIRE(journal->Intent(3, {12, core::WallTime(core::milliseconds(1'700'000'000'123)), 8}));
        REQUIRE(journal->Done(1, 50, 4));
        RecordFailure failure;
        failure.object = "s3://b/k";
        failure.record = 5;
        failure.status = 400;
        failure.reason = "why";
        failure.answer = AnswerExcerpt("bad \xff\"");
        REQUIRE(journal->Failed(2, 30, failure));
    }
    // As a kill leaves it: the last line was not written to its end.
    std::ofstream(folder.Path() / "journal", std::ios::app) << R"({"what":"done","index":0)";
    for (int again = 0; again < 2; again++) {
        auto journal = Journal::Open(folder.Path()).value();
        CHECK(journal->IsOpen(0));
        CHECK_FALSE(journal->IsOpen(1));
        CHECK_FALSE(journal->IsOpen(2));
        CHECK(journal->IsOpen(3));
        CHECK(journal->IsOpen(1000));
        CHECK(journal->PartOf(0)->offset == 200);
        CHECK(journal->PartOf(0)->spooled == 90);
        CHECK(journal->PartOf(0)->content_type == "text/csv");
        CHECK_FALSE(journal->PartOf(1));
        CHECK(journal->IntentOf(3)->size == 12);
        CHECK(journal->IntentOf(3)->records == 8);
        CHECK(journal->IntentOf(3)->at.time_since_epoch().count() == 1'700'000'000'123);
        CHECK(journal->Sum().done == 1);
        CHECK(journal->Sum().failed == 1);
        CHECK(journal->Sum().bytes == 80);
        CHECK(journal->FirstFailure()->reason == "why");
    }
    auto journal = Journal::Open(folder.Path()).value();
    REQUIRE(journal->Done(0, 1, 1));
    CHECK_FALSE(journal->IsOpen(0));
    CHECK_FALSE(journal->PartOf(0));
    REQUIRE(journal->WriteReport(folder.Path() / "report"));
    std::ifstream report(folder.Path() / "report");
    std::string line;
    REQUIRE(std::getline(report, line));
    const auto json = core::ParseJson(line);
    REQUIRE(json);
    CHECK(core::JsonString(*json, "object") == "s3://b/k");
    CHECK(core::JsonInt(*json, "record") == 5);
    CHECK(core::JsonString(*json, "answer") == "bad ?\"");
    CHECK_FALSE(std::getline(report, line));
}

TEST_CASE("an answer's beginning is text, whatever the answer is") {
    CHECK(AnswerExcerpt("caf\xc3\xa9 \xe2\x82\xac") == "caf\xc3\xa9 \xe2\x82\xac");
    CHECK(AnswerExcerpt("\xc3") == "?");
    CHECK(AnswerExcerpt("\xc0\xaf|\xed\xa0\x80|\xf5") == "??|???|?");
    CHECK(AnswerExcerpt(std::string(5000, 'x')).size() == 1024);
    const std::string cut = AnswerExcerpt(std::string(1023, 'x') + "\xc3\xa9");
    CHECK(cut == std::string(1023, 'x'));
}

}  // namespace gyre::transform
