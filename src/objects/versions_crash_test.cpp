// Versions, tags and settings of buckets under a fault at any call.

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <set>

#include "objects/test_body.h"
#include "objects/test_machine.h"

using namespace gyre::objects;

namespace {

constexpr auto kKey = "k";

/// What a run of changes may have left of one key of one bucket.
class History {
  public:
    History(Machine& machine, std::string bucket) : machine_(machine), bucket_(std::move(bucket)) {
        REQUIRE(Store().CreateBucket(bucket_));
        Put(large_);
    }

    void Run() {
        Note(Store().SetVersioning(bucket_, Versioning::kEnabled));
        const auto first = Put("first");
        const auto second = Put(large_);
        if (second) SetTags(*second, {{"a", "1"}});
        Upload();
        Remove("");
        if (first) Copy(*first);
        if (second) Remove(*second);
        Note(Store().SetVersioning(bucket_, Versioning::kSuspended));
        Put("null again");
        Remove("");
        if (first) Remove(*first);
        setting_kept_ =
            Store().SetSetting(bucket_, SettingKind::kTags, "[[\"a\",\"1\"]]").has_value();
    }

    void Check() {
        const auto page = Store().ListVersions({.bucket = bucket_});
        REQUIRE(page);
        std::set<std::string> listed;
        size_t latest = 0;
        for (const ListedVersion& version : page->versions) {
            listed.insert(version.info.version);
            latest += version.latest ? 1 : 0;
            CHECK(!gone_.contains(version.info.version));
            const auto content = Read(version.info.version);
            CHECK(content.has_value() != version.marker);
            if (version.latest) CHECK(Read("") == content);
        }
        CHECK(latest == (page->versions.empty() ? 0 : 1));
        CHECK(page->versions.size() <= kept_.size() + markers_.size() + doubtful_);
        for (const auto& [version, content] : kept_) {
            CAPTURE(version);
            if (doubtful_versions_.contains(version)) continue;
            CHECK(Read(version) == content);
        }
        for (const std::string& marker : markers_) {
            if (!doubtful_versions_.contains(marker)) CHECK(listed.contains(marker));
        }
        for (const auto& [version, tags] : tags_) {
            if (doubtful_versions_.contains(version) || !kept_.contains(version)) continue;
            const auto got =
                Store().GetObject(bucket_, kKey, {.version = version, .with_body = false});
            REQUIRE(got);
            CHECK((got->info.tags == tags || tags_doubtful_));
        }
        const auto setting = Store().Setting(bucket_, SettingKind::kTags);
        REQUIRE(setting);
        if (setting_kept_) CHECK(setting->has_value());
    }

    void Clear() {
        const auto page = Store().ListVersions({.bucket = bucket_});
        REQUIRE(page);
        for (const ListedVersion& version : page->versions) {
            CHECK(Store().DeleteObject(bucket_, {kKey, {}, version.info.version}, {}));
        }
        CHECK(Store().DeleteBucket(bucket_));
    }

  private:
    LocalStore& Store() { return *machine_.store; }

