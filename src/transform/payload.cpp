#include "transform/payload.h"

namespace gyre::transform {

Packer::Packer(RecordReader& reader, const TransformSpec& spec, const BatchLimits& limits,
               uint64_t first_record, uint64_t offset)
    : reader_(reader), spec_(spec), limits_(limits), record_(first_record), offset_(offset) {
}

core::Result<std::optional<Payload>> Packer::Next(uint64_t most_records) {
    Payload payload;
    payload.first_record = record_;
    payload.begin = Offset();
    const bool single =
        spec_.split == SplitType::kNone || limits_.strategy == BatchStrategy::kSingleRecord;
    const uint64_t most = single ? 1 : most_records;
    if (most > 1) payload.body.reserve(last_size_);  // they are alike, and growing copies
    while (payload.records < most) {
        const size_t before = payload.body.size();
        GYRE_ASSIGN(const std::optional<std::string_view> record, reader_.Next());
        if (!record) break;
        if (single) {
            GYRE_ASSIGN(const std::string data, UnwrapRecord(spec_.split, *record));
            GYRE_TRY(Add(data, payload));
        } else {
            // Lines are parted by the '\n' that the records leave out.
            if (spec_.split == SplitType::kLine && payload.records > 0) payload.body += '\n';
            GYRE_TRY(Add(*record, payload));
        }
        if (payload.body.size() > limits_.payload_bytes && payload.records > 0) {
            payload.body.resize(before);
            if (spec_.processing.ChangesOutput()) payload.originals.pop_back();
            reader_.PutBack();
            break;
        }
        payload.records++;
        record_++;
    }
    if (payload.records == 0) return std::optional<Payload>();
    payload.end = Offset();
    last_size_ = payload.body.size();
    return payload;
}

core::Status Packer::Add(std::string_view record, Payload& payload) const {
    if (spec_.processing.ChangesInput()) {
        GYRE_ASSIGN(const std::string taken, spec_.processing.Input(record));
        payload.body.append(taken);
    } else {
        payload.body.append(record);
    }
    if (spec_.processing.ChangesOutput()) payload.originals.emplace_back(record);
    return {};
}

}  // namespace gyre::transform
