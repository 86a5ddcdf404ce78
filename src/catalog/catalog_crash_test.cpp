// Every change that was acknowledged survives a fault at any call to the disk, and none is seen
// half.

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "catalog/catalog.h"
#include "core/digest.h"
#include "db/database.h"
#include "db/test_faulty_disk.h"

using namespace gyre::catalog;
using gyre::core::Status;
using gyre::db::FaultyDisk;

namespace {

constexpr auto kKind = "sagemaker.endpoint";

/// In memory where the system has such a folder: real syncs are not what is tested here.
struct FastFolder {
    FastFolder() {
        const std::filesystem::path memory = "/dev/shm";
        path = (std::filesystem::is_directory(memory) ? memory
                                                      : std::filesystem::temp_directory_path()) /
               ("gyre-" + gyre::core::RandomUuid());
        std::filesystem::create_directory(path);
    }
    ~FastFolder() { std::filesystem::remove_all(path); }
    FastFolder(const FastFolder&) = delete;
    FastFolder& operator=(const FastFolder&) = delete;
    std::filesystem::path path;
};

/// What a resource may be found as: its step and its tags, or nothing.
struct State {
    int64_t step = 0;
    Tags tags;
    bool operator==(const State&) const = default;
};
using Content = std::optional<State>;

/// A catalog on a faulty disk, and what may be in it.
class Work {
  public:
    explicit Work(FaultyDisk& disk) : disk_(disk) {
        REQUIRE(Open());
        for (int i = 0; i < 6; ++i) Create("r" + std::to_string(i), "1");
    }

    void Run() {
        Update("r0", 2);
        Create("new", "1");
        Retag("r1", "2");
        Delete("r2");
        Close();  // writes the log back into the database
        if (!Open()) return;
        Update("new", 3);
        Update("r0", 4);
        Delete("r3");
        Create("r2", "3");
    }
    void Restart(FaultyDisk::Unsynced unsynced) {
        Close();
        disk_.Restart(unsynced);
        REQUIRE(Open());
    }
    void Check() {
        CHECK(database_->CheckIntegrity());
        std::set<std::string> listed;
        const auto page = catalog_->List({.kind = kKind});
        REQUIRE(page);
        for (const Resource& resource : page->resources) listed.insert(resource.name);
        for (const auto& [name, contents] : may_be_) {
            CAPTURE(name);
            const Content content = Read(name);
            CHECK(std::ranges::find(contents, content) != contents.end());
            CHECK(listed.contains(name) == content.has_value());
        }
        // It goes on as if nothing had been.
        Create("after", "1");
        CHECK(Read("after") == Content(State{1, {{"a", "1"}}}));
        Update("r0", 5);
        CHECK(Read("r0")->step == 5);
    }

  private:
    bool Open() {
        auto opened = gyre::db::Database::Open(folder_.path / "gyre.db");
        if (!opened) return false;
        database_ = std::move(*opened);
        auto catalog = OpenCatalog(*database_, clock_);
        if (catalog) catalog_ = std::move(*catalog);
        return catalog_ != nullptr;
    }
    void Close() {
        catalog_.reset();
        database_.reset();
    }
    static std::string Arn(const std::string& name) {
        return "arn:aws:sagemaker:us-east-1:000000000000:endpoint/" + name;
    }
    void Create(const std::string& name, const std::string& tag) {
        Resource resource;
        resource.kind = kKind;
        resource.name = name;
        resource.arn = Arn(name);
        resource.document = {{"Padding", std::string(9000, 'x')}};  // several pages
        resource.status = {{"step", 1}};
        const auto done = catalog_->Create(resource, {{"a", tag}});
        Note(name, done, State{1, {{"a", tag}}});
    }
    void Update(const std::string& name, int step) {
        const auto done = catalog_->Update(kKind, name, [&](Resource& resource) -> Status {
            resource.status.as_object()["step"] = step;
            return {};
        });
        Change(name, done, [&](State& state) { state.step = step; });
    }
    void Retag(const std::string& name, const std::string& tag) {
        const auto done = catalog_->ChangeTags(Arn(name), {{"b", tag}}, {"a"});
        Change(name, done, [&](State& state) { state.tags = {{"b", tag}}; });
    }
    void Delete(const std::string& name) {
        Note(name, catalog_->Delete(kKind, name), std::nullopt);
    }
    template <typename Answer>
    void Note(const std::string& name, const Answer& done, const Content& content) {
        auto& contents = may_be_.try_emplace(name, 1, std::nullopt).first->second;
        if (done) contents.clear();
        contents.push_back(content);
    }
    template <typename Answer, typename Function>
    void Change(const std::string& name, const Answer& done, Function change) {
        auto& contents = may_be_[name];
        std::vector<Content> changed;
        for (Content content : contents) {
            if (!content) continue;
            change(*content);
            changed.push_back(content);
        }
        if (done) contents.clear();
        contents.insert(contents.end(), changed.begin(), changed.end());
    }
    Content Read(const std::string& name) {
        const auto found = catalog_->Get(kKind, name);
        if (!found) {
            CHECK(found.error().code == gyre::core::Code::kNotFound);
            return std::nullopt;
        }
        CHECK(found->document.at("Padding").as_string().size() == 9000);
        const auto tags = catalog_->GetTags(Arn(name));
        REQUIRE(tags);
        return State{found->status.at("step").as_int64(), *tags};
    }

    FaultyDisk& disk_;
    FastFolder folder_;
    gyre::core::FakeClock clock_;
    std::unique_ptr<gyre::db::Database> database_;
    std::unique_ptr<Catalog> catalog_;
    std::map<std::string, std::vector<Content>> may_be_;
};

}  // namespace

TEST_CASE("a fault at any call to the disk loses nothing acknowledged and shows nothing half") {
    using Fault = FaultyDisk::Fault;
    using Unsynced = FaultyDisk::Unsynced;
    constexpr struct {
        const char* name;
        Fault fault;
        Unsynced unsynced;
    } kFaults[] = {
        {"power cut", Fault::kCrash, Unsynced::kLost},
        {"torn writes", Fault::kCrash, Unsynced::kTorn},
        {"writes in the disk's own order", Fault::kCrash, Unsynced::kScattered},
        {"killed", Fault::kCrash, Unsynced::kKept},
        {"disk full", Fault::kFull, Unsynced::kLost},
        {"short write", Fault::kShortWrite, Unsynced::kLost},
        {"i/o error", Fault::kError, Unsynced::kLost},
        {"lost sync", Fault::kLostSync, Unsynced::kKept},
    };
    FaultyDisk disk;
    uint64_t calls = 0;
    {
        Work good(disk);
        const uint64_t before = disk.Calls();
        good.Run();
        calls = disk.Calls() - before;
        good.Restart(Unsynced::kLost);
        good.Check();
    }
    REQUIRE(calls > 60);
    for (const auto& fault : kFaults) {
        CAPTURE(fault.name);
        for (uint64_t n = 0; n < calls; ++n) {
            CAPTURE(n);
            Work work(disk);
            disk.Plan(fault.fault, n);
            work.Run();
            work.Restart(fault.unsynced);
            work.Check();
        }
    }
}