    /// Counts a change whose outcome is not known.
    template <typename Answer>
    bool Note(const Answer& answer) {
        if (!answer && answer.error().wire_name.empty()) ++doubtful_;
        return answer.has_value();
    }
    /// A version that was made, or, where that is not known (""), a null version perhaps.
    void Made(const std::string& version, const std::string& text) {
        if (version.empty()) {
            doubtful_versions_.insert("null");
            gone_.erase("null");
            return;
        }
        doubtful_versions_.erase(version);
        gone_.erase(version);
        markers_.erase(version);
        kept_[version] = text;
    }
    std::optional<std::string> Put(const std::string& text) {
        TextBody body(text, 10'000);
        const auto put = Store().PutObject(bucket_, kKey, body, {});
        const std::string version = Note(put) ? Named(put->version) : "";
        Made(version, text);
        return version.empty() ? std::nullopt : std::optional(version);
    }
    void Upload() {
        const auto upload = Store().CreateUpload(bucket_, kKey, {});
        if (!Note(upload)) return;
        TextBody body(large_, 10'000);
        const auto part = Store().UploadPart(upload->id, 1, body, {});
        if (!Note(part)) return;
        CompleteOptions options;
        options.parts.push_back({1, part->etag, {}});
        const auto made = Store().CompleteUpload(upload->id, options);
        Made(Note(made) ? Named(made->version) : "", large_);
    }
    void Copy(const std::string& version) {
        const auto copied = Store().CopyObject({bucket_, kKey, {}, "", version}, bucket_, kKey, {});
        const auto source = kept_.find(version);
        Made(Note(copied) ? Named(copied->info.version) : "",
             source == kept_.end() ? "" : source->second);
    }
    void SetTags(const std::string& version, const Tags& tags) {
        const auto set = Store().SetTags({bucket_, kKey, version}, tags, {});
        tags_doubtful_ = !set;
        tags_[version] = tags;
    }
    void Remove(const std::string& version) {
        const auto removed = Store().DeleteObject(bucket_, {kKey, {}, version}, {});
        const bool done = Note(removed);
        if (!version.empty()) {
            if (!done) {
                doubtful_versions_.insert(version);
                return;
            }
            kept_.erase(version);
            markers_.erase(version);
            gone_.insert(version);
            return;
        }
        gone_.erase("null");
        if (!done) {
            doubtful_versions_.insert("null");
            return;
        }
        if (removed->version == "null") kept_.erase("null");
        if (removed->marker) markers_.insert(removed->version);
        if (removed->version.empty()) kept_.erase("null");  // versions were never kept
    }
    static std::string Named(const std::string& version) {
        return version.empty() ? "null" : version;
    }
    std::optional<std::string> Read(const std::string& version) {
        auto got = Store().GetObject(bucket_, kKey, {.version = version});
        if (!got) {
            const std::string& name = got.error().wire_name;
            CHECK((name == "NoSuchKey" || name == "NoSuchVersion" || name == "MethodNotAllowed"));
            return std::nullopt;
        }
        const auto text = ReadAll(*got->body);
        CHECK(text);
        return text ? std::optional(*text) : std::nullopt;
    }

    Machine& machine_;
    const std::string bucket_;
    const std::string large_ = Noise(70'000, 5);
    std::map<std::string, std::string> kept_;  ///< by version, as acknowledged
    std::set<std::string> markers_;
    std::set<std::string> gone_;
    std::set<std::string> doubtful_versions_;
    std::map<std::string, Tags> tags_;
    bool tags_doubtful_ = false;
    bool setting_kept_ = false;
    size_t doubtful_ = 0;
};

}  // namespace

TEST_CASE("versions: a fault at any call loses nothing acknowledged and shows nothing half") {
    Machine machine;
    uint64_t calls = 0;
    {
        History good(machine, "dry");
        const uint64_t before = machine.files.Calls();
        good.Run();
        calls = machine.files.Calls() - before;
        good.Check();
        machine.Restart(Unsynced::kLost);
        good.Check();
        machine.CheckHouse();
        good.Clear();
        machine.Restart(Unsynced::kLost);
        CHECK(machine.Count("object_blobs") == 0);
    }
    REQUIRE(calls > 30);
    for (const Fault& fault : kFaults) {
        CAPTURE(fault.name);
        for (uint64_t n = 0; n < calls; ++n) {
            CAPTURE(n);
            const std::string bucket =
                "bucket-" + std::to_string(&fault - kFaults.data()) + "-" + std::to_string(n);
            History history(machine, bucket);
            fault.plan(machine.files, n);
            history.Run();
            machine.Restart(fault.unsynced);
            history.Check();
            machine.CheckHouse();
            history.Clear();
        }
    }
}

TEST_CASE("a large upload is let go of piece by piece, whatever fails meanwhile") {
    constexpr int kParts = 70;  // more than a request lets go of
    Machine machine;
    const auto prepare = [&](const std::string& bucket) {
        REQUIRE(machine.store->CreateBucket(bucket));
        const auto upload = machine.store->CreateUpload(bucket, kKey, {});
        REQUIRE(upload);
        for (int number = 1; number <= kParts; ++number) {
            TextBody body(number == 1 ? Noise(20'000) : std::to_string(number));
            REQUIRE(machine.store->UploadPart(upload->id, number, body, {}));
        }
        return upload->id;
    };
    const UploadId dry = prepare("dry");
    const uint64_t before = machine.files.Calls();
    REQUIRE(machine.store->AbortUpload(dry));
    const uint64_t calls = machine.files.Calls() - before;
    CHECK(machine.Count("object_parts") == 0);
    for (const Fault& fault : kFaults) {
        CAPTURE(fault.name);
        for (uint64_t n = 0; n < calls; ++n) {
            CAPTURE(n);
            const std::string bucket =
                "bucket-" + std::to_string(&fault - kFaults.data()) + "-" + std::to_string(n);
            const UploadId upload = prepare(bucket);
            fault.plan(machine.files, n);
            const bool aborted = machine.store->AbortUpload(upload).has_value();
            machine.Restart(fault.unsynced);
            machine.CheckHouse();
            const auto there = machine.store->ListParts(upload, 0, 1000);
            if (there) {
                CHECK(!aborted);
                CHECK(there->parts.size() == kParts);
            } else {
                CHECK(there.error().wire_name == "NoSuchUpload");
                CHECK(machine.Count("object_parts") == 0);
            }
            CHECK(machine.store->DeleteBucket(bucket));
        }
    }
}
