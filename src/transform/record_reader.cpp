#include "transform/record_reader.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace gyre::transform {
namespace {

/// Read at a time: little enough to be in the processor's cache from the read to the store's sum of
/// it.
constexpr size_t kStep = 256 << 10;
/// The store sums its bytes in blocks of so many; to read a part of one costs as much.
constexpr size_t kBlock = 64 << 10;
/// What is smaller is copied: it would hold memory that is much larger.
constexpr size_t kLarge = 64 << 10;

}  // namespace

RecordReader::RecordReader(net::BodyReader& input, SplitType split, size_t longest,
                           std::string too_long)
    : input_(input),
      split_(split),
      longest_(longest),
      too_long_(std::move(too_long)),
      new_memory_(core::BodyMemory::OfHeap) {
}

core::Result<Scan> RecordReader::ScanFront(std::string_view unread) const {
    GYRE_ASSIGN(const Scan scan, ScanRecord(split_, unread, at_end_));
    const bool found = scan.found == Scan::Found::kRecord;
    if (found ? scan.size > longest_ : unread.size() - scan.skip + scan.missing > longest_) {
        return core::Fail(core::Code::kInvalidArgument, too_long_);
    }
    return scan;
}

core::Result<std::optional<std::string_view>> RecordReader::Next() {
    while (true) {
        const std::string_view unread = Unread(begin_);
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
        GYRE_TRY(Fill(scan.missing));
    }
}

core::Body RecordReader::Keep(std::string_view part) {
    if (part.size() < kLarge) return std::string(part);
    const size_t unread = end_ - begin_;
    const bool room = memory_.size - end_ >= part.size();  // for another such part
    if (unread > kStep || (unread > 0 && room)) {
        kept_ = true;
        return core::Body(part, memory_.data);
    }
    // What is left moves out: the memory shall go when the part does.
    core::BodyMemory rest;
    if (unread > 0) {
        rest = new_memory_(SizeFor(0));
        std::memcpy(rest.data.get(), memory_.data.get() + begin_, unread);
    }
    end_ -= std::exchange(begin_, 0);
    return core::Body(part, std::exchange(memory_, std::move(rest)).data);
}

void RecordReader::PutBack() {
    begin_ -= last_;
    offset_ -= last_skipped_ + last_;
    skipped_ = std::exchange(last_skipped_, 0);
    last_ = 0;
}

core::Result<RecordReader::Run> RecordReader::NextRun(size_t most_bytes, uint64_t most_records) {
    if (begin_ > 0 || kept_) MoveToFront(0);
    Run run;
    size_t size = 0;      // of the run, at the memory's front
    size_t consumed = 0;  // of the memory, up to the run's last record
    size_t at = 0;        // from where on it is looked at
    while (run.records < most_records) {
        const auto scan = ScanFront(Unread(at));
        if (!scan) {
            if (run.records > 0) break;  // the next run fails, and says where it was
            return core::Fail(scan.error());
        }
        const size_t parting = split_ == SplitType::kLine && run.records > 0 ? 1 : 0;
        const bool found = scan->found == Scan::Found::kRecord;
        const size_t seen = found ? scan->size : end_ - at - scan->skip + scan->missing;
        if (run.records > 0 && size + parting + seen > most_bytes) break;
        if (!found) {
            at += scan->skip;
            if (at_end_) break;
            if (auto filled = Fill(scan->missing); !filled) {
                if (run.records > 0) break;
                return core::Fail(filled.error());
            }
            continue;
        }
        char* const bytes = memory_.data.get();
        if (parting > 0) bytes[size++] = '\n';
        if (size != at + scan->skip) {  // bytes of no record were before it
            std::memmove(bytes + size, bytes + at + scan->skip, scan->size);
        }
        size += scan->size;
        at += scan->next;
        consumed = at;
        run.records++;
    }
    if (run.records > 0) offset_ += std::exchange(skipped_, 0) + consumed;
    skipped_ += at - consumed;
    begin_ = at;
    run.bytes = Keep({memory_.data.get(), size});
    return run;
}

size_t RecordReader::SizeFor(size_t room) const {
    // Never touched, the rest of it takes no memory.
    size_t most = longest_;
    const size_t unread = end_ - begin_;
    if (const auto length = input_.Length()) {
        const uint64_t left = *length > read_ ? *length - read_ : 0;
        most = static_cast<size_t>(std::min<uint64_t>(most, unread + left));
    }
    return std::max(2 * unread + room, most + kStep);
}

void RecordReader::MoveToFront(size_t room) {
    const size_t unread = end_ - begin_;
    if (kept_ || memory_.size < unread + room) {
        core::BodyMemory memory = new_memory_(SizeFor(room));
        if (unread > 0) std::memcpy(memory.data.get(), memory_.data.get() + begin_, unread);
        memory_ = std::move(memory);
        kept_ = false;
    } else if (begin_ > 0) {
        std::memmove(memory_.data.get(), memory_.data.get() + begin_, unread);
    }
    begin_ = 0;
    end_ = unread;
}

core::Status RecordReader::Fill(size_t missing) {
    GYRE_TRY(input_state_);
    const size_t step =
        missing == 0 ? kStep : std::min(kStep, (missing + kBlock - 1) / kBlock * kBlock);
    // What it has not touched yet takes no memory.
    if (memory_.size < end_ + step || (begin_ >= kStep && !kept_)) MoveToFront(step);
    const auto read = input_.Read(std::span(memory_.data.get() + end_, step));
    if (!read) return input_state_ = core::Fail(read.error());
    if (*read == 0) at_end_ = true;
    end_ += *read;
    read_ += *read;
    return {};
}

}  // namespace gyre::transform
