#include "objects/local_store.h"

#include <doctest/doctest.h>

#include "core/digest.h"
#include "core/temp_dir.h"
#include "objects/checksum.h"
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

TEST_CASE("objects are put together, and one that cannot be does not hinder the others") {
    House house;
    REQUIRE(house.store->CreateBucket("bucket"));
    house.Put("old", "old");
    const std::string large = Noise(100'000);
    const auto put =
        house.store->PutTogether(std::vector<SmallObject>{{"bucket", "a", "1", "text/plain"},
                                                          {"nowhere", "b", "2", "text/plain"},
                                                          {"bucket", "", "3", "text/plain"},
                                                          {"bucket", "old", "new", "text/csv"},
                                                          {"bucket", "large", large, "text/plain"},
                                                          {"bucket", "a", "4", "text/plain"}});
    REQUIRE(put.size() == 6);
    CHECK(put[0]->etag == "c4ca4238a0b923820dcc509a6f75849b");
    CHECK(put[1].error().wire_name == "NoSuchBucket");
    CHECK_FALSE(put[2]);
    CHECK(put[4]->size == large.size());
    for (int round = 0; round < 2; ++round) {
        CHECK(house.Get("a") == "4");
        CHECK(house.Get("old") == "new");
        CHECK(house.store->Head("bucket", "old")->content_type == "text/csv");
        CHECK(house.Get("large") == large);
        house.Open();
    }
    CHECK(house.store->PutTogether({}).empty());
}

TEST_CASE("a draft becomes the object, also where it was gone on with after a restart") {
    House house;
    REQUIRE(house.store->CreateBucket("bucket"));
    const auto file = house.folder.Path() / "draft";
    std::string etag;
    for (const size_t before : {size_t{0}, size_t{1}, size_t{65'536}, size_t{200'000}}) {
        for (const size_t after : {size_t{0}, size_t{70'000}, size_t{131'072}, size_t{600'000}}) {
            CAPTURE(before);
            CAPTURE(after);
            const std::string text = Noise(before + after);
            auto draft = house.store->OpenDraft(file);
            REQUIRE(draft);
            REQUIRE((*draft)->Append(text.substr(0, before)));
            REQUIRE((*draft)->Sync());
            house.Open();
            draft = house.store->OpenDraft(file);
            REQUIRE(draft);
            CHECK((*draft)->Size() == before);
            REQUIRE((*draft)->Append(text.substr(before)));
            const auto put = house.store->PutDraft("bucket", "k", **draft, "text/plain");
            REQUIRE_MESSAGE(put, put.error().ToString());
            CHECK_FALSE(std::filesystem::exists(file));
            CHECK(house.Get("k") == text);
            const auto info = house.store->Head("bucket", "k");
            REQUIRE(info);
            CHECK(info->size == text.size());
            CHECK(info->content_type == "text/plain");
            CHECK(info->etag.ends_with("-1"));
            CHECK(info->etag != etag);
            etag = info->etag;
            Checksummer sums({ChecksumAlgorithm::kCrc32c});
            sums.Update(text);
            CHECK(info->checksums.at("CRC32C") ==
                  gyre::core::Base64Encode(sums.Finish().values.at(ChecksumAlgorithm::kCrc32c)));
        }
    }
    // The same bytes have the same entity tag, however they came.
    auto draft = house.store->OpenDraft(file);
    REQUIRE(draft);
    for (const char byte : Noise(800'000)) REQUIRE((*draft)->Append({&byte, 1}));
    CHECK(house.store->PutDraft("bucket", "k", **draft, "")->etag == etag);
}

TEST_CASE("a draft that nobody put is nothing in the store") {
    House house;
    REQUIRE(house.store->CreateBucket("bucket"));
    const auto file = house.folder.Path() / "draft";
    auto draft = house.store->OpenDraft(file);
    REQUIRE(draft);
    REQUIRE((*draft)->Append(Noise(100'000)));
    const auto put = house.store->PutDraft("no-bucket", "k", **draft, "");
    REQUIRE_FALSE(put);
    CHECK(put.error().wire_name == "NoSuchBucket");
    CHECK(house.store->List("bucket", "", "", 10)->empty());
}
