#include "transform/record_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/uninitialised.h"

namespace gyre::transform {
namespace {

/// Read at a time: little enough to be in the processor's cache from the read to the store's sum of
/// it.
constexpr size_t kStep = 256 << 10;

}  // namespace

RecordReader::RecordReader(net::BodyReader& input, SplitType split, size_t longest)
    : input_(input), split_(split), longest_(longest) {
}

core::Result<Scan> RecordReader::ScanFront(std::string_view unread) const {
    GYRE_ASSIGN(const Scan scan, ScanRecord(split_, unread, at_end_));
    const bool found = scan.found == Scan::Found::kRecord;
    if (found ? scan.size > longest_ : unread.size() - scan.skip > longest_) {
        return core::Fail(core::Code::kInvalidArgument, "a record is larger than MaxPayloadInMB, " +
                                                            std::to_string(longest_ >> 20) + " MB");
    }
    return scan;
}

core::Result<std::optional<std::string_view>> RecordReader::Next() {
    while (true) {
        const std::string_view unread(buffer_.data() + begin_, end_ - begin_);
        GYRE_ASSIGN(const Scan scan, ScanFront(unread));
        if (scan.found == Scan::Found::kRecord) {
            last_ = scan.next;
            last_skipped_ = std::exchange(skipped_, 0);
            begin_ += last_;
            offset_ += last_skipped_ + last_;
            return unread.substr(scan.skip, scan.size);
        }
        begin_ += scan.skip;
        skipped_ += scan.skip;
        if (at_end_) return std::optional<std::string_view>();
        MoveToFront();
        GYRE_TRY(Fill());
    }
}

void RecordReader::PutBack() {
    begin_ -= last_;
    offset_ -= last_skipped_ + last_;
    skipped_ = std::exchange(last_skipped_, 0);
    last_ = 0;
}

core::Result<RecordReader::Run> RecordReader::NextRun(size_t most_bytes, uint64_t most_records) {
    MoveToFront();
    Run run;
    size_t size = 0;      // of the run, at the buffer's front
    size_t consumed = 0;  // of the buffer, up to the run's last record
    size_t at = 0;        // from where on it is looked at
    while (run.records < most_records) {
        const auto scan = ScanFront(std::string_view(buffer_.data() + at, end_ - at));
        if (!scan) {
            if (run.records > 0) break;  // the next run fails, and says where it was
            return core::Fail(scan.error());
        }
        const size_t parting = split_ == SplitType::kLine && run.records > 0 ? 1 : 0;
        const bool found = scan->found == Scan::Found::kRecord;
        const size_t seen = found ? scan->size : end_ - at - scan->skip;
        if (run.records > 0 && size + parting + seen > most_bytes) break;
        if (!found) {
            at += scan->skip;
            if (at_end_) break;
            if (auto filled = Fill(); !filled) {
                if (run.records > 0) break;
                return core::Fail(filled.error());
            }
            continue;
        }
        if (parting > 0) buffer_[size++] = '\n';
        if (size != at + scan->skip) {  // bytes of no record were before it
            std::memmove(buffer_.data() + size, buffer_.data() + at + scan->skip, scan->size);
        }
        size += scan->size;
        at += scan->next;
        consumed = at;
        run.records++;
    }
    if (run.records > 0) offset_ += std::exchange(skipped_, 0) + consumed;
    skipped_ += at - consumed;
    std::string rest;
    rest.reserve(buffer_.size());
    rest.assign(buffer_, at, end_ - at);
    buffer_.resize(size);
    run.bytes = std::exchange(buffer_, std::move(rest));
    end_ = buffer_.size();
    return run;
}

void RecordReader::MoveToFront() {
    if (begin_ == 0) return;
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
}

core::Status RecordReader::Fill() {
    GYRE_TRY(input_state_);
    if (buffer_.size() < end_ + kStep) core::ResizeUninitialised(buffer_, end_ + kStep);
    const auto read = input_.Read(std::span(buffer_).subspan(end_, kStep));
    if (!read) return input_state_ = core::Fail(read.error());
    if (*read == 0) at_end_ = true;
    end_ += *read;
    return {};
}

}  // namespace gyre::transform
