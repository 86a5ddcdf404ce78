#include "transform/payload.h"

#include <algorithm>

namespace gyre::transform {

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
    std::string body;
    std::string originals;
    if (most_records > 1) {  // they are alike, and growing copies
        body.reserve(last_size_);
        if (keeps) originals.reserve(last_originals_);
    }
    while (payload.records < most_records) {
        const size_t before = body.size();
        GYRE_ASSIGN(const std::optional<std::string_view> record, reader_.Next());
        if (!record) break;
        // Lines are parted by the '\n' that the records leave out.
        if (spec_.split == SplitType::kLine && payload.records > 0) body += '\n';
        GYRE_ASSIGN(const std::string taken, spec_.processing.Input(*record));
        body += taken;
        const size_t kept = keeps ? originals.size() + record->size() : 0;
        if (payload.records > 0 && std::max(body.size(), kept) > limits_.payload_bytes) {
            body.resize(before);
            reader_.PutBack();
            break;
        }
        if (keeps) {
            if (payload.records > 0) originals += '\n';
            originals += *record;
        }
        payload.records++;
        record_++;
    }
    last_size_ = body.size();
    last_originals_ = originals.size();
    payload.body = std::move(body);
    payload.originals = std::move(originals);
    return {};
}

}  // namespace gyre::transform
