#include "jobs/log_store.h"

#include <algorithm>
#include <map>
#include <utility>

#include "core/file_system.h"
#include "core/guarded.h"
#include "core/log.h"
#include "jobs/detail/log_segments.h"
#include "net/http_message.h"

namespace gyre::jobs {
namespace {

constexpr size_t kMaxLineBytes = 256 * 1024;

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
            auto& entries = (*known)[NameOfFolder(group)];
            for (const std::string& stream : streams) {
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
        const auto appended = [&]() -> core::Status {
            GYRE_ASSIGN(const std::shared_ptr<Stream> found, FindOrMake(group, stream));
            return found->Lock()->Append(clock_.WallNow(), CleanLine(line));
        }();
        if (!appended) {
            core::LogWarning("a log line could not be kept",
                             {{"group", group}, {"error", appended.error().ToString()}});
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
            for (const auto& [name, stream] : found->second) {
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
    using GroupMap = std::map<std::string, std::map<std::string, std::shared_ptr<Stream>>>;

    static tl::unexpected<core::Error> NoGroup() {
        return core::Fail(core::Code::kNotFound, "ResourceNotFoundException",
                          "The specified log group does not exist.");
    }

    core::Result<std::shared_ptr<Stream>> Find(const std::string& group,
                                               const std::string& stream) const {
        auto known = groups_.Lock();
        const auto streams = known->find(group);
        if (streams == known->end()) return NoGroup();
        const auto found = streams->second.find(stream);
        if (found == streams->second.end()) {
            return core::Fail(core::Code::kNotFound, "ResourceNotFoundException",
                              "The specified log stream does not exist.");
        }
        return found->second;
    }

    core::Result<std::shared_ptr<Stream>> FindOrMake(const std::string& group,
                                                     const std::string& stream) {
        auto known = groups_.Lock();
        auto& streams = (*known)[group];
        if (const auto found = streams.find(stream); found != streams.end()) return found->second;
        GYRE_ASSIGN(auto segments,
                    detail::LogSegments::Open(core::RealFileSystem(),
                                              directory_ / FolderName(group) / FolderName(stream),
                                              clock_.WallNow()));
        return streams.emplace(stream, std::make_shared<Stream>(std::move(segments))).first->second;
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
