#include "serving/capture/capture_writer.h"

#include <chrono>

#include "core/digest.h"
#include "core/log.h"
#include "net/string_body.h"

namespace gyre::serving::capture {
namespace {

using core::milliseconds;

constexpr milliseconds kTick{500};

int64_t HourOf(core::WallTime time) {
    return std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
}

// "2026/11/24/12/30-36-093-UUID.jsonl" of 12:30:36.093.
std::string FileOf(core::WallTime time) {
    const std::string iso = core::Iso8601(time);  // 2026-11-24T12:30:36.093Z
    return iso.substr(0, 4) + "/" + iso.substr(5, 2) + "/" + iso.substr(8, 2) + "/" +
           iso.substr(11, 2) + "/" + iso.substr(14, 2) + "-" + iso.substr(17, 2) + "-" +
           iso.substr(20, 3) + "-" + core::RandomUuid() + ".jsonl";
}

}  // namespace

CaptureWriter::CaptureWriter(CaptureWriterOptions options)
    : options_(options), pool_("serving-capture", 1, 16) {
    if (options_.metrics != nullptr) {
        dropped_ = &options_.metrics->GetCounter("gyre_captures_dropped_total",
                                                 "Captured predictions that could not be kept");
    }
}

std::shared_ptr<CaptureWriter> CaptureWriter::Start(CaptureWriterOptions options) {
    std::shared_ptr<CaptureWriter> writer(new CaptureWriter(options));
    writer->Tick();
    return writer;
}

CaptureWriter::~CaptureWriter() {
    Stop();
}

void CaptureWriter::Add(const std::string& endpoint, CaptureRecord record) {
    const size_t bytes = record.Bytes();
    Key key(record.config->destination, endpoint, record.variant, HourOf(record.time));
    {
        auto state = state_.Lock();
        if (!state->stopped && state->bytes + bytes <= options_.most_bytes) {
            Batch& batch = state->batches[std::move(key)];
            if (batch.records.empty()) batch.began = options_.clock->Now();
            batch.records.push_back(std::move(record));
            batch.bytes += bytes;
            state->bytes += bytes;
            if (batch.bytes < options_.file_bytes) return;
        } else {
            Drop(1);
        }
    }
    FlushSoon();
}

std::shared_ptr<ShareCounter> CaptureWriter::CounterOf(const std::string& endpoint) {
    auto state = state_.Lock();
    auto& counter = state->counters[endpoint];
    if (counter == nullptr) counter = std::make_shared<ShareCounter>();
    return counter;
}

void CaptureWriter::FlushSoon() {
    auto state = state_.Lock();
    if (state->flushing || state->stopped || state->batches.empty()) return;
    state->flushing = pool_.TrySubmit([this] { Flush(false); });
}

void CaptureWriter::Tick() {
    FlushSoon();
    if (state_.Lock()->stopped) return;
    options_.loop->RunAfter(kTick, [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->Tick();
    });
}

void CaptureWriter::Flush(bool all) {
    const core::SteadyTime now = options_.clock->Now();
    std::map<Key, Batch> due;
    {
        auto state = state_.Lock();
        state->flushing = false;
        for (auto batch = state->batches.begin(); batch != state->batches.end();) {
            const auto next = std::next(batch);
            if (all || batch->second.bytes >= options_.file_bytes ||
                now - batch->second.began >= options_.flush_after) {
                due.insert(state->batches.extract(batch));
            }
            batch = next;
        }
    }
    for (const auto& [key, batch] : due) {
        Put(key, batch);
        state_.Lock()->bytes -= batch.bytes;  // in memory until here
    }
}

void CaptureWriter::Put(const Key& key, const Batch& batch) {
    const auto& [destination, endpoint, variant, hour] = key;
    std::string text;
    text.reserve(batch.bytes * 2);
    for (const CaptureRecord& record : batch.records) text.append(record.Line()).append("\n");
    const std::string location =
        destination + "/" + endpoint + "/" + variant + "/" + FileOf(batch.records.front().time);
    const auto put = [&]() -> core::Status {
        GYRE_ASSIGN(const objects::S3Uri uri, objects::S3Uri::Parse(location));
        net::StringBody body(std::move(text));
        GYRE_TRY(options_.objects->Put(uri.bucket, uri.key, body, "application/jsonlines"));
        return {};
    };
    if (const core::Status there = put(); !there) {
        core::LogWarning("captured predictions cannot be put",
                         {{"location", location}, {"error", there.error().ToString()}});
        Drop(batch.records.size());
    }
}

void CaptureWriter::Drop(size_t records) {
    if (dropped_ != nullptr) dropped_->Add(static_cast<double>(records));
}

void CaptureWriter::Stop() {
    {
        auto state = state_.Lock();
        if (state->stopped) return;
        state->stopped = true;
    }
    static_cast<void>(pool_.TrySubmit([this] { Flush(true); }));
    pool_.Stop();
}

}  // namespace gyre::serving::capture
