#include "objects/local_store.h"

#include <doctest/doctest.h>

#include "core/temp_dir.h"
#include "objects/test_body.h"

using namespace gyre::objects;
using gyre::core::Code;

namespace {

struct House {
    House() : database(gyre::db::Database::Open(folder.Path() / "a.db").value()) { Open(); }
    void Open() {
        store.reset();
        auto opened = OpenLocalStore(*database, gyre::core::RealFileSystem(),
                                     folder.Path() / "objects", clock, nullptr);
        REQUIRE_MESSAGE(opened, opened.error().ToString());
        store = std::move(*opened);
    }
    void Put(const std::string& key, const std::string& text) {
        TextBody body(text, 1000);
        const auto put = store->Put("bucket", key, body, "text/plain");
        REQUIRE_MESSAGE(put, put.error().ToString());
    }
    std::string Get(const std::string& key) {
        auto got = store->Get("bucket", key);
        if (!got) return got.error().wire_name;
        const auto text = ReadAll(*got->body);
        return text ? *text : text.error().wire_name;
    }

    gyre::core::TempDir folder;
    std::unique_ptr<gyre::db::Database> database;
    gyre::core::FakeClock clock;
    std::unique_ptr<LocalStore> store;
};

}  // namespace

TEST_CASE("what was put is there again, whatever its size, also after a restart") {
    House house;
    REQUIRE(house.store->CreateBucket("bucket"));
    const size_t sizes[] = {0, 1, 1000, 16384, 16385, 65535, 65536, 65537, 600'000, 1'048'576};
    for (const size_t size : sizes) house.Put("k" + std::to_string(size), Noise(size));
    for (int round = 0; round < 2; ++round) {
        for (const size_t size : sizes) {
            CAPTURE(size);
            CHECK(house.Get("k" + std::to_string(size)) == Noise(size));
            const auto info = house.store->Head("bucket", "k" + std::to_string(size));
            REQUIRE(info);
            CHECK(info->size == size);
            CHECK(info->content_type == "text/plain");
        }
        house.Open();
    }
    CHECK(house.store->Head("bucket", "k0")->etag == "d41d8cd98f00b204e9800998ecf8427e");
}
