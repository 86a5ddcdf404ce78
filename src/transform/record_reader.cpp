#include "transform/record_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gyre::transform {
namespace {

constexpr size_t kFirstBuffer = 256 << 10;
// More than the longest record, so that one that is too long is seen as such and not as unfinished.
constexpr size_t kBeyondLongest = 64 << 10;

}  // namespace

RecordReader::RecordReader(net::BodyReader& input, SplitType split, size_t longest)
    : input_(input), split_(split), longest_(longest) {
}

core::Result<std::optional<std::string_view>> RecordReader::Next() {
    while (true) {
        const std::string_view unread(buffer_.data() + begin_, end_ - begin_);
        GYRE_ASSIGN(const Scan scan, ScanRecord(split_, unread, at_end_));
        const bool found = scan.found == Scan::Found::kRecord;
        if (found ? scan.size > longest_ : unread.size() - scan.skip > longest_) {
            return core::Fail(core::Code::kInvalidArgument,
                              "a record is larger than MaxPayloadInMB, " +
                                  std::to_string(longest_ >> 20) + " MB");
        }
        if (found) {
            last_ = scan.next;
            last_skipped_ = std::exchange(skipped_, 0);
            begin_ += last_;
            offset_ += last_skipped_ + last_;
            return unread.substr(scan.skip, scan.size);
        }
        begin_ += scan.skip;
        skipped_ += scan.skip;
        if (at_end_) return std::optional<std::string_view>();
        GYRE_TRY(Fill());
    }
}

void RecordReader::PutBack() {
    begin_ -= last_;
    offset_ -= last_skipped_ + last_;
    skipped_ = std::exchange(last_skipped_, 0);
    last_ = 0;
}

core::Status RecordReader::Fill() {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == buffer_.size()) {
        const size_t most = longest_ + kBeyondLongest;
        buffer_.resize(std::min(most, std::max(kFirstBuffer, 2 * buffer_.size())));
    }
    GYRE_ASSIGN(const size_t read, input_.Read(std::span(buffer_).subspan(end_)));
    if (read == 0) at_end_ = true;
    end_ += read;
    return {};
}

}  // namespace gyre::transform
