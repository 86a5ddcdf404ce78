// What was acknowledged survives a fault at any call, and nothing else is left behind.

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "core/digest.h"
#include "objects/local_store.h"
#include "objects/test_body.h"
#include "objects/test_machine.h"

using namespace gyre::objects;
using gyre::core::Status;

namespace {

constexpr size_t kSmallest = size_t{5} << 20;

/// A day's work in a bucket of its own, and what may be there after it.
class Work {
  public:
    Work(Machine& machine, std::string bucket, const std::string& source)
        : machine_(machine), bucket_(std::move(bucket)), source_(source) {
        REQUIRE(machine_.store->CreateBucket(bucket_));
        Put("old", first_);
        Put("gone", first_);
        for (const auto* key : {"batch 1", "batch 2", "batch 3"}) Put(key, small_ + key);
    }

    void Run() {
        Put("old", second_);
        Put("new", small_);
        RunUpload();
        Note("copy", small_,
             machine_.store->CopyObject({bucket_, "new", {}, "", ""}, bucket_, "copy", {}));
        Note("copied parts", source_ + second_,
             machine_.store->CopyObject({bucket_, "parts", {}, "", ""}, bucket_, "copied parts",
                                        {}));
        Note("gone", std::nullopt, machine_.store->DeleteObject(bucket_, {"gone", {}, ""}, {}));
        RunDraft();
        RunBatch();
        RunAbort();
    }

    /// Every object has one of the contents that it may have.
    void Check() {
        for (const auto& [key, contents] : may_be_) {
            CAPTURE(key);
            const auto content = Read(key);
            CHECK(std::ranges::find(contents, content) != contents.end());
        }
        CHECK(Read("batch 1").has_value() == Read("batch 2").has_value());
        CHECK(Read("batch 3") == small_ + "batch 3");
        if (batch_removed_) CHECK_FALSE(Read("batch 1"));
        CHECK(uploads_ >= machine_.Count("object_uploads WHERE bucket = '" + bucket_ + "'"));
        if (kept_ && Read("parts") == std::nullopt) {
            const auto page = machine_.store->ListParts(*kept_, 0, 1000);
            REQUIRE(page);
            REQUIRE(page->parts.size() >= acknowledged_.size());
            for (const auto& [number, etag] : acknowledged_) {
                const auto found = std::ranges::find(page->parts, number, &PartInfo::number);
                REQUIRE(found != page->parts.end());
                CHECK((found->etag == etag || number == doubtful_));
            }
        }
    }

    /// Removes the bucket and all in it.
    void Clear() {
        const auto listed = machine_.store->List(bucket_, "", "", 1000);
        REQUIRE(listed);
        for (const ObjectInfo& object : *listed) {
            CHECK(machine_.store->DeleteObject(bucket_, {object.key, {}, ""}, {}));
        }
        CHECK(machine_.store->DeleteBucket(bucket_));
    }

  private:
    using Content = std::optional<std::string>;

