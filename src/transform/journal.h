#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "core/clock.h"
#include "core/file_system.h"
#include "core/guarded.h"
#include "core/json.h"
#include "core/result.h"

namespace gyre::transform {

class SharedJournal;

/// Why a record, and with it its object, failed.
struct RecordFailure {
    std::string object;  ///< "s3://bucket/key"
    uint64_t record = 0;
    uint64_t records = 1;  ///< that went to the model with it, where it is not known which it was
    uint64_t offset = 0;   ///< of the object's content
    std::string reason;
    int status = 0;      ///< of the model's answer; 0: there was none
    std::string answer;  ///< its beginning
};

/// How far an object came: what a restart goes on from.
struct ObjectPart {
    uint64_t offset = 0;   ///< of its content
    uint64_t records = 0;  ///< before that
    uint64_t spooled = 0;  ///< bytes of output that are safe in its spool
    std::string content_type;
};

/// An output that was about to be put when this was written.
struct PutIntent {
    uint64_t size = 0;
    core::WallTime at{};
    uint64_t records = 0;  ///< of the object
};

/// What became of a job's objects, in a file that grows by a line at a time
/// (docs/formats/transform_job.md). A line is there once a write returned: a killed program loses
/// none; a machine that loses power may lose the last ones, whose objects are then done again.
/// Where several servers share a job, all but its parts are in the database first: those stand for
/// bytes that only this server has. Thread-safe.
class Journal {
  public:
    struct Totals {
        uint64_t done = 0;
        uint64_t failed = 0;
        uint64_t bytes = 0;
        uint64_t records = 0;
    };

    /// Lines to be written together.
    class Lines {
      public:
        void Intent(uint64_t object, const PutIntent& intent);
        /// `bytes` of the input's object, whole.
        void Done(uint64_t object, uint64_t bytes, uint64_t records);
        void Failed(uint64_t object, uint64_t bytes, const RecordFailure& failure);

      private:
        friend class Journal;
        std::vector<core::Json> lines_;
    };

    /// `shared` outlives it; null: no other server has the job.
    [[nodiscard]] static core::Result<std::unique_ptr<Journal>> Open(
        const std::filesystem::path& folder, SharedJournal* shared = nullptr);

    /// Neither done nor failed.
    [[nodiscard]] bool IsOpen(uint64_t object) const;
    [[nodiscard]] bool HasFailed(uint64_t object) const;
    [[nodiscard]] std::optional<ObjectPart> PartOf(uint64_t object) const;
    [[nodiscard]] std::optional<PutIntent> IntentOf(uint64_t object) const;
    [[nodiscard]] Totals Sum() const;
    /// The first failure that was written; nullopt where there is none.
    [[nodiscard]] std::optional<RecordFailure> FirstFailure() const;

    [[nodiscard]] core::Status Part(uint64_t object, const ObjectPart& part);
    [[nodiscard]] core::Status Write(const Lines& lines);
    // Each as a line by itself.
    [[nodiscard]] core::Status Intent(uint64_t object, const PutIntent& intent);
    [[nodiscard]] core::Status Done(uint64_t object, uint64_t bytes, uint64_t records);
    [[nodiscard]] core::Status Failed(uint64_t object, uint64_t bytes,
                                      const RecordFailure& failure);
    /// The report for the user: a JSON line for each failure, into `file`.
    [[nodiscard]] core::Status WriteReport(const std::filesystem::path& file) const;

  private:
    struct State {
        std::unique_ptr<core::WritableFile> file;
        std::vector<bool> closed;
        std::set<uint64_t> failed;
        std::map<uint64_t, ObjectPart> parts;
        std::map<uint64_t, PutIntent> intents;
        Totals totals;
        std::optional<RecordFailure> first;
    };

    Journal(std::filesystem::path path, SharedJournal* shared)
        : path_(std::move(path)), shared_(shared) {}
    /// `here`: only this server has what they stand for.
    [[nodiscard]] core::Status Append(std::span<const core::Json> lines, bool here);
    static void Apply(const core::Json& line, State& state);

    const std::filesystem::path path_;
    SharedJournal* const shared_;
    core::Guarded<State> state_;
};

}  // namespace gyre::transform
