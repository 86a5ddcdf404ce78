#include "jobs/detail/log_segments.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace gyre::jobs::detail {
namespace {

constexpr std::string_view kSuffix = ".log";
constexpr const char* kCreated = "created";

// A text with line breaks stands in one line, behind '+' in the place of the space.
std::string LineOf(core::WallTime time, std::string_view text) {
    std::string line = std::to_string(time.time_since_epoch().count());
    if (text.find_first_of("\n\r") == text.npos) {
        line.append(1, ' ').append(text);
    } else {
        line += '+';
        for (const char c : text) {
            if (c == '\n') {
                line += "\\n";
            } else if (c == '\r') {
                line += "\\r";
            } else if (c == '\\') {
                line += "\\\\";
            } else {
                line += c;
            }
        }
    }
    line += '\n';
    return line;
}

std::string Unescape(std::string_view text) {
    std::string plain;
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            plain += text[i];
            continue;
        }
        const char c = text[++i];
        plain += c == 'n' ? '\n' : c == 'r' ? '\r' : c;
    }
    return plain;
}

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
        bool escaped = false;
        if (error == std::errc() && rest != line.data() + line.size() &&
            (*rest == ' ' || *rest == '+')) {
            escaped = *rest == '+';
            time = core::WallTime(core::milliseconds(milliseconds));
            line.remove_prefix(static_cast<size_t>(rest - line.data()) + 1);
        }
        std::string message = escaped ? Unescape(line) : std::string(line);
        if (!visit(LogEvent{.time = time, .message = std::move(message), .id = id})) return;
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
    std::optional<core::WallTime> created;
    if (const auto text = core::ReadFile(files, stream.directory_ / kCreated)) {
        int64_t milliseconds = 0;
        std::from_chars(text->data(), text->data() + text->size(), milliseconds);
        created = core::WallTime(core::milliseconds(milliseconds));
    } else if (names.empty()) {
        GYRE_TRY(core::WriteFileAtomically(files, stream.directory_ / kCreated,
                                           std::to_string(now.time_since_epoch().count())));
    }
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
    if (created) stream.created_ = *created;
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

core::Status LogSegments::AddSegment(core::WallTime time) {
    segments_.push_back(Segment{.first_id = next_id_, .first_time = time, .last_time = time});
    if (segments_.size() <= kMaxSegments) return {};
    GYRE_TRY(files_->Remove(PathOf(segments_.front())));
    segments_.pop_front();
    return {};
}

core::Status LogSegments::Append(core::WallTime time, std::span<const std::string> texts) {
    while (!texts.empty()) {
        if (segments_.empty() || segments_.back().bytes >= kSegmentBytes) {
            GYRE_TRY(AddSegment(time));
        }
        Segment& segment = segments_.back();
        time = std::max(time, segment.last_time);
        std::string lines;
        size_t taken = 0;
        while (taken < texts.size() && segment.bytes + lines.size() < kSegmentBytes) {
            lines += LineOf(time, texts[taken++]);
        }
        GYRE_TRY(Write(segment, lines, {taken, time, time}, Durable::kNo));
        texts = texts.subspan(taken);
    }
    return {};
}

core::Status LogSegments::Write(Segment& segment, const std::string& lines, const Written& what,
                                Durable durable) {
    GYRE_ASSIGN(const auto file, files_->OpenAppend(PathOf(segment)));
    GYRE_TRY(file->Append(lines));
    if (durable == Durable::kYes) {
        GYRE_TRY(file->Sync());
        if (segment.lines == 0) GYRE_TRY(files_->SyncDirectory(directory_));
    }
    if (segment.lines == 0) segment.first_time = what.first;
    segment.bytes += lines.size();
    segment.lines += what.lines;
    segment.last_time = what.last;
    next_id_ += what.lines;
    return {};
}

core::Result<size_t> LogSegments::Insert(const std::vector<LogEvent>& events) {
    if (events.empty()) return size_t{0};
    const core::WallTime first = events.front().time;
    const bool in_order = segments_.empty() || first >= segments_.back().last_time;
    if (segments_.empty() || (in_order && segments_.back().bytes >= kSegmentBytes)) {
        GYRE_TRY(AddSegment(first));
    }
    Segment& segment = segments_.back();
    size_t left_out = 0;
    while (segments_.size() > 1 && left_out < events.size() &&
           events[left_out].time < segment.first_time) {
        ++left_out;
    }
    const auto taken = std::span(events).subspan(left_out);
    if (taken.empty()) return left_out;
    if (segment.lines > 0 && taken.front().time < segment.last_time) {
        GYRE_TRY(InsertInto(segment, taken));
        return left_out;
    }
    std::string lines;
    for (const LogEvent& event : taken) lines += LineOf(event.time, event.message);
    GYRE_TRY(Write(segment, lines, {taken.size(), taken.front().time, taken.back().time},
                   Durable::kYes));
    return left_out;
}

core::Status LogSegments::InsertInto(Segment& segment, std::span<const LogEvent> events) {
    GYRE_ASSIGN(const std::string text, core::ReadFile(*files_, PathOf(segment)));
    std::vector<LogEvent> all;
    ForEachLine(text, segment.first_id, [&](LogEvent event) {
        all.push_back(std::move(event));
        return true;
    });
    all.insert(all.end(), events.begin(), events.end());
    std::stable_sort(all.begin(), all.end(),
                     [](const LogEvent& a, const LogEvent& b) { return a.time < b.time; });
    std::string lines;
    for (const LogEvent& event : all) lines += LineOf(event.time, event.message);
    GYRE_TRY(core::WriteFileAtomically(*files_, PathOf(segment), lines));
    segment.bytes = lines.size();
    segment.lines = all.size();
    segment.first_time = all.front().time;
    segment.last_time = all.back().time;
    next_id_ += events.size();
    return {};
}

core::Status LogSegments::DropBefore(core::WallTime time) {
    while (!segments_.empty() && segments_.front().last_time < time) {
        if (segments_.size() == 1) {
            if (segments_.front().lines == 0) break;
            // An empty one goes on counting where this one ends.
            segments_.push_back(
                Segment{.first_id = next_id_, .first_time = time, .last_time = time});
            GYRE_TRY(core::WriteFileAtomically(*files_, PathOf(segments_.back()), ""));
        }
        GYRE_TRY(files_->Remove(PathOf(segments_.front())));
        segments_.pop_front();
    }
    return {};
}

core::Result<std::vector<LogEvent>> LogSegments::Read(uint64_t first_id, size_t limit) const {
    std::vector<LogEvent> events;
    for (const Segment& segment : segments_) {
        if (segment.first_id + segment.lines <= first_id) continue;
        if (events.size() >= limit) break;
        if (segment.lines == 0) continue;
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
    for (const Segment& segment : segments_) {
        if (segment.lines == 0) continue;
        if (!stream.has_events) stream.first_event = segment.first_time;
        stream.last_event = segment.last_time;
        stream.has_events = true;
    }
    return stream;
}

}  // namespace gyre::jobs::detail
