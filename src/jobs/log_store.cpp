#include "jobs/log_store.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/file_system.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/log.h"
#include "jobs/detail/log_segments.h"
#include "net/http_message.h"

namespace gyre::jobs {
namespace {

constexpr size_t kMaxLineBytes = 256 * 1024;
constexpr const char* kGroupFile = ".group.json";  // no stream's folder begins with a point
constexpr core::seconds kOldest{14 * 24 * 3600};
constexpr core::seconds kNewest{2 * 3600};

// A name as a folder's: percent-encoded, and never "." or "..".
std::string FolderName(const std::string& name) {
    std::string folder = net::PercentEncode(name);
    if (folder.starts_with('.')) folder.replace(0, 1, "%2E");
    return folder;
}

// Names sort by their decoded form, as CloudWatch lists them.
std::string NameOfFolder(const std::string& folder) {
    return net::PercentDecode(folder).value_or(folder);
}

std::string CleanLine(std::string_view line) {
    line = line.substr(0, kMaxLineBytes);
    std::string clean(line);
    std::erase_if(clean, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
    return clean;
}

/// As CleanLine; line breaks stay.
std::string CleanText(std::string_view text) {
    std::string clean(text.substr(0, kMaxLineBytes));
    std::erase_if(clean, [](unsigned char c) {
        return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F;
    });
    return clean;
}

class FileLogStore final : public LogStore {
  public:
    FileLogStore(std::filesystem::path directory, const core::Clock& clock)
        : directory_(std::move(directory)), clock_(clock) {}

    core::Status Load() {
        core::FileSystem& files = core::RealFileSystem();
        GYRE_TRY(files.MakeDirectories(directory_));
        GYRE_ASSIGN(const auto groups, files.List(directory_));
        auto known = groups_.Lock();
        for (const std::string& group : groups) {
            GYRE_ASSIGN(const auto streams, files.List(directory_ / group));
            GroupEntry& entry = (*known)[NameOfFolder(group)];
            entry.info = ReadGroup(files, directory_ / group);
            auto& entries = entry.streams;
            for (const std::string& stream : streams) {
                if (stream.starts_with('.')) continue;
                GYRE_ASSIGN(auto segments,
                            detail::LogSegments::Open(files, directory_ / group / stream,
                                                      clock_.WallNow()));
                entries.emplace(NameOfFolder(stream),
                                std::make_shared<Stream>(std::move(segments)));
            }
        }
        return {};
    }

    void Append(const std::string& group, const std::string& stream,
                std::string_view line) override {
        AppendCleaned(group, stream, {CleanLine(line)});
    }

    void AppendLines(const std::string& group, const std::string& stream,
                     std::string_view lines) override {
        std::vector<std::string> cleaned;
        while (!lines.empty()) {
            const size_t end = std::min(lines.find('\n'), lines.size());
            cleaned.push_back(CleanLine(lines.substr(0, end)));
            lines.remove_prefix(std::min(end + 1, lines.size()));
        }
        AppendCleaned(group, stream, cleaned);
    }

    core::Status CreateGroup(const std::string& group,
                             std::map<std::string, std::string> tags) override {
        auto known = groups_.Lock();
        if (known->contains(group)) {
            return core::Fail(core::Code::kAlreadyExists, "ResourceAlreadyExistsException",
                              "The specified log group already exists");
        }
        LogGroup info{.created = clock_.WallNow(), .retention_days = {}, .tags = std::move(tags)};
        GYRE_TRY(WriteGroup(group, info));
        (*known)[group].info = std::move(info);
        return {};
    }

    core::Status CreateStream(const std::string& group, const std::string& stream) override {
        auto known = groups_.Lock();
        const auto found = known->find(group);
        if (found == known->end()) return NoGroup();
        if (found->second.streams.contains(stream)) {
            return core::Fail(core::Code::kAlreadyExists, "ResourceAlreadyExistsException",
                              "The specified log stream already exists");
        }
        GYRE_TRY(OpenStream(found->second, group, stream));
        return core::RealFileSystem().SyncDirectory(directory_ / FolderName(group));
    }

    core::Status DeleteGroup(const std::string& group) override {
        auto known = groups_.Lock();
        if (known->erase(group) == 0) return NoGroup();
        GYRE_TRY(core::RealFileSystem().RemoveAll(directory_ / FolderName(group)));
        return core::RealFileSystem().SyncDirectory(directory_);
    }

    core::Status DeleteStream(const std::string& group, const std::string& stream) override {
        auto known = groups_.Lock();
        const auto found = known->find(group);
        if (found == known->end()) return NoGroup();
        if (found->second.streams.erase(stream) == 0) return NoStream();
        const auto folder = directory_ / FolderName(group);
        GYRE_TRY(core::RealFileSystem().RemoveAll(folder / FolderName(stream)));
        return core::RealFileSystem().SyncDirectory(folder);
    }

    core::Result<PutOutcome> Put(const std::string& group, const std::string& stream,
                                 std::vector<LogEvent> events) override {
        GYRE_ASSIGN(const auto found, Find(group, stream));
        GYRE_ASSIGN(const LogGroup info, Group(group));
        const core::WallTime now = clock_.WallNow();
        core::WallTime oldest = now - kOldest;
        bool by_retention = false;
        if (info.retention_days) {
            const auto kept = now - core::seconds(86'400) * *info.retention_days;
            by_retention = kept > oldest;
            oldest = std::max(oldest, kept);
        }
        PutOutcome outcome;
        size_t begin = 0;
        while (begin < events.size() && events[begin].time < oldest) ++begin;
        size_t end = events.size();
        while (end > begin && events[end - 1].time > now + kNewest) --end;
        if (begin > 0) (by_retention ? outcome.expired_end : outcome.too_old_end) = begin;
        if (end < events.size()) outcome.too_new_start = end;
        std::vector<LogEvent> taken(
            std::make_move_iterator(events.begin() + static_cast<ptrdiff_t>(begin)),
            std::make_move_iterator(events.begin() + static_cast<ptrdiff_t>(end)));
        for (LogEvent& event : taken) event.message = CleanText(event.message);
        GYRE_ASSIGN(const size_t late, found->Lock()->Insert(taken));
        if (late > 0) outcome.too_old_end = begin + late;
        return outcome;
    }

    core::Result<LogGroup> Group(const std::string& group) const override {
        auto known = groups_.Lock();
        const auto found = known->find(group);
        if (found == known->end()) return NoGroup();
        LogGroup info = found->second.info;
        if (info.created == core::WallTime()) {
            // Of a group that came into being by a line: its oldest stream's.
            info.created = core::WallTime::max();
            for (const auto& [name, stream] : found->second.streams) {
                info.created = std::min(info.created, stream->Lock()->Describe().created);
            }
        }
        return info;
    }

    core::Status ChangeGroup(const std::string& group,
                             const std::function<void(LogGroup&)>& change) override {
        GYRE_ASSIGN(LogGroup info, Group(group));
        change(info);
        auto known = groups_.Lock();
        const auto found = known->find(group);
        if (found == known->end()) return NoGroup();
        GYRE_TRY(WriteGroup(group, info));
        found->second.info = std::move(info);
        return {};
    }

    void Sweep() override {
        std::vector<std::pair<std::shared_ptr<Stream>, core::WallTime>> due;
        {
            auto known = groups_.Lock();
            for (const auto& [name, group] : *known) {
                if (!group.info.retention_days) continue;
                const auto before =
                    clock_.WallNow() - core::seconds(86'400) * *group.info.retention_days;
                for (const auto& [stream, segments] : group.streams) {
                    due.emplace_back(segments, before);
                }
            }
        }
        for (const auto& [stream, before] : due) {
            if (auto dropped = stream->Lock()->DropBefore(before); !dropped) {
                core::LogWarning("old log lines could not be dropped",
                                 {{"error", dropped.error().ToString()}});
            }
        }
    }

    std::vector<std::string> Groups(const std::string& prefix) const override {
        std::vector<std::string> names;
        auto known = groups_.Lock();
        for (const auto& [name, streams] : *known) {
            if (name.starts_with(prefix)) names.push_back(name);
        }
        return names;
    }

    core::Result<std::vector<LogStream>> Streams(const std::string& group,
                                                 const std::string& prefix) const override {
        std::vector<std::pair<std::string, std::shared_ptr<Stream>>> matching;
        {
            auto known = groups_.Lock();
            const auto found = known->find(group);
            if (found == known->end()) return NoGroup();
            for (const auto& [name, stream] : found->second.streams) {
                if (name.starts_with(prefix)) matching.emplace_back(name, stream);
            }
        }
        std::vector<LogStream> streams;
        for (const auto& [name, stream] : matching) {
            streams.push_back(stream->Lock()->Describe());
            streams.back().name = name;
        }
        return streams;
    }

    core::Result<std::vector<LogEvent>> Read(const std::string& group, const std::string& stream,
                                             uint64_t first_id, size_t limit) const override {
        GYRE_ASSIGN(const auto found, Find(group, stream));
        return found->Lock()->Read(first_id, limit);
    }

    core::Result<uint64_t> FirstIdAt(const std::string& group, const std::string& stream,
                                     core::WallTime time) const override {
        GYRE_ASSIGN(const auto found, Find(group, stream));
        return found->Lock()->FirstIdAt(time);
    }

    core::Result<uint64_t> NextId(const std::string& group,
                                  const std::string& stream) const override {
        GYRE_ASSIGN(const auto found, Find(group, stream));
        return found->Lock()->NextId();
    }

    std::vector<std::string> Tail(const std::string& group, const std::string& stream,
                                  size_t lines) const override {
        const auto found = Find(group, stream);
        if (!found) return {};
        auto segments = (*found)->Lock();
        const uint64_t next = segments->NextId();
        const auto events = segments->Read(next > lines ? next - lines : 0, lines);
        std::vector<std::string> texts;
        if (!events) return texts;
        for (const LogEvent& event : *events) texts.push_back(event.message);
        return texts;
    }

  private:
    using Stream = core::Guarded<detail::LogSegments>;
    struct GroupEntry {
        LogGroup info;
        std::map<std::string, std::shared_ptr<Stream>> streams;
    };
    using GroupMap = std::map<std::string, GroupEntry>;

    static tl::unexpected<core::Error> NoStream() {
        return core::Fail(core::Code::kNotFound, "ResourceNotFoundException",
                          "The specified log stream does not exist.");
    }
    static tl::unexpected<core::Error> NoGroup() {
        return core::Fail(core::Code::kNotFound, "ResourceNotFoundException",
                          "The specified log group does not exist.");
    }

    core::Result<std::shared_ptr<Stream>> Find(const std::string& group,
                                               const std::string& stream) const {
        auto known = groups_.Lock();
        const auto streams = known->find(group);
        if (streams == known->end()) return NoGroup();
        const auto found = streams->second.streams.find(stream);
        if (found == streams->second.streams.end()) return NoStream();
        return found->second;
    }

    void AppendCleaned(const std::string& group, const std::string& stream,
                       const std::vector<std::string>& lines) {
        const auto appended = [&]() -> core::Status {
            GYRE_ASSIGN(const std::shared_ptr<Stream> found, FindOrMake(group, stream));
            return found->Lock()->Append(clock_.WallNow(), lines);
        }();
        if (!appended) {
            core::LogWarning("log lines could not be kept",
                             {{"group", group}, {"error", appended.error().ToString()}});
        }
    }

    core::Result<std::shared_ptr<Stream>> FindOrMake(const std::string& group,
                                                     const std::string& stream) {
        auto known = groups_.Lock();
        GroupEntry& entry = (*known)[group];
        if (const auto found = entry.streams.find(stream); found != entry.streams.end()) {
            return found->second;
        }
        return OpenStream(entry, group, stream);
    }

    core::Result<std::shared_ptr<Stream>> OpenStream(GroupEntry& entry, const std::string& group,
                                                     const std::string& stream) {
        GYRE_ASSIGN(auto segments,
                    detail::LogSegments::Open(core::RealFileSystem(),
                                              directory_ / FolderName(group) / FolderName(stream),
                                              clock_.WallNow()));
        auto opened = std::make_shared<Stream>(std::move(segments));
        entry.streams.emplace(stream, opened);
        return opened;
    }

    core::Status WriteGroup(const std::string& group, const LogGroup& info) {
        core::FileSystem& files = core::RealFileSystem();
        const auto folder = directory_ / FolderName(group);
        GYRE_TRY(files.MakeDirectories(folder));
        GYRE_TRY(files.SyncDirectory(directory_));
        core::JsonObject tags;
        for (const auto& [key, value] : info.tags) tags[key] = value;
        core::JsonObject document{{"created", info.created.time_since_epoch().count()},
                                  {"tags", std::move(tags)}};
        if (info.retention_days) document["retention_days"] = *info.retention_days;
        return core::WriteFileAtomically(files, folder / kGroupFile, core::JsonText(document));
    }

    /// What is not there, or cannot be read, is as if it had never been set.
    static LogGroup ReadGroup(core::FileSystem& files, const std::filesystem::path& folder) {
        LogGroup info;
        const auto text = core::ReadFile(files, folder / kGroupFile);
        const auto document = text ? core::ParseJson(*text) : core::Json();
        if (!document) return info;
        info.created =
            core::WallTime(core::milliseconds(core::JsonInt(*document, "created").value_or(0)));
        if (const auto days = core::JsonInt(*document, "retention_days")) {
            info.retention_days = static_cast<int>(*days);
        }
        const core::Json* tags = core::JsonFind(*document, "tags");
        if (!tags || !tags->is_object()) return info;
        for (const auto& [key, value] : tags->as_object()) {
            if (value.is_string()) info.tags.emplace(key, value.as_string());
        }
        return info;
    }

    std::filesystem::path directory_;
    const core::Clock& clock_;
    core::Guarded<GroupMap> groups_;
};

}  // namespace

core::Result<std::unique_ptr<LogStore>> LogStore::Open(const std::filesystem::path& directory,
                                                       const core::Clock& clock) {
    auto store = std::make_unique<FileLogStore>(directory, clock);
    GYRE_TRY(store->Load());
    return store;
}

}  // namespace gyre::jobs
