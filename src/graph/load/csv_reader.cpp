#include "graph/load/csv_reader.h"

#include <algorithm>

namespace gyre::graph::load {
namespace {

constexpr size_t kMaxRecord = size_t{16} << 20;

}  // namespace

size_t CsvReader::FindEnd() {
    for (; scanned_ < buffer_.size(); ++scanned_) {
        const char c = buffer_[scanned_];
        if (c == '"') in_quotes_ = !in_quotes_;  // a doubled one changes twice
        if (c == '\n' && !in_quotes_) return ++scanned_;
    }
    return 0;
}

core::Result<bool> CsvReader::Next(Record& record) {
    while (true) {
        size_t end = FindEnd();
        while (end == 0 && !ended_) {
            if (buffer_.size() - at_ > kMaxRecord) {
                return core::Fail(core::Code::kInvalidArgument,
                                  "a record is larger than 16 MiB: is a quote missing?");
            }
            buffer_.erase(0, at_);
            scanned_ -= at_;
            at_ = 0;
            GYRE_ASSIGN(const bool more, source_.More(buffer_));
            ended_ = !more;
            end = FindEnd();
        }
        if (end == 0) {
            if (in_quotes_) {
                return core::Fail(core::Code::kInvalidArgument, "a quoted field does not end");
            }
            end = buffer_.size();
        }
        if (at_ == end) return false;
        std::string_view line = std::string_view(buffer_).substr(at_, end - at_);
        at_ = end;
        if (line.ends_with('\n')) line.remove_suffix(1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (number_ == 0 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
        if (line.empty()) continue;
        ++number_;
        Split(line, record);
        return true;
    }
}

void CsvReader::Split(std::string_view line, Record& record) const {
    record.clear();
    size_t at = 0;
    while (true) {
        Field field;
        if (at < line.size() && line[at] == '"') {
            field.quoted = true;
            ++at;
            while (at < line.size()) {
                if (line[at] != '"') {
                    field.text += line[at++];
                } else if (at + 1 < line.size() && line[at + 1] == '"') {
                    field.text += '"';
                    at += 2;
                } else {
                    ++at;
                    break;
                }
            }
        }
        const size_t comma = std::min(line.find(',', at), line.size());
        field.text += line.substr(at, comma - at);
        record.push_back(std::move(field));
        if (comma == line.size()) return;
        at = comma + 1;
    }
}

}  // namespace gyre::graph::load
