#include "telemetry/detail/journal.h"

#include <cstdio>

#include "telemetry/detail/cells.h"
#include "telemetry/detail/levels.h"
#include "telemetry/detail/varint.h"

namespace gyre::telemetry::detail {
namespace {

constexpr size_t kMaxRecord = 64U << 20;

bool DecodeCell(std::string_view& in, JournalCell& cell) {
    uint64_t length = 0;
    uint64_t level = 0;
    if (!GetVarint(in, length) || length > in.size()) return false;
    cell.key = in.substr(0, length);
    in.remove_prefix(length);
    if (!GetVarint(in, level) || level >= kLevels.size() || !GetSigned(in, cell.bucket)) {
        return false;
    }
    cell.level = level;
    if (!GetVarint(in, length) || length > in.size()) return false;
    cell.statistic = in.substr(0, length);
    in.remove_prefix(length);
    return true;
}

}  // namespace

std::string EncodeRecord(const std::vector<JournalCell>& cells) {
    std::string body;
    PutVarint(body, cells.size());
    for (const JournalCell& cell : cells) {
        PutVarint(body, cell.key.size());
        body += cell.key;
        PutVarint(body, cell.level);
        PutSigned(body, cell.bucket);
        PutVarint(body, cell.statistic.size());
        body += cell.statistic;
    }
    std::string record;
    PutFixed(record, body.size(), 4);
    PutFixed(record, Checksum(body), 4);
    return record + body;
}

std::vector<JournalCell> DecodeJournal(std::string_view bytes) {
    std::vector<JournalCell> cells;
    while (true) {
        uint64_t length = 0;
        uint64_t checksum = 0;
        if (!GetFixed(bytes, length, 4) || !GetFixed(bytes, checksum, 4)) return cells;
        if (length > bytes.size() || length > kMaxRecord) return cells;
        std::string_view body = bytes.substr(0, length);
        bytes.remove_prefix(length);
        if (Checksum(body) != checksum) return cells;
        uint64_t size = 0;
        if (!GetVarint(body, size)) return cells;
        for (uint64_t i = 0; i < size; ++i) {
            JournalCell cell;
            if (!DecodeCell(body, cell)) return cells;
            cells.push_back(std::move(cell));
        }
    }
}

std::string Journal::NameOf(uint64_t number) {
    char text[40];
    std::snprintf(text, sizeof text, "journal-%012llu", static_cast<unsigned long long>(number));
    return text;
}

core::Result<std::unique_ptr<Journal>> Journal::Create(core::FileSystem& files,
                                                       const std::filesystem::path& directory,
                                                       uint64_t number) {
    GYRE_ASSIGN(auto file, files.Create(directory / NameOf(number)));
    GYRE_TRY(files.SyncDirectory(directory));
    return std::unique_ptr<Journal>(new Journal(std::move(file)));
}

core::Status Journal::Append(std::string_view record) {
    const std::lock_guard lock(appending_);
    if (broken_) {
        return core::Fail(core::Code::kUnavailable, "the metrics' journal could not be written");
    }
    auto appended = file_->Append(record);
    broken_ = !appended.has_value();
    if (!broken_) appended_ += record.size();
    return appended;
}

core::Status Journal::Sync() {
    const uint64_t wanted = Bytes();
    const std::lock_guard turn(syncing_);
    if (synced_ >= wanted) return {};  // who had the turn before synced for this one too
    const uint64_t now = Bytes();
    GYRE_TRY(file_->Sync());
    synced_ = now;
    return {};
}

uint64_t Journal::Bytes() const {
    const std::lock_guard lock(appending_);
    return appended_;
}

}  // namespace gyre::telemetry::detail
