#include "graph/load/csv_reader.h"

#include <algorithm>

namespace gyre::graph::load {
namespace {

constexpr size_t kMaxRecord = size_t{16} << 20;

}  // namespace

size_t CsvReader::FindEnd() {
    while (true) {
        const size_t line = buffer_.find('\n', scanned_);
        const size_t end = std::min(line, buffer_.size());
        const auto quotes = std::count(buffer_.begin() + static_cast<ptrdiff_t>(scanned_),
                                       buffer_.begin() + static_cast<ptrdiff_t>(end), '"');
        if (quotes % 2 != 0) in_quotes_ = !in_quotes_;  // a doubled one changes twice
        quotes_ = quotes_ || quotes > 0;
        scanned_ = end;
        if (line == std::string::npos) return 0;
        ++scanned_;
        if (!in_quotes_) return scanned_;
    }
}

core::Result<bool> CsvReader::Next(Record& record) {
    while (true) {
        quotes_ = false;
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

std::string_view CsvReader::Quoted(std::string_view line, size_t& at) {
    const size_t begin = plain_.size();
    ++at;
    while (at < line.size()) {
        if (line[at] != '"') {
            plain_ += line[at++];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
            plain_ += '"';
            at += 2;
        } else {
            ++at;
            break;
        }
    }
    // What stands between the closing quote and the comma belongs to the field.
    const size_t comma = std::min(line.find(',', at), line.size());
    plain_ += line.substr(at, comma - at);
    at = comma;
    return std::string_view(plain_).substr(begin);
}

void CsvReader::Split(std::string_view line, Record& record) {
    record.clear();
    plain_.clear();
    if (quotes_) plain_.reserve(line.size());  // so that it does not move
    size_t at = 0;
    while (true) {
        Field field;
        if (at < line.size() && line[at] == '"') {
            field.quoted = true;
            field.text = Quoted(line, at);
        } else {
            const size_t comma = std::min(line.find(',', at), line.size());
            field.text = line.substr(at, comma - at);
            at = comma;
        }
        record.push_back(field);
        if (at == line.size()) return;
        ++at;
    }
}

}  // namespace gyre::graph::load
