#include "jobs/detail/log_segments.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace gyre::jobs::detail {
namespace {

constexpr std::string_view kSuffix = ".log";

// Calls `visit(event)` for each line until it returns false. A line without a readable time keeps
// the one before it.
template <typename Visit>
void ForEachLine(std::string_view text, uint64_t id, Visit visit) {
    core::WallTime time{};
    for (size_t at = 0; at < text.size(); ++id) {
        const size_t end = std::min(text.find('\n', at), text.size());
        std::string_view line = text.substr(at, end - at);
        int64_t milliseconds = 0;
        const auto [rest, error] =
            std::from_chars(line.data(), line.data() + line.size(), milliseconds);
        if (error == std::errc() && rest != line.data() + line.size() && *rest == ' ') {
            time = core::WallTime(core::milliseconds(milliseconds));
            line.remove_prefix(static_cast<size_t>(rest - line.data()) + 1);
        }
        if (!visit(LogEvent{.time = time, .message = std::string(line), .id = id})) return;
        at = end + 1;
    }
}

}  // namespace

std::filesystem::path LogSegments::PathOf(const Segment& segment) const {
    char name[32];
    std::snprintf(name, sizeof name, "%020llu.log",
                  static_cast<unsigned long long>(segment.first_id));
    return directory_ / name;
}

core::Result<LogSegments> LogSegments::Open(core::FileSystem& files,
                                            std::filesystem::path directory, core::WallTime now) {
    GYRE_TRY(files.MakeDirectories(directory));
    LogSegments stream(files, std::move(directory), now);
    GYRE_ASSIGN(const std::vector<std::string> names, files.List(stream.directory_));
    for (const std::string& name : names) {
        uint64_t first_id = 0;
        const auto [rest, error] =
            std::from_chars(name.data(), name.data() + name.size(), first_id);
        if (error != std::errc() || std::string_view(rest) != kSuffix) continue;
        GYRE_ASSIGN(Segment segment, stream.Scan(first_id, name));
        stream.segments_.push_back(segment);
        stream.next_id_ = segment.first_id + segment.lines;
    }
    if (!stream.segments_.empty()) stream.created_ = stream.segments_.front().first_time;
    return stream;
}

core::Result<LogSegments::Segment> LogSegments::Scan(uint64_t first_id, const std::string& name) {
    GYRE_ASSIGN(std::string text, core::ReadFile(*files_, directory_ / name));
    if (!text.empty() && text.back() != '\n') {
        text.resize(text.rfind('\n') + 1);  // npos + 1 is 0: nothing whole is in it
        GYRE_TRY(core::WriteFileAtomically(*files_, directory_ / name, text));
    }
    Segment segment{.first_id = first_id, .bytes = text.size()};
    ForEachLine(text, first_id, [&](const LogEvent& event) {
        if (segment.lines++ == 0) segment.first_time = event.time;
        segment.last_time = event.time;
        return true;
    });
    return segment;
}

core::Status LogSegments::Append(core::WallTime time, std::string_view text) {
    if (segments_.empty() || segments_.back().bytes >= kSegmentBytes) {
        segments_.push_back(Segment{.first_id = next_id_, .first_time = time, .last_time = time});
        if (segments_.size() > kMaxSegments) {
            GYRE_TRY(files_->Remove(PathOf(segments_.front())));
            segments_.pop_front();
        }
    }
    Segment& segment = segments_.back();
    time = std::max(time, segment.last_time);
    std::string line = std::to_string(time.time_since_epoch().count());
    line.append(" ").append(text).append("\n");
    GYRE_ASSIGN(const auto file, files_->OpenAppend(PathOf(segment)));
    GYRE_TRY(file->Append(line));
    segment.bytes += line.size();
    segment.lines++;
    segment.last_time = time;
    next_id_++;
    return {};
}

core::Result<std::vector<LogEvent>> LogSegments::Read(uint64_t first_id, size_t limit) const {
    std::vector<LogEvent> events;
    for (const Segment& segment : segments_) {
        if (segment.first_id + segment.lines <= first_id) continue;
        if (events.size() >= limit) break;
        GYRE_ASSIGN(const std::string text, core::ReadFile(*files_, PathOf(segment)));
        ForEachLine(text, segment.first_id, [&](LogEvent event) {
            if (event.id >= first_id) events.push_back(std::move(event));
            return events.size() < limit;
        });
    }
    return events;
}

core::Result<uint64_t> LogSegments::FirstIdAt(core::WallTime time) const {
    uint64_t found = next_id_;
    for (const Segment& segment : segments_) {
        if (segment.lines == 0 || segment.last_time < time) continue;
        GYRE_ASSIGN(const std::string text, core::ReadFile(*files_, PathOf(segment)));
        ForEachLine(text, segment.first_id, [&](const LogEvent& event) {
            if (event.time < time) return true;
            found = event.id;
            return false;
        });
        break;
    }
    return found;
}

LogStream LogSegments::Describe() const {
    LogStream stream{.created = created_};
    for (const Segment& segment : segments_) stream.stored_bytes += segment.bytes;
    if (!segments_.empty()) {
        stream.first_event = segments_.front().first_time;
        stream.last_event = segments_.back().last_time;
    }
    return stream;
}

}  // namespace gyre::jobs::detail
