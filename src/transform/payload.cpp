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
    const bool whole = spec_.split == SplitType::kNone || spec_.split == SplitType::kLine;
    const bool single = Single();
    const bool as_they_are = !spec_.processing.ChangesInput() && !spec_.processing.ChangesOutput();
    GYRE_TRY(as_they_are && (whole || !single) ? TakeRun(single ? 1 : most_records, payload)
                                               : TakeEach(single ? 1 : most_records, payload));
    if (payload.records == 0) return std::optional<Payload>();
    payload.end = Offset();
    return payload;
}

bool Packer::Single() const {
    return spec_.split == SplitType::kNone || limits_.strategy == BatchStrategy::kSingleRecord;
}

core::Status Packer::TakeRun(uint64_t most_records, Payload& payload) {
    GYRE_ASSIGN(RecordReader::Run run, reader_.NextRun(limits_.payload_bytes, most_records));
    payload.body = std::move(run.bytes);
    payload.records = run.records;
    record_ += run.records;
    return {};
}

core::Status Packer::TakeEach(uint64_t most_records, Payload& payload) {
    if (most_records > 1) payload.body.reserve(last_size_);  // they are alike, and growing copies
    while (payload.records < most_records) {
        const size_t before = payload.body.size();
        GYRE_ASSIGN(const std::optional<std::string_view> record, reader_.Next());
        if (!record) break;
        if (Single()) {
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
    last_size_ = payload.body.size();
    return {};
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
