#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/guarded.h"
#include "core/result.h"

namespace gyre::access {

/// One decision about one request.
struct AuditEvent {
    std::string_view request_id;
    std::string_view source;         ///< the client's address
    std::string_view access_key_id;  ///< as claimed; "" for an anonymous request
    std::string_view caller;         ///< the ARN; "" while nobody was recognised
    std::string_view action;         ///< "s3:GetObject"
    std::string_view resource;
    std::string_view outcome;    ///< "allowed", "open", "explicitDeny", "implicitDeny", "refused"
    std::string_view policy;     ///< that decided; "" for none
    std::string_view statement;  ///< its Sid, or "#0" by its place
    /// The kind of policy that decided ("identity", "resource", "boundary", "session"): of an
    /// implicit denial, the one that would have had to allow.
    std::string_view kind{};
    /// Of a refusal: the error's name. "unproven": the signature was not checked, since there was
    /// no room for the request, which was answered so.
    std::string_view reason;
};

struct AuditLimits {
    uint64_t max_bytes = 64ULL << 20;  ///< of the file, before it is put aside
    int kept = 4;                      ///< files put aside: audit.log.1 (the youngest) …
    /// So many decisions of a second are a line each; what repeats after them shares lines.
    size_t lines_a_second = 1000;
};

/// Who was let do what, and by which statement (docs/formats/audit_log.md): a line for each
/// decision. In a flood, past AuditLimits::lines_a_second, repetitions of a kind within that second
/// share one line with their number, so that it costs neither time nor disk: Record then takes well
/// under a microsecond. It never waits for the disk: a thread of its own writes,
/// refusals at once and the rest within a second. Lines that come faster than the disk takes them
/// are dropped and counted. Thread-safe. The destructor writes what is left.
class AuditLog {
  public:
    /// Gets whole lines, each with its end; called by one thread at a time.
    using Sink = std::function<void(std::string_view lines)>;

    AuditLog(Sink sink, const core::Clock& clock, AuditLimits limits = {});
    /// Appends to that file; `also`, where it is given, gets the same lines after it.
    [[nodiscard]] static core::Result<std::unique_ptr<AuditLog>> Open(
        core::FileSystem& files, const std::filesystem::path& path, const core::Clock& clock,
        AuditLimits limits = {}, Sink also = {});
    ~AuditLog();
    AuditLog(const AuditLog&) = delete;
    AuditLog& operator=(const AuditLog&) = delete;

    void Record(const AuditEvent& event);
    /// Hands everything that was recorded to the sink, repetitions too.
    void Flush();

  private:
    struct Kind {
        std::string first;  ///< its line without the count
        uint64_t repeats = 0;
    };
    struct State {
        core::SteadyTime window_ends{};
        std::unordered_map<std::string, Kind> kinds;  ///< seen in this window
        std::string scratch;                          ///< the key being looked up
        std::string lines;                            ///< waiting for the sink
        size_t alone = 0;                             ///< lines of this window
        uint64_t dropped = 0;
        bool urgent = false;
        bool stop = false;
    };

    void EndWindow(State& state) const;
    void Run();
    void WriteOut();

    const Sink sink_;
    const core::Clock& clock_;
    const size_t lines_a_second_;
    core::Guarded<State> state_;
    core::Guarded<std::string> writing_;  ///< held while the sink runs; keeps its memory
    std::thread writer_;
};

}  // namespace gyre::access
