#include "graph/load/csv_reader.h"

#include <algorithm>
#include <cstring>

namespace gyre::graph::load {
namespace {

constexpr size_t kMaxRecord = size_t{16} << 20;
constexpr size_t kBatchBytes = size_t{256} << 10;

using Field = CsvReader::Field;

/// Whether there is an odd number of quotes.
bool OddQuotes(const char* begin, const char* end) {
    bool odd = false;
    while (begin < end) {
        const auto* quote =
            static_cast<const char*>(std::memchr(begin, '"', static_cast<size_t>(end - begin)));
        if (quote == nullptr) break;
        odd = !odd;  // a doubled one changes twice
        begin = quote + 1;
    }
    return odd;
}

/// A field that begins with a quote, from `at`, which is moved to the comma after it. `plain` has
/// room for it.
std::string_view Quoted(std::string_view line, size_t& at, std::string& plain) {
    const size_t begin = plain.size();
    ++at;
    while (at < line.size()) {
        if (line[at] != '"') {
            plain += line[at++];
        } else if (at + 1 < line.size() && line[at + 1] == '"') {
            plain += '"';
            at += 2;
        } else {
            ++at;
            break;
        }
    }
    // What stands between the closing quote and the comma belongs to the field.
    const size_t comma = std::min(line.find(',', at), line.size());
    plain += line.substr(at, comma - at);
    at = comma;
    return std::string_view(plain).substr(begin);
}

/// Appends the fields of a record. `plain` has room for all of it, so that it does not move.
void Split(std::string_view line, std::vector<Field>& fields, std::string& plain) {
    size_t at = 0;
    while (true) {
        if (at < line.size() && line[at] == '"') {
            const std::string_view text = Quoted(line, at, plain);
            fields.push_back({text, true});
        } else {
            // Fields are mostly short: a call to look for the comma would take longer.
            const size_t begin = at;
            while (at < line.size() && line[at] != ',') ++at;
            fields.push_back({line.substr(begin, at - begin), false});
        }
        if (at == line.size()) return;
        ++at;
    }
}

}  // namespace

size_t CsvReader::FindEnd() {
    while (true) {
        const char* const begin = buffer_.data() + scanned_;
        const char* const end = buffer_.data() + buffer_.size();
        const auto* line =
            static_cast<const char*>(std::memchr(begin, '\n', static_cast<size_t>(end - begin)));
        if (OddQuotes(begin, line != nullptr ? line : end)) in_quotes_ = !in_quotes_;
        if (line == nullptr) {
            scanned_ = buffer_.size();
            return 0;
        }
        scanned_ = static_cast<size_t>(line - buffer_.data()) + 1;
        if (!in_quotes_) return scanned_;
    }
}

core::Result<bool> CsvReader::More() {
    if (ended_) return false;
    if (buffer_.size() - at_ > kMaxRecord) {
        return core::Fail(core::Code::kInvalidArgument,
                          "a record is larger than 16 MiB: is a quote missing?");
    }
    buffer_.erase(0, at_);
    scanned_ -= at_;
    at_ = 0;
    GYRE_ASSIGN(const bool more, source_.More(buffer_));
    ended_ = !more;
    return true;
}

std::string_view CsvReader::Trimmed(std::string_view line) const {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number_ == 0 && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    return line;
}

core::Result<bool> CsvReader::Next(Record& record) {
    while (true) {
        size_t end = FindEnd();
        while (end == 0) {
            GYRE_ASSIGN(const bool more, More());
            if (!more) break;
            end = FindEnd();
        }
        if (end == 0) {
            if (in_quotes_) {
                return core::Fail(core::Code::kInvalidArgument, "a quoted field does not end");
            }
            end = buffer_.size();
        }
        if (at_ == end) return false;
        const std::string_view line = Trimmed(std::string_view(buffer_).substr(at_, end - at_));
        at_ = end;
        if (line.empty()) continue;
        ++number_;
        record.clear();
        plain_.clear();
        plain_.reserve(line.size());
        Split(line, record, plain_);
        return true;
    }
}

core::Result<bool> CsvReader::NextBatch(Batch& batch) {
    batch.fields_.clear();
    batch.ends_.clear();
    batch.first_ = number_ + 1;
    while (batch.Size() == 0) {
        batch.lines_.clear();
        size_t end = at_;
        while (end - at_ < kBatchBytes) {
            const size_t next = FindEnd();
            if (next != 0) {
                end = next;
                batch.lines_.push_back(end - at_);
                continue;
            }
            if (end > at_) break;
            GYRE_ASSIGN(const bool more, More());
            end = at_;
            if (more) continue;
            if (in_quotes_) {
                return core::Fail(core::Code::kInvalidArgument, "a quoted field does not end");
            }
            if (at_ == buffer_.size()) return false;
            end = buffer_.size();  // the last line has no end
            batch.lines_.push_back(end - at_);
            break;
        }
        batch.text_.assign(buffer_, at_, end - at_);
        at_ = end;
        batch.plain_.clear();
        batch.plain_.reserve(batch.text_.size());
        size_t begin = 0;
        for (const size_t line_end : batch.lines_) {
            const std::string_view line =
                Trimmed(std::string_view(batch.text_).substr(begin, line_end - begin));
            begin = line_end;
            if (line.empty()) continue;
            ++number_;
            Split(line, batch.fields_, batch.plain_);
            batch.ends_.push_back(batch.fields_.size());
        }
    }
    return true;
}

}  // namespace gyre::graph::load
