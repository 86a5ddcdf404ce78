#include "serving/torchserve/snapshot.h"

#include <doctest/doctest.h>

#include <fstream>

#include "core/temp_dir.h"

namespace gyre::serving::torchserve {
namespace {

std::optional<std::string> NoVariable(const std::string&) {
    return std::nullopt;
}

TEST_CASE("a snapshot is read back as it was written") {
    const std::vector<SnapshotModel> models{
        {.name = "a", .version = "1.0", .is_default = false, .url = "a.mar", .settings = {}},
        {.name = "a",
         .version = "2.0",
         .is_default = true,
         .url = "a\\2.mar",
         .settings = {.min_workers = 2, .max_workers = 4, .batch_size = 8}}};
    const std::string text = SnapshotText({{"load_models", "all"}, {"path", "C:\\x"}}, "n.cfg",
                                          models, core::WallTime{} + std::chrono::hours(1));
    const auto properties = ParseProperties(text, NoVariable);
    REQUIRE(properties);
    CHECK(properties->at("load_models") == "all");
    CHECK(properties->at("path") == "C:\\x");
    const auto again = ReadSnapshot(properties->at("model_snapshot"));
    REQUIRE(again);
    REQUIRE(again->size() == 2);
    CHECK_FALSE((*again)[0].is_default);
    CHECK((*again)[1].is_default);
    CHECK((*again)[1].version == "2.0");
    CHECK((*again)[1].url == "a\\2.mar");
    CHECK((*again)[1].settings.min_workers == 2);
    CHECK((*again)[1].settings.max_workers == 4);
    CHECK((*again)[1].settings.batch_size == 8);
}

TEST_CASE("TorchServe's own snapshots are read") {
    const auto properties = ParseProperties(
        "inference_address=http\\://127.0.0.1\\:8080\n"
        "model_snapshot={\\n  \"name\"\\: \"20200716_startup.cfg\",\\n  \"modelCount\"\\: 1,\\n"
        "  \"models\"\\: {\\n    \"noop\"\\: {\\n      \"1.0\"\\: {\\n        "
        "\"defaultVersion\"\\: true,"
        "\\n        \"marName\"\\: \"noop.mar\",\\n        \"minWorkers\"\\: 3,\\n"
        "        \"maxWorkers\"\\: 3,\\n        \"batchSize\"\\: 1,\\n        \"maxBatchDelay\"\\: "
        "100,\\n"
        "        \"responseTimeout\"\\: 120\\n      }\\n    }\\n  }\\n}\n",
        NoVariable);
    REQUIRE(properties);
    CHECK(properties->at("inference_address") == "http://127.0.0.1:8080");
    const auto models = ReadSnapshot(properties->at("model_snapshot"));
    REQUIRE(models);
    REQUIRE(models->size() == 1);
    CHECK(models->front().name == "noop");
    CHECK(models->front().url == "noop.mar");
    CHECK(models->front().is_default);
    CHECK(models->front().settings.min_workers == 3);
}

TEST_CASE("what is no snapshot is refused") {
    CHECK_FALSE(ReadSnapshot("{"));
    CHECK_FALSE(ReadSnapshot("{}"));
    CHECK_FALSE(ReadSnapshot(R"({"models":{"a":1}})"));
}

TEST_CASE("the file that was written last counts, whatever its name") {
    const core::TempDir folder;
    CHECK_FALSE(LastSnapshot(folder.Path()).has_value());
    CHECK_FALSE(LastSnapshot(folder.Path() / "nowhere").has_value());
    const auto now = std::filesystem::file_time_type::clock::now();
    int age = 0;
    for (const char* name : {"mine.cfg", "20991231-snapshot.cfg", "newest.txt"}) {
        std::ofstream(folder.Path() / name) << "a=1\n";
        std::filesystem::last_write_time(
            folder.Path() / name, now - std::chrono::seconds(name[0] == 'm' ? 1 : 10 - age++));
    }
    CHECK(LastSnapshot(folder.Path())->filename() == "mine.cfg");
}

}  // namespace
}  // namespace gyre::serving::torchserve
