#include "access/audit_log.h"

#include <utility>

#include "core/json.h"
#include "core/log.h"

namespace gyre::access {
namespace {

constexpr auto kWindow = std::chrono::seconds(1);
constexpr size_t kMaxKinds = 4096;
constexpr size_t kMaxWaiting = 4U << 20;

/// The line up to its count: {"time":…,"reason":"…"
std::string LineOf(const AuditEvent& event, core::WallTime now) {
    core::JsonObject line;
    line["time"] = core::Iso8601(now);
    const auto add = [&](std::string_view name, std::string_view value) {
        if (!value.empty()) line[name] = value;
    };
    add("request", event.request_id);
    add("source", event.source);
    add("key", event.access_key_id);
    add("caller", event.caller);
    add("action", event.action);
    add("resource", event.resource);
    add("outcome", event.outcome);
    add("policy", event.policy);
    add("statement", event.statement);
    add("kind", event.kind);
    add("reason", event.reason);
    std::string text = core::JsonText(line);
    text.pop_back();
    return text;
}

void MakeKey(const AuditEvent& event, std::string& key) {
    key.clear();
    // An unknown caller chooses the key's id, and must not be able to make every line a new one.
    const bool known = !event.caller.empty();
    for (const std::string_view part :
         {event.outcome, event.source, known ? event.access_key_id : std::string_view(),
          event.action, known ? event.resource : std::string_view(), event.policy, event.statement,
          event.kind, event.reason}) {
        key.append(part).append(1, '\0');
    }
}

/// A file that is put aside when it is full.
class RotatingFile {
  public:
    RotatingFile(core::FileSystem& files, std::filesystem::path path, AuditLimits limits)
        : files_(files), path_(std::move(path)), limits_(limits) {}

    core::Status Open() {
        GYRE_ASSIGN(file_, files_.OpenAppend(path_));
        GYRE_ASSIGN(const auto info, files_.Stat(path_));
        size_ = info.size;
        return {};
    }

    void Write(std::string_view lines) {
        core::Status status;
        if (size_ > 0 && size_ + lines.size() > limits_.max_bytes) status = Rotate();
        if (status && !file_) status = Open();
        if (status) status = file_->Append(lines);
        if (status) {
            size_ += lines.size();
        } else if (!std::exchange(failing_, true)) {
            core::LogError("the audit log cannot be written", {{"error", status.error().message}});
        }
        if (status) failing_ = false;
    }

  private:
    core::Status Rotate() {
        file_.reset();
        const auto aside = [&](int number) {
            return path_.parent_path() / (path_.filename().string() + "." + std::to_string(number));
        };
        for (int i = limits_.kept - 1; i >= 1; --i) {
            if (auto moved = files_.Rename(aside(i), aside(i + 1));
                !moved && moved.error().code != core::Code::kNotFound) {
                return moved;
            }
        }
        if (limits_.kept > 0) {
            GYRE_TRY(files_.Rename(path_, aside(1)));
        } else {
            GYRE_TRY(files_.Remove(path_));
        }
        return Open();
    }

    core::FileSystem& files_;
    const std::filesystem::path path_;
    const AuditLimits limits_;
    std::unique_ptr<core::WritableFile> file_;
    uint64_t size_ = 0;
    bool failing_ = false;
};

}  // namespace

AuditLog::AuditLog(Sink sink, const core::Clock& clock, AuditLimits limits)
    : sink_(std::move(sink)),
      clock_(clock),
      lines_a_second_(limits.lines_a_second),
      writer_([this] { Run(); }) {
}

core::Result<std::unique_ptr<AuditLog>> AuditLog::Open(core::FileSystem& files,
                                                       const std::filesystem::path& path,
                                                       const core::Clock& clock, AuditLimits limits,
                                                       Sink also) {
    auto file = std::make_shared<RotatingFile>(files, path, limits);
    GYRE_TRY(file->Open());
    return std::make_unique<AuditLog>(
        [file, also = std::move(also)](std::string_view lines) {
            file->Write(lines);
            if (also) also(lines);
        },
        clock, limits);
}

AuditLog::~AuditLog() {
    state_.Lock()->stop = true;
    state_.NotifyAll();
    writer_.join();
    Flush();
}

void AuditLog::Record(const AuditEvent& event) {
    const bool urgent = event.outcome != "allowed" && event.outcome != "open";
    {
        auto state = state_.Lock();
        if (clock_.Now() >= state->window_ends) EndWindow(*state);
        const bool flood = state->alone >= lines_a_second_;
        MakeKey(event, state->scratch);
        const auto seen = state->kinds.find(state->scratch);
        if (flood && seen != state->kinds.end()) {
            ++seen->second.repeats;
            return;
        }
        if (state->lines.size() > kMaxWaiting) {
            ++state->dropped;
            return;
        }
        ++state->alone;
        std::string line = LineOf(event, clock_.WallNow());
        state->lines.append(line).append("}\n");
        if (seen == state->kinds.end() && state->kinds.size() < kMaxKinds) {
            state->kinds.emplace(state->scratch, Kind{std::move(line), 0});
        }
        if (!urgent) return;
        state->urgent = true;
    }
    state_.NotifyOne();
}

void AuditLog::EndWindow(State& state) const {
    for (const auto& [key, kind] : state.kinds) {
        if (kind.repeats == 0) continue;
        state.lines.append(kind.first).append(",\"repeated\":");
        state.lines.append(std::to_string(kind.repeats)).append("}\n");
    }
    if (const auto dropped = std::exchange(state.dropped, 0); dropped > 0) {
        state.lines.append("{\"time\":\"").append(core::Iso8601(clock_.WallNow()));
        state.lines.append("\",\"dropped\":").append(std::to_string(dropped)).append("}\n");
    }
    state.kinds.clear();
    state.alone = 0;
    state.window_ends = clock_.Now() + kWindow;
}

void AuditLog::Flush() {
    {
        auto state = state_.Lock();
        EndWindow(*state);
    }
    WriteOut();
}

void AuditLog::WriteOut() {
    auto writing = writing_.Lock();
    writing->clear();
    std::swap(*writing, state_.Lock()->lines);
    if (!writing->empty()) sink_(*writing);
}

void AuditLog::Run() {
    for (;;) {
        {
            auto state = state_.Lock();
            (void)state.WaitUntil(std::chrono::steady_clock::now() + kWindow,
                                  [&] { return state->urgent || state->stop; });
            if (state->stop) return;
            state->urgent = false;
            if (clock_.Now() >= state->window_ends) EndWindow(*state);
        }
        WriteOut();
    }
}

}  // namespace gyre::access
