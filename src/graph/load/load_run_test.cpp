#include "graph/load/load_run.h"

#include <doctest/doctest.h>

#include <map>

#include "graph/test_graph.h"

using namespace gyre;
using namespace gyre::graph;

namespace {

/// A text, a second for each piece.
class SlowLoadBody final : public net::BodyReader {
  public:
    SlowLoadBody(std::string text, core::FakeClock& clock)
        : text_(std::move(text)), clock_(clock) {}
    core::Result<size_t> Read(std::span<char> into) override {
        clock_.Advance(core::seconds(1));
        const size_t size = std::min(into.size(), text_.size() - at_);
        std::copy_n(text_.data() + at_, size, into.data());
        at_ += size;
        return size;
    }
    std::optional<uint64_t> Length() const override { return std::nullopt; }

  private:
    const std::string text_;
    size_t at_ = 0;
    core::FakeClock& clock_;
};

/// Objects of one bucket; some cannot be got.
class LoadBucket final : public objects::ObjectStore {
  public:
    explicit LoadBucket(core::FakeClock& clock) : clock_(clock) {}
    core::Result<objects::ObjectInfo> Head(const std::string&, const std::string&) override {
        return core::Fail(core::Code::kUnimplemented, "");
    }
    core::Result<objects::ObjectData> Get(const std::string&, const std::string& key) override {
        if (const auto error = errors.find(key); error != errors.end()) {
            return core::Fail(error->second, "it cannot be got");
        }
        objects::ObjectData data;
        data.body = std::make_unique<SlowLoadBody>(texts.at(key), clock_);
        return data;
    }
    core::Result<objects::ObjectInfo> Put(const std::string&, const std::string&, net::BodyReader&,
                                          const std::string&) override {
        return core::Fail(core::Code::kUnimplemented, "");
    }
    core::Status Delete(const std::string&, const std::string&) override { return {}; }
    core::Result<std::vector<objects::ObjectInfo>> List(const std::string&, const std::string&,
                                                        const std::string& after, int) override {
        std::vector<objects::ObjectInfo> found;
        for (const auto& [key, text] : texts) {
            if (key <= after) continue;
            objects::ObjectInfo& info = found.emplace_back();
            info.key = key;
            info.size = text.size();
            info.etag = std::to_string(text.size());
        }
        return found;
    }
    core::Status CreateBucket(const std::string&) override { return {}; }

    std::map<std::string, std::string> texts;
    std::map<std::string, core::Code> errors;

  private:
    core::FakeClock& clock_;
};

load::LoadJob LoadJobOf(const std::string& format, bool fail_on_error) {
    const auto request =
        core::ParseJson(R"({"source":"s3://bucket/","format":")" + format + R"(","failOnError":)" +
                        (fail_on_error ? "true" : "false") + "}");
    auto job = load::ReadLoadRequest(*request);
    REQUIRE(job);
    job->id = "load";
    return std::move(*job);
}

}  // namespace

TEST_CASE("A load's counts show while a file is read") {
    core::FakeClock clock;
    LoadBucket bucket(clock);
    std::string rows = "~id,~label\n", triples;
    for (int i = 0; i < 100'000; ++i) {
        rows += "v" + std::to_string(i) + ",p\n";
        triples += "<http://e/" + std::to_string(i) + "> <http://e/p> \"x\" .\n";
    }
    for (const char* format : {"csv", "ntriples"}) {
        TestGraph graph(GraphMode::kNeptune, false);
        bucket.texts = {{"f", format == std::string("csv") ? rows : triples}};
        load::LoadJob job = LoadJobOf(format, true);
        size_t partly = 0;
        load::LoadRun run(graph.Store(), bucket, clock, job, [&](const load::LoadJob& now, bool) {
            const load::LoadedFile& file = now.files.at(0);
            partly += file.status == "LOAD_IN_PROGRESS" && file.counts.records > 0 &&
                      file.counts.records < 100'000;
        });
        CHECK(run.Run() == "LOAD_COMPLETED");
        CHECK(partly > 0);
        CHECK(job.files[0].counts.records == 100'000);
        CHECK(job.files[0].spent_s > 0);
    }
}

TEST_CASE("What S3 refuses fails a file by its own name, and the others are loaded") {
    core::FakeClock clock;
    LoadBucket bucket(clock);
    bucket.texts = {{"a", "~id\na\n"}, {"b", "~id\nb\n"}, {"c", "~id\nc\n"}, {"d", "~id\nd\n"}};
    bucket.errors = {{"a", core::Code::kPermissionDenied},
                     {"b", core::Code::kNotFound},
                     {"c", core::Code::kUnavailable}};
    const auto ignore = [](const load::LoadJob&, bool) {};
    TestGraph graph(GraphMode::kNeptune, false);
    load::LoadJob job = LoadJobOf("csv", false);
    CHECK(load::LoadRun(graph.Store(), bucket, clock, job, ignore).Run() == "LOAD_FAILED");
    CHECK(job.files[0].status == "LOAD_S3_ACCESS_DENIED_ERROR");
    CHECK(job.files[1].status == "LOAD_DATA_FAILED_DUE_TO_FEED_MODIFIED_OR_DELETED");
    CHECK(job.files[2].status == "LOAD_S3_READ_ERROR");
    CHECK(job.files[3].status == "LOAD_COMPLETED");
    REQUIRE(job.errors.size() == 3);
    CHECK(job.errors[0].code == "S3_ACCESS_DENIED_ERROR");
    CHECK(job.errors[1].code == "FILE_MODIFICATION_OR_DELETION_ERROR");
    CHECK(job.errors[1].file == "s3://bucket/b");
    CHECK(graph.Ask("g.V().id()") == "d");
    job = LoadJobOf("csv", true);
    CHECK(load::LoadRun(graph.Store(), bucket, clock, job, ignore).Run() == "LOAD_FAILED");
    CHECK(job.files[1].status == "LOAD_NOT_STARTED");
    CHECK(job.errors.size() == 1);
}

TEST_CASE("A run goes on within a file where the one before has stopped") {
    core::FakeClock clock;
    LoadBucket bucket(clock);
    const auto ignore = [](const load::LoadJob&, bool) {};
    TestGraph graph(GraphMode::kNeptune, false);
    bucket.texts = {{"e", "~from,~to\na,b\na,c\nb,a\n"}, {"v", "~id\na\nb\n"}};
    load::LoadJob job = LoadJobOf("csv", true);
    CHECK(load::LoadRun(graph.Store(), bucket, clock, job, ignore).Run() ==
          "LOAD_CANCELLED_DUE_TO_ERRORS");
    CHECK(job.files[0].counts.rows == 2);
    bucket.texts["w"] = "~id\nc\n";
    job.run = 2;
    CHECK(load::LoadRun(graph.Store(), bucket, clock, job, ignore).Run() == "LOAD_COMPLETED");
    CHECK(job.files[0].counts.rows == 3);
    CHECK(job.files[0].counts.records == 3);
    CHECK(graph.Ask("g.E().count()") == "3");
}