    template <typename Answer>
    bool Note(const std::string& key, Content content, const Answer& answer) {
        auto& contents = may_be_.try_emplace(key, std::vector<Content>{std::nullopt}).first->second;
        // S3's own refusals (of what an earlier step failed to make) change nothing.
        if (!answer && !answer.error().wire_name.empty()) return false;
        if (answer) contents.clear();
        contents.push_back(std::move(content));
        return answer.has_value();
    }
    void Put(const std::string& key, const std::string& text) {
        TextBody body(text, 10'000);
        Note(key, text, machine_.store->Put(bucket_, key, body, ""));
    }
    bool Part(const UploadId& upload, int number, const std::string& text) {
        TextBody body(text, 10'000);
        const auto part = machine_.store->UploadPart(upload, number, body, {});
        if (part) acknowledged_[number] = part->etag;
        if (!part) doubtful_ = number;
        return part.has_value();
    }
    void RunUpload() {
        const auto upload = machine_.store->CreateUpload(bucket_, "parts", {});
        ++uploads_;
        if (!upload) return;
        kept_ = upload->id;
        const auto shared = machine_.store->CopyPart(upload->id, 4, {"source", "k", {}, "", ""});
        if (shared) acknowledged_[4] = shared->part.etag;
        if (!Part(upload->id, 7, first_) || !Part(upload->id, 7, second_) ||
            !Part(upload->id, 9, first_) || !shared) {
            return;
        }
        CompleteOptions options;
        for (const int number : {4, 7})
            options.parts.push_back({number, acknowledged_[number], {}});
        const auto made = machine_.store->CompleteUpload(upload->id, options);
        Note("parts", source_ + second_, made);
        if (made) kept_.reset();
    }
    /// A batch is removed in one commit: all of it, or none.
    void RunBatch() {
        std::vector<Removal> removals;
        for (const auto* key : {"batch 1", "old", "batch 2", "absent"})
            removals.push_back({key, {}, ""});
        const auto removed = machine_.store->DeleteObjects(bucket_, removals, {});
        for (const auto* key : {"batch 1", "batch 2", "old"}) Note(key, std::nullopt, removed);
        batch_removed_ = removed.has_value();
    }
    void RunDraft() {
        const auto draft = machine_.store->OpenDraft("/data/draft of " + bucket_);
        if (!draft || !(*draft)->Append(first_) || !(*draft)->Sync()) return;
        if (!(*draft)->Append(second_)) return;
        Note("draft", first_ + second_,
             machine_.store->PutDraft(bucket_, "draft", **draft, "text/plain"));
    }
    void RunAbort() {
        const auto upload = machine_.store->CreateUpload(bucket_, "aborted", {});
        ++uploads_;
        if (!upload) return;
        TextBody body(first_);
        (void)machine_.store->UploadPart(upload->id, 1, body, {});
        if (machine_.store->AbortUpload(upload->id)) --uploads_;
    }
    Content Read(const std::string& key) {
        auto got = machine_.store->Get(bucket_, key);
        if (!got) {
            CHECK(got.error().wire_name == "NoSuchKey");
            return std::nullopt;
        }
        const auto text = ReadAll(*got->body);
        CHECK_MESSAGE(text, key << ": " << text.error().ToString());
        return text ? Content(*text) : Content("unreadable");
    }

    Machine& machine_;
    const std::string bucket_;
    const std::string& source_;
    const std::string first_ = Noise(70'000, 1);
    const std::string second_ = Noise(140'001, 2);
    const std::string small_ = "small";
    std::map<std::string, std::vector<Content>> may_be_;
    int64_t uploads_ = 0;  // that may be there
    std::optional<UploadId> kept_;
    std::map<int, std::string> acknowledged_;
    int doubtful_ = 0;
    bool batch_removed_ = false;
};

struct Prepared : Machine {
    Prepared() {
        REQUIRE(store->CreateBucket("source"));
        TextBody body(source);
        REQUIRE(store->Put("source", "k", body, ""));
    }
    const std::string source = Noise(kSmallest, 3);
};

}  // namespace

TEST_CASE("a fault at any call loses nothing acknowledged and shows nothing half") {
    Prepared machine;
    uint64_t calls = 0;
    {
        Work good(machine, "dry", machine.source);
        const uint64_t before = machine.files.Calls();
        good.Run();
        calls = machine.files.Calls() - before;
        good.Check();
        machine.Restart(Unsynced::kLost);
        good.Check();
        machine.CheckHouse();
        good.Clear();
        CHECK(machine.Count("object_blobs") == 1);
    }
    REQUIRE(calls > 40);
    for (const Fault& fault : kFaults) {
        CAPTURE(fault.name);
        for (uint64_t n = 0; n < calls; ++n) {
            CAPTURE(n);
            const std::string bucket =
                "bucket-" + std::to_string(&fault - kFaults.data()) + "-" + std::to_string(n);
            Work work(machine, bucket, machine.source);
            fault.plan(machine.files, n);
            work.Run();
            machine.Restart(fault.unsynced);
            work.Check();
            machine.CheckHouse();
            work.Clear();
        }
    }
}

TEST_CASE("what a disk lost that said it had it is an error where it is read, never other bytes") {
    Machine machine;
    REQUIRE(machine.store->CreateBucket("bucket"));
    const std::string text = Noise(200'000, 1);
    const auto put = [&](const std::string& key) {
        TextBody body(text, 10'000);
        return machine.store->Put("bucket", key, body, "");
    };
    REQUIRE(put("safe"));
    const uint64_t before = machine.files.Calls();
    REQUIRE(put("dry"));
    const uint64_t calls = machine.files.Calls() - before;
    int lost = 0;
    for (const Unsynced unsynced : {Unsynced::kLost, Unsynced::kTorn}) {
        for (uint64_t n = 0; n < calls; ++n) {
            CAPTURE(n);
            machine.files.SkipSyncAt(n);
            REQUIRE(put("k"));
            machine.Restart(unsynced);
            auto got = machine.store->Get("bucket", "k");
            const auto read = got ? ReadAll(*got->body) : gyre::core::Fail(got.error());
            if (read) {
                CHECK(*read == text);
            } else {
                CHECK(read.error().code == gyre::core::Code::kDataLoss);
                ++lost;
            }
            CHECK(ReadAll(*machine.store->Get("bucket", "safe")->body) == text);
            CHECK(machine.store->DeleteObject("bucket", {"k", {}, ""}, {}));
        }
    }
    CHECK(lost > 0);
}

TEST_CASE("a rotten byte in a part is an error where it is read, and the object can go") {
    Machine machine;
    REQUIRE(machine.store->CreateBucket("bucket"));
    const auto upload = machine.store->CreateUpload("bucket", "k", {});
    REQUIRE(upload);
    CompleteOptions options;
    const std::string texts[] = {Noise(kSmallest, 1), Noise(200'000, 2)};
    for (int i = 0; i < 2; ++i) {
        TextBody body(texts[i]);
        const auto part = machine.store->UploadPart(upload->id, i + 1, body, {});
        REQUIRE(part);
        options.parts.push_back({i + 1, part->etag, {}});
    }
    REQUIRE(machine.store->CompleteUpload(upload->id, options));
    REQUIRE(machine.store->CopyObject({"bucket", "k", {}, "", ""}, "bucket", "copy", {}));
    const auto directories = machine.files.List("/data/objects");
    REQUIRE(directories->size() == 1);
    const std::string directory = "/data/objects/" + directories->front();
    const auto names = machine.files.List(directory);
    REQUIRE(names->size() == 2);
    machine.files.Damage(directory + "/" + names->back(), 150'000);
    const auto read = [&](const std::string& key, const std::string& range) -> std::string {
        auto got = machine.store->GetObject("bucket", key, {.range = range});
        REQUIRE(got);
        const auto text = ReadAll(*got->body);
        if (!text) return std::string(gyre::core::CodeName(text.error().code));
        return *text == (texts[0] + texts[1]).substr(got->range->first, got->length) ? "good"
                                                                                     : "wrong";
    };
    for (const std::string key : {"k", "copy"}) {
        const size_t at = kSmallest + 65'536;  // the second block of the second part
        CHECK(read(key, "bytes=0-" + std::to_string(at - 1)) == "good");
        CHECK(read(key, "bytes=" + std::to_string(at) + "-" + std::to_string(at)) == "good");
        CHECK(read(key, "bytes=" + std::to_string(at + 65'536) + "-") == "DATA_LOSS");
        CHECK(read(key, "bytes=5-") == "DATA_LOSS");
        CHECK(machine.store->DeleteObject("bucket", {key, {}, ""}, {}));
    }
    machine.Restart(Unsynced::kLost);
    machine.CheckHouse();
    CHECK(machine.Files() == 0);
}
