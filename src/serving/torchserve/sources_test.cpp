#include "serving/torchserve/sources.h"

#include <doctest/doctest.h>

#include "core/archive.h"
#include "core/file_system.h"
#include "core/temp_dir.h"

namespace gyre::serving::torchserve {
namespace {

/// A model store with a folder in it, and an archive beside it.
struct Shop {
    explicit Shop(std::vector<std::string> allowed = {}) {
        std::filesystem::create_directories(folder.Path() / "store" / "a");
        std::filesystem::create_directories(folder.Path() / "elsewhere");
        Write("store/a/x.txt", "x");
        REQUIRE(core::PackTarGz(folder.Path() / "store" / "a",
                                folder.Path() / "elsewhere" / "b.tar.gz"));
        store = ModelStore::Open({.directory = folder.Path() / "unpacked",
                                  .objects = nullptr,
                                  .files = &core::RealFileSystem(),
                                  .limits = {}})
                    .value();
        sources.emplace(SourcesOptions{.folder = folder.Path() / "store",
                                       .allowed_urls = std::move(allowed),
                                       .s3 = false,
                                       .store = store.get(),
                                       .cancel = {}});
    }
    void Write(const char* name, std::string_view text) const {
        REQUIRE(core::WriteFileAtomically(core::RealFileSystem(), folder.Path() / name, text));
    }
    std::pair<int, std::string> Refused(const std::string& url) const {
        const auto source = sources->Get(url);
        REQUIRE_FALSE(source);
        return {source.error().http_status, source.error().message};
    }
    [[nodiscard]] std::string Elsewhere() const {
        return "file://" + (folder.Path() / "elsewhere" / "b.tar.gz").string();
    }

    core::TempDir folder;
    std::unique_ptr<ModelStore> store;
    std::optional<Sources> sources;
};

TEST_CASE("which URLs may be fetched") {
    CHECK(MayFetch("s3://bucket/a.mar", {}));
    CHECK_FALSE(MayFetch("https://a.example/a.mar", {}));
    CHECK_FALSE(MayFetch("file:///etc/passwd", {}));
    const std::vector<std::string> some{"https://a\\.example/.*", "file:///models/.*"};
    CHECK(MayFetch("https://a.example/m/a.mar", some));
    CHECK(MayFetch("HTTPS://A.EXAMPLE/a.mar", some));
    CHECK(MayFetch("file:///models/a.mar", some));
    CHECK_FALSE(MayFetch("https://a.example.evil/a.mar", some));
    CHECK_FALSE(MayFetch("http://x/?https://a.example/", some));
    CHECK_FALSE(MayFetch("s3://bucket/a.mar", some));  // the list is all there is
}

TEST_CASE("the file that a URL names") {
    CHECK(FileNameOf("https://h/a/b.mar?x=/y") == "b.mar");
    CHECK(FileNameOf("https://h") == "");
    CHECK(FileNameOf("https://h/") == "");
    CHECK(FileNameOf("s3://bucket/deep/m.mar") == "m.mar");
    CHECK(FileNameOf("a.mar") == "a.mar");
}

TEST_CASE("without a list the store is the only source, beside S3") {
    const Shop shop;
    CHECK(shop.sources->Get("a")->file == "a");
    CHECK(shop.sources->Get((shop.folder.Path() / "store" / "a").string()));
    CHECK(shop.Refused("b") == std::pair<int, std::string>{404, "Model not found at: b"});
    CHECK(shop.Refused("../elsewhere").second ==
          "Relative path is not allowed in url: ../elsewhere");
    CHECK(shop.Refused("/etc/passwd").first == 404);
    CHECK(shop.Refused(shop.Elsewhere()).second ==
          "Given URL " + shop.Elsewhere() + " does not match any allowed URL(s)");
    const auto [status, message] = shop.Refused("s3://bucket/a.mar");
    CHECK(status == 400);
    CHECK(message.find("AWS_ENDPOINT_URL") != std::string::npos);
}

TEST_CASE("who starts the server may name a folder anywhere, and one may hold all in another") {
    const Shop shop;
    std::filesystem::create_directories(shop.folder.Path() / "elsewhere" / "c" / "root");
    shop.Write("elsewhere/c/root/x.txt", "x");
    const std::string there = (shop.folder.Path() / "elsewhere" / "c").string();
    CHECK(shop.Refused(there).first == 404);
    const auto source = shop.sources->Get(there, true);
    REQUIRE(source);
    CHECK(source->file == "c");
    CHECK_FALSE(source->copied);
    CHECK(std::filesystem::exists(source->model->directory / "x.txt"));
    CHECK(shop.sources->Get((shop.folder.Path() / "nowhere").string(), true).error().http_status ==
          404);
}

TEST_CASE("what is allowed is copied into the store, and goes with its model") {
    const Shop shop({"file://.*"});
    const auto source = shop.sources->Get(shop.Elsewhere());
    REQUIRE(source);
    CHECK(source->copied);
    CHECK(source->file == "b.tar.gz");
    CHECK(std::filesystem::exists(shop.folder.Path() / "store" / "b.tar.gz"));
    CHECK(shop.Refused(shop.Elsewhere()) ==
          std::pair<int, std::string>{500, "Model file already exists b.tar.gz"});
    shop.sources->Forget(shop.Elsewhere());
    CHECK_FALSE(std::filesystem::exists(shop.folder.Path() / "store" / "b.tar.gz"));
    shop.sources->Forget("a");  // none that was copied
    CHECK(shop.sources->Get("a"));
    CHECK(shop.Refused("file:///nowhere/c.mar")
              .second.starts_with("Failed to download archive from: file:///nowhere/c.mar"));
}

}  // namespace
}  // namespace gyre::serving::torchserve
