#include "transform/spool.h"

#include <doctest/doctest.h>

#include "core/temp_dir.h"
#include "transform/spool_writer.h"
#include "transform/streamed_put.h"

namespace gyre::transform {
namespace {

std::string ReadAll(net::BodyReader& body) {
    std::string text;
    std::string piece(100'000, '\0');
    while (true) {
        const auto read = body.Read(piece);
        REQUIRE(read);
        if (*read == 0) return text;
        text.append(piece, 0, *read);
    }
}

/// Keeps what is put, once all of it was read.
class KeepingStore : public objects::ObjectStore {
  public:
    std::map<std::string, std::string> objects;

    core::Result<objects::ObjectInfo> Put(const std::string&, const std::string& key,
                                          net::BodyReader& body, const std::string&) override {
        std::string text;
        std::string piece(1000, '\0');
        while (true) {
            GYRE_ASSIGN(const size_t read, body.Read(piece));
            if (read == 0) break;
            text.append(piece, 0, read);
        }
        objects[key] = std::move(text);
        return objects::ObjectInfo{};
    }
    core::Result<objects::ObjectInfo> Head(const std::string&, const std::string&) override {
        return core::Fail(core::Code::kNotFound, "not in tests");
    }
    core::Result<objects::ObjectData> Get(const std::string&, const std::string&) override {
        return core::Fail(core::Code::kNotFound, "not in tests");
    }
    core::Status Delete(const std::string&, const std::string&) override { return {}; }
    core::Result<std::vector<objects::ObjectInfo>> List(const std::string&, const std::string&,
                                                        const std::string&, int) override {
        return std::vector<objects::ObjectInfo>();
    }
    core::Status CreateBucket(const std::string&) override { return {}; }
};

/// Takes drafts, and keeps which one was put.
class DraftStore final : public KeepingStore {
  public:
    core::Result<std::unique_ptr<objects::ObjectDraft>> OpenDraft(
        const std::filesystem::path& file) override {
        std::error_code none;
        const uint64_t size = std::filesystem::file_size(file, none);
        return std::make_unique<FileDraft>(core::RealFileSystem().OpenAppend(file).value(),
                                           none ? 0 : size);
    }

  private:
    class FileDraft final : public objects::ObjectDraft {
      public:
        FileDraft(std::unique_ptr<core::WritableFile> file, uint64_t size)
            : file_(std::move(file)), size_(size) {}
        core::Status Append(std::string_view bytes) override {
            size_ += bytes.size();
            return file_->Append(bytes);
        }
        core::Status Sync() override { return file_->Sync(); }
        uint64_t Size() const override { return size_; }

      private:
        std::unique_ptr<core::WritableFile> file_;
        uint64_t size_;
    };
};

}  // namespace

TEST_CASE("a small output is in memory, a large one in a file, and both read the same") {
    const core::TempDir folder;
    for (const size_t pieces : {size_t{0}, size_t{3}, size_t{5'000}}) {
        Spool spool(folder.Path() / "spool");
        std::string all;
        for (size_t i = 0; i < pieces; i++) {
            const std::string piece = std::to_string(i) + std::string(500, 'x');
            REQUIRE(spool.Append(piece));
            all += piece;
        }
        CHECK(spool.InFile() == (all.size() > (1U << 20)));
        CHECK(spool.Size() == all.size());
        const auto body = spool.Read();
        REQUIRE(body);
        CHECK((*body)->Length() == all.size());
        CHECK(ReadAll(**body) == all);
        spool.Discard();
        CHECK_FALSE(std::filesystem::exists(folder.Path() / "spool"));
    }
}

TEST_CASE("a spool goes on after what was safe, and drops what came after it") {
    const core::TempDir folder;
    const std::string large(3 << 20, 'a');
    {
        Spool spool(folder.Path() / "spool");
        REQUIRE(spool.Append(large));
        REQUIRE(spool.Sync());
        REQUIRE(spool.Append(std::string(2 << 20, 'b')));
    }
    Spool spool(folder.Path() / "spool");
    REQUIRE(spool.Resume(large.size()));
    REQUIRE(spool.Append("end"));
    CHECK(ReadAll(**spool.Read()) == large + "end");
    Spool longer(folder.Path() / "spool");
    CHECK_FALSE(longer.Resume(large.size() + 100));
    CHECK_FALSE(Spool(folder.Path() / "none").Resume(1));
}

TEST_CASE("a large output is the store's draft, and goes on as one") {
    const core::TempDir folder;
    const auto file = folder.Path() / "spool";
    DraftStore store;
    const std::string large(3 << 20, 'a');
    {
        Spool spool(file, &store);
        REQUIRE(spool.Append("a"));
        CHECK(spool.Draft() == nullptr);
        REQUIRE(spool.Append(large.substr(1)));
        REQUIRE(spool.Draft() != nullptr);
        REQUIRE(spool.Sync());
        REQUIRE(spool.Append(std::string(2 << 20, 'b')));
    }
    {
        Spool spool(file, &store);
        REQUIRE(spool.Resume(large.size()));
        REQUIRE(spool.Draft() != nullptr);
        CHECK(spool.Draft()->Size() == large.size());
        REQUIRE(spool.Append("end"));
        REQUIRE(spool.Flush());
        CHECK(spool.Draft()->Size() == spool.Size());
        CHECK(ReadAll(**spool.Read()) == large + "end");
    }
    Spool anew(file, &store);
    REQUIRE(anew.Append(large));
    CHECK(anew.Draft()->Size() == large.size());
}

TEST_CASE("answers are written in their order, and none after one that could not be") {
    std::string written;
    {
        SpoolWriter writer;
        for (int i = 0; i < 100; i++) {
            REQUIRE(writer.Add(10 << 20, [&written, i]() -> core::Status {
                written += std::to_string(i) + " ";
                return {};
            }));
        }
        REQUIRE(writer.Finish());
    }
    std::string expected;
    for (int i = 0; i < 100; i++) expected += std::to_string(i) + " ";
    CHECK(written == expected);

    SpoolWriter writer;
    const auto full = [] {
        return core::Status(core::Fail(core::Code::kResourceExhausted, "full"));
    };
    REQUIRE(writer.Add(1, full));
    core::Status added;
    int after = 0;
    while (added) {
        added = writer.Add(1, [&after]() -> core::Status {
            after++;
            return {};
        });
    }
    CHECK(added.error().code == core::Code::kResourceExhausted);
    CHECK(writer.Finish().error().message == "full");
    CHECK(after == 0);
}

TEST_CASE("an output is put while it grows, and only when it is whole") {
    const core::TempDir folder;
    KeepingStore store;
    Spool spool(folder.Path() / "spool");
    REQUIRE(spool.Append(std::string(2 << 20, 'a')));
    REQUIRE(spool.InFile());
    {
        StreamedPut put(store, {"bucket", "out"}, "text/plain", spool.File());
        put.Grew(spool.FileSize());
        REQUIRE(spool.Append("end"));
        REQUIRE(spool.Flush());
        put.Grew(spool.FileSize());
        CHECK(put.Finish());
    }
    CHECK(store.objects["out"] == std::string(2 << 20, 'a') + "end");
    {
        StreamedPut put(store, {"bucket", "abandoned"}, "text/plain", spool.File());
        put.Grew(spool.FileSize());
    }
    CHECK_FALSE(store.objects.contains("abandoned"));
    StreamedPut nothing(store, {"bucket", "out"}, "text/plain", folder.Path() / "none");
    CHECK_FALSE(nothing.Finish());
}

}  // namespace gyre::transform
