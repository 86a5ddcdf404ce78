#include "transform/payload.h"

#include <algorithm>
#include <cstring>

namespace gyre::transform {
namespace {

/// A text that is put together in memory that the host shares.
class GrowingText {
  public:
    explicit GrowingText(const RecordReader& reader) : reader_(reader) {}
    [[nodiscard]] size_t Size() const { return size_; }
    void Append(std::string_view bytes) {
        if (memory_.size < size_ + bytes.size()) {
            core::BodyMemory larger = reader_.NewMemoryFor(2 * (size_ + bytes.size()));
            if (size_ > 0) std::memcpy(larger.data.get(), memory_.data.get(), size_);
            memory_ = std::move(larger);
        }
        if (!bytes.empty()) std::memcpy(memory_.data.get() + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    [[nodiscard]] core::Body Take() && {
        if (size_ < kLarge) return std::string(memory_.data.get(), size_);
        return memory_.Part(0, size_);
    }

  private:
    static constexpr size_t kLarge = 64 << 10;  // what is smaller would hold much more memory

    const RecordReader& reader_;
    core::BodyMemory memory_;
    size_t size_ = 0;
};

}  // namespace

Packer::Packer(RecordReader& reader, const TransformSpec& spec, const BatchLimits& limits,
               uint64_t first_record, uint64_t offset)
    : reader_(reader), spec_(spec), limits_(limits), record_(first_record), offset_(offset) {
}

core::Result<std::optional<Payload>> Packer::Next(uint64_t most_records) {
    Payload payload;
    payload.first_record = record_;
    payload.begin = Offset();
    const bool changed = spec_.processing.ChangesInput();
    GYRE_TRY(Single()  ? TakeOne(payload)
             : changed ? TakeEach(most_records, payload)
                       : TakeRun(most_records, payload));
    if (payload.records == 0) return std::optional<Payload>();
    if (!changed && spec_.processing.ChangesOutput()) payload.originals = payload.body;
    payload.end = Offset();
    return payload;
}

bool Packer::Single() const {
    return spec_.split == SplitType::kNone || limits_.strategy == BatchStrategy::kSingleRecord;
}

core::Status Packer::TakeOne(Payload& payload) {
    GYRE_ASSIGN(const std::optional<std::string_view> record, reader_.Next());
    if (!record) return {};
    std::string joined;
    GYRE_ASSIGN(const std::string_view data, UnwrapRecord(spec_.split, *record, joined));
    if (spec_.processing.ChangesInput()) {
        GYRE_ASSIGN(payload.body, spec_.processing.Input(data));
        if (spec_.processing.ChangesOutput()) payload.originals = reader_.Keep(data);
    } else if (!joined.empty()) {
        payload.body = std::move(joined);
    } else {
        payload.body = reader_.Keep(data);
    }
    payload.records = 1;
    record_++;
    return {};
}

core::Status Packer::TakeRun(uint64_t most_records, Payload& payload) {
    GYRE_ASSIGN(RecordReader::Run run, reader_.NextRun(limits_.payload_bytes, most_records));
    payload.body = std::move(run.bytes);
    payload.records = run.records;
    record_ += run.records;
    return {};
}

core::Status Packer::TakeEach(uint64_t most_records, Payload& payload) {
    const bool keeps = spec_.processing.ChangesOutput();
    GrowingText body(reader_);
    GrowingText originals(reader_);
    while (payload.records < most_records) {
        GYRE_ASSIGN(const std::optional<std::string_view> record, reader_.Next());
        if (!record) break;
        GYRE_ASSIGN(const std::string taken, spec_.processing.Input(*record));
        // Lines are parted by the '\n' that the records leave out.
        const size_t parting = spec_.split == SplitType::kLine && payload.records > 0 ? 1 : 0;
        const size_t sent = body.Size() + parting + taken.size();
        const size_t kept = keeps ? originals.Size() + parting + record->size() : 0;
        if (payload.records > 0 && std::max(sent, kept) > limits_.payload_bytes) {
            reader_.PutBack();
            break;
        }
        if (parting > 0) body.Append("\n");
        body.Append(taken);
        if (keeps && parting > 0) originals.Append("\n");
        if (keeps) originals.Append(*record);
        payload.records++;
        record_++;
    }
    payload.body = std::move(body).Take();
    payload.originals = std::move(originals).Take();
    return {};
}

}  // namespace gyre::transform
