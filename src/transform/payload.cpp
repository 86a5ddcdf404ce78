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
    const bool as_they_are = !spec_.processing.ChangesInput() && !spec_.processing.ChangesOutput();
    GYRE_TRY(Single()      ? TakeOne(payload)
             : as_they_are ? TakeRun(most_records, payload)
                           : TakeEach(most_records, payload));
    if (payload.records == 0) return std::optional<Payload>();
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
    if (spec_.processing.ChangesOutput()) payload.originals.emplace_back(data);
    if (spec_.processing.ChangesInput()) {
        GYRE_ASSIGN(payload.body, spec_.processing.Input(data));
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
    std::string body;
    if (most_records > 1) body.reserve(last_size_);  // they are alike, and growing copies
    while (payload.records < most_records) {
        const size_t before = body.size();
        GYRE_ASSIGN(const std::optional<std::string_view> record, reader_.Next());
        if (!record) break;
        // Lines are parted by the '\n' that the records leave out.
        if (spec_.split == SplitType::kLine && payload.records > 0) body += '\n';
        if (spec_.processing.ChangesInput()) {
            GYRE_ASSIGN(const std::string taken, spec_.processing.Input(*record));
            body += taken;
        } else {
            body += *record;
        }
        if (body.size() > limits_.payload_bytes && payload.records > 0) {
            body.resize(before);
            reader_.PutBack();
            break;
        }
        if (spec_.processing.ChangesOutput()) payload.originals.emplace_back(*record);
        payload.records++;
        record_++;
    }
    last_size_ = body.size();
    payload.body = std::move(body);
    return {};
}

}  // namespace gyre::transform
