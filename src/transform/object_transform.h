#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "core/cancel.h"
#include "objects/object_store.h"
#include "transform/host_pool.h"
#include "transform/invocation.h"
#include "transform/journal.h"
#include "transform/output_puts.h"
#include "transform/payload.h"
#include "transform/plan.h"
#include "transform/retries.h"
#include "transform/spool.h"
#include "transform/spool_writer.h"
#include "transform/streamed_put.h"

namespace gyre::transform {

/// What the parts of a run share; all of it outlives them.
struct RunContext {
    const TransformSpec& spec;
    const BatchLimits limits;
    objects::ObjectStore& store;
    HostPool& hosts;
    Journal& journal;
    OutputPuts* puts;  ///< null: each object puts its output itself
    const core::CancelToken cancel;
    const std::filesystem::path folder;
    std::atomic<uint64_t>& bytes;  ///< of inputs that are behind, for the progress
    std::atomic<uint64_t>& records;
};

/// One object of a job: read, split, sent, assembled in order, put. One thread.
class ObjectTransform {
  public:
    ObjectTransform(const RunContext& run, PlannedObject object);

    /// Takes it up where the journal says it was left. When it returns without an error, the
    /// journal has the object done or failed, or will from RunContext::puts. Errors: kCancelled,
    /// and what is nobody's fault but the platform's (its disk, its database).
    [[nodiscard]] core::Status Run();

  private:
    struct Input {
        std::unique_ptr<net::BodyReader> body;
        std::unique_ptr<RecordReader> reader;
        std::unique_ptr<Packer> packer;
    };
    using Outcome = tl::expected<ModelAnswer, Refusal>;
    struct Pending {
        Payload payload;                         ///< its body is on its way
        std::unique_ptr<Invocation> invocation;  ///< null once there is the outcome
        std::optional<Outcome> outcome;
    };
    using Step = core::Result<std::optional<RecordFailure>>;
    /// nullopt: it was answered, and the answer is written.
    using Tried = core::Result<std::optional<Refusal>>;

    [[nodiscard]] std::optional<PutIntent> PutBefore() const;
    /// The object's content.
    [[nodiscard]] core::Result<std::unique_ptr<net::BodyReader>> OpenBody();
    [[nodiscard]] core::Result<Input> Open(uint64_t offset, uint64_t record);
    [[nodiscard]] Step Transform();
    [[nodiscard]] Step Stream();
    [[nodiscard]] core::Status WritePart(ModelAnswer part);
    [[nodiscard]] core::Status WritePiece(core::Body piece);
    void BeginAnew();
    /// Reads and sends payloads while there are places for them.
    [[nodiscard]] Step SendMore();
    [[nodiscard]] Step TakeFirst();
    [[nodiscard]] core::Status Settle();
    [[nodiscard]] Tried Try(uint64_t records, Retries retries, std::optional<Refusal> refusal);
    [[nodiscard]] Step InHalves(uint64_t records, const Refusal& refusal);
    [[nodiscard]] Tried Finish(const Payload& payload, ModelAnswer answer);
    [[nodiscard]] core::Status Write(const Payload& payload, ModelAnswer answer);
    void NoteType(const ModelAnswer& answer);
    [[nodiscard]] core::Status InOrder(size_t bytes, SpoolWriter::Write write);
    /// What `records` and `end` bytes of the object's content came to.
    [[nodiscard]] core::Status Append(std::string_view answer, uint64_t end, uint64_t records);
    [[nodiscard]] core::Status Checkpoint(uint64_t end, uint64_t records);
    void FollowSpool();
    [[nodiscard]] core::Status Put();
    [[nodiscard]] core::Result<objects::ObjectInfo> PutSpool();
    void DropOutput();
    [[nodiscard]] core::Status Fail(RecordFailure failure);
    [[nodiscard]] RecordFailure FailureAt(uint64_t record, uint64_t records, uint64_t offset,
                                          std::string_view reason) const;
    /// Of the `records` that follow what is answered.
    [[nodiscard]] RecordFailure FailureOf(uint64_t records, Refusal refusal) const;
    /// What the next payload takes at most.
    [[nodiscard]] HostPool::Want NextWant() const;
    /// Whether no other request is at this one's host.
    [[nodiscard]] bool Alone() const { return run_.limits.concurrency == 1; }
    [[nodiscard]] uint64_t UnpackedBytes(uint64_t bytes) const;
    void Count(uint64_t bytes, uint64_t records);

    const RunContext& run_;
    const PlannedObject object_;
    Input input_;
    bool all_read_ = false;
    std::deque<Pending> pending_;
    uint64_t records_ = 0;   ///< answered
    uint64_t answered_ = 0;  ///< bytes of the content
    uint64_t counted_ = 0;   ///< bytes, for the progress
    std::string content_type_;

    // The writer's while there is one.
    Spool spool_;
    std::unique_ptr<StreamedPut> put_;  ///< of an output that is in a file, and that no draft
    core::WallTime put_began_{};
    core::SteadyTime saved_{};             ///< when the last checkpoint was
    std::unique_ptr<SpoolWriter> writer_;  ///< of an output that is in a file
};

}  // namespace gyre::transform
