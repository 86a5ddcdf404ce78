#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/body.h"
#include "core/result.h"
#include "transform/record_reader.h"
#include "transform/transform_spec.h"

namespace gyre::transform {

/// What goes to the model in one request.
struct Payload {
    core::Body body;
    /// The records as they were read, lines parted by '\n'; kept only where the answer is to be
    /// joined with them.
    core::Body originals;
    uint64_t first_record = 0;  ///< of the object, from 0
    uint64_t records = 0;
    uint64_t begin = 0;  ///< bytes of the object before it
    uint64_t end = 0;    ///< and up to its end
    /// Of memory: its own, and what is joined with its answer.
    [[nodiscard]] size_t Bytes() const { return body.size() + originals.size(); }
};

/// Packs records into payloads: one each, or as many whole ones as fit. Where the same input is
/// packed again from a payload's first byte, the same payload comes of it.
class Packer {
  public:
    /// `reader` and `spec` outlive it. `first_record` and `offset`: where the reader stands in the
    /// object.
    Packer(RecordReader& reader, const TransformSpec& spec, const BatchLimits& limits,
           uint64_t first_record, uint64_t offset);
    /// One of at most `most_records`; nullopt after the last.
    [[nodiscard]] core::Result<std::optional<Payload>> Next(uint64_t most_records = UINT64_MAX);
    /// The record that it is at, and the bytes of the object before what comes next: after an
    /// error, where it was.
    [[nodiscard]] uint64_t Record() const { return record_; }
    [[nodiscard]] uint64_t Offset() const { return offset_ + reader_.Offset(); }

  private:
    [[nodiscard]] bool Single() const;
    /// Fill a payload's body, count its records.
    [[nodiscard]] core::Status TakeOne(Payload& payload);
    [[nodiscard]] core::Status TakeRun(uint64_t most_records, Payload& payload);
    [[nodiscard]] core::Status TakeEach(uint64_t most_records, Payload& payload);

    RecordReader& reader_;
    const TransformSpec& spec_;
    const BatchLimits limits_;
    uint64_t record_;
    const uint64_t offset_;
};

}  // namespace gyre::transform
